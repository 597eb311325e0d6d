import { isObject, type JsonObject } from '@gennaker/kernel';
import { type ExecutionState, stageOf } from './execution-state.js';
import { ancestorsOf } from './graph.js';

/** Keys whose values the trigger holds too: the list of all hits ends with the trigger's. */
const TRIGGER_KEYS = new Set(['artifacts', 'resolvedExpectedArtifacts']);

/** What a stage sees: its own context, then the outputs of its ancestors, nearest first. */
export class StageContext {
  private ancestors: JsonObject[] | undefined;

  constructor(
    private readonly state: ExecutionState,
    private readonly stageId: string,
  ) {}

  /** The stage's own value, also when it is null; else that of the nearest ancestor's outputs. */
  get(key: string): unknown {
    const { context } = stageOf(this.state, this.stageId);
    if (Object.hasOwn(context, key)) return context[key];
    return this.outputs().find((outputs) => Object.hasOwn(outputs, key))?.[key];
  }

  has(key: string): boolean {
    return (
      Object.hasOwn(stageOf(this.state, this.stageId).context, key) ||
      this.outputs().some((outputs) => Object.hasOwn(outputs, key))
    );
  }

  /** Every value of the key, nearest first. */
  getAll(key: string): unknown[] {
    const { context } = stageOf(this.state, this.stageId);
    const hits = [context, ...this.outputs()]
      .filter((values) => Object.hasOwn(values, key))
      .map((v) => v[key]);
    const { trigger } = this.state;
    return TRIGGER_KEYS.has(key) && trigger[key] !== undefined ? [...hits, trigger[key]] : hits;
  }

  /** Every key that can be read, own keys first. */
  keys(): string[] {
    const keys = new Set(Object.keys(stageOf(this.state, this.stageId).context));
    for (const outputs of this.outputs()) for (const key of Object.keys(outputs)) keys.add(key);
    return [...keys];
  }

  private outputs(): JsonObject[] {
    this.ancestors ??= ancestorsOf(this.state, this.stageId).map((stage) => stage.outputs);
    return this.ancestors;
  }
}

/** The nearest value of a stage option that its parents hand down, such as `stageTimeoutMs`. */
export function inherited(state: ExecutionState, stageId: string, key: string): unknown {
  let stage = stageOf(state, stageId);
  for (;;) {
    const value = stage.context[key];
    if (value !== undefined && value !== null) return value;
    if (stage.parentStageId === undefined) return undefined;
    stage = stageOf(state, stage.parentStageId);
  }
}

/** True for `true` and `"true"`: pipelines hold both. */
export function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}

/** An object's property as an object; empty when it is something else. */
export function objectAt(value: unknown, key: string): JsonObject {
  const inner = isObject(value) ? value[key] : undefined;
  return isObject(inner) ? inner : {};
}
