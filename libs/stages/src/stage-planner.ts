import {
  type Delta,
  type ExecutionState,
  isTrue,
  StageContext,
  type StageDraft,
  type StagePlan,
  type StagePlanner,
  stageOf,
  type SyntheticPlan,
} from '@gennaker/execution';
import { InvalidInputError, inOurWords, isObject, type JsonObject } from '@gennaker/kernel';
import type { EffectRequest } from '@gennaker/expression';
import { asExecuted } from './dry-run.js';
import type { Effects } from './expressions/effects.js';
import { WINDOW_STAGE_TYPE } from './restrictExecutionDuringTimeWindow/restrict-execution-during-time-window.stage.js';
import { toException } from './stage-exception.js';
import type { StageDefinition, StageInput } from './stage-definition.js';
import type { StageRegistry } from './stage-registry.js';

/** What evaluating a stage's expressions gave. */
export type StageExpressions =
  | { kind: 'evaluated'; context: Delta; failure?: JsonObject }
  /** `stageEnabled` says no. */
  | { kind: 'disabled'; reason: string }
  /** A function has to ask the outside world first. */
  | { kind: 'deferred'; needs?: EffectRequest[] };

/** Evaluates the expressions of a stage that is about to run. */
export interface StageExpressionEvaluator {
  evaluate(
    state: ExecutionState,
    stageId: string,
    definition: StageDefinition,
    given: { now: number; effects?: Effects },
  ): StageExpressions;
}

/** A plan, or what has to be asked before there can be one. */
export type PlanWithNeeds = StagePlan & { needs?: EffectRequest[] | undefined };

/** Takes stages as they are. */
export const NO_EXPRESSIONS: StageExpressionEvaluator = {
  evaluate: () => ({ kind: 'evaluated', context: {} }),
};

export interface PlannerOptions {
  /** IANA name of the zone of execution windows that name none. */
  timeZone?: string | undefined;
}

/** Plans stages by their definitions. Pure: what it needs of the world has been put into the state. */
export class RegistryPlanner implements StagePlanner {
  constructor(
    private readonly registry: StageRegistry,
    private readonly expressions: StageExpressionEvaluator = NO_EXPRESSIONS,
    private readonly options: PlannerOptions = {},
  ) {}

  /** @param effects what expressions have asked of the world, when planning was deferred for it */
  plan(state: ExecutionState, stageId: string, now: number, effects?: Effects): PlanWithNeeds {
    const failed = (error: unknown, context?: Delta): StagePlan => ({
      kind: 'failed',
      exception: toException(error, { operation: stageOf(state, stageId).type, now }),
      ...(context && { context }),
      ...(hasOnFailure && { hasOnFailure }),
    });
    let delta: Delta = {};
    let hasOnFailure = false;
    try {
      const definition = this.definitionOf(state, stageId);
      hasOnFailure = definition.onFailure !== undefined;
      delta = definition.fixed?.(stageOf(state, stageId).context) ?? {};
      const fixed = withContext(state, stageId, delta);
      const expressions = this.expressions.evaluate(fixed, stageId, definition, {
        now,
        ...(effects && { effects }),
      });
      if (expressions.kind === 'disabled') return { kind: 'skip', reason: expressions.reason };
      if (expressions.kind === 'deferred') return { kind: 'deferred', needs: expressions.needs };
      delta = { ...delta, ...expressions.context };
      if (expressions.failure !== undefined) {
        return {
          kind: 'failed',
          exception: expressions.failure,
          context: delta,
          ...(hasOnFailure && { hasOnFailure }),
        };
      }
      const input = this.input(withContext(state, stageId, delta), stageId, definition, now);
      return {
        kind: 'planned',
        ...(Object.keys(delta).length > 0 && { context: delta }),
        ...windowed(planOf(definition, input), input, this.options),
      };
    } catch (error) {
      return failed(error, Object.keys(delta).length > 0 ? delta : undefined);
    }
  }

  planAfter(state: ExecutionState, stageId: string, now: number): SyntheticPlan {
    return this.synthetic(state, stageId, now, (definition, input) => definition.after?.(input) ?? []);
  }

  planOnFailure(state: ExecutionState, stageId: string, now: number): SyntheticPlan {
    return this.synthetic(state, stageId, now, (definition, input) => definition.onFailure?.(input) ?? []);
  }

  /** The definition of a stage: of its type, unless its context names another by `alias`. */
  definitionOf(state: ExecutionState, stageId: string): StageDefinition {
    const stage = stageOf(state, stageId);
    const { alias } = stage.context;
    const type = typeof alias === 'string' && alias !== '' ? alias : stage.type;
    const definition = this.registry.find(type);
    if (definition === undefined) {
      throw new InvalidInputError('stages.unknown_type', `there is no stage type "${type}"`);
    }
    return asExecuted(definition, state, stage);
  }

  /** What a definition looks at. Throws {@link InvalidInputError} where the schema refuses the stage's context. */
  input(state: ExecutionState, stageId: string, definition: StageDefinition, now: number): StageInput {
    const stage = stageOf(state, stageId);
    const parsed = definition.schema.safeParse(stage.context);
    if (!parsed.success) {
      throw new InvalidInputError(
        'stages.invalid_config',
        parsed.error.issues.map((issue) => ({
          path: pathOf(issue.path),
          message: inOurWords(issue.message),
        })),
      );
    }
    return { execution: state, stage, config: parsed.data, context: new StageContext(state, stageId), now };
  }

  private synthetic(
    state: ExecutionState,
    stageId: string,
    now: number,
    drafts: (
      definition: StageDefinition,
      input: StageInput,
    ) => ReturnType<NonNullable<StageDefinition['after']>>,
  ): SyntheticPlan {
    try {
      const definition = this.definitionOf(state, stageId);
      return { kind: 'planned', stages: drafts(definition, this.input(state, stageId, definition, now)) };
    } catch (error) {
      return {
        kind: 'failed',
        exception: toException(error, { operation: stageOf(state, stageId).type, now }),
      };
    }
  }
}

function planOf(
  definition: StageDefinition,
  input: StageInput,
): Omit<StagePlan & { kind: 'planned' }, 'kind'> {
  const byName = new Map(definition.tasks.map((task) => [task.name, task]));
  const names = definition.plan?.(input) ?? definition.tasks.map((task) => task.name);
  return {
    tasks: names.map((name, index) => {
      const task = byName.get(name);
      if (task === undefined)
        throw new Error(`stage type ${definition.type} plans task ${name}, which it has not`);
      return {
        id: String(index + 1),
        name,
        implementingClass: `${definition.type}.${name}`,
        loopStart: task.loopStart ?? false,
        loopEnd: task.loopEnd ?? false,
      };
    }),
    before: definition.before?.(input) ?? [],
    flags: {
      hasAfter: definition.after !== undefined,
      hasOnFailure: definition.onFailure !== undefined,
      hasCleanUp: definition.cleanUp !== undefined,
      ...(definition.canSkip?.(input) === true && { canSkip: true }),
    },
  };
}

/** A stage with an execution window first waits for it: before anything else that it consists of. */
function windowed<T extends { before: StageDraft[] }>(
  plan: T,
  { stage }: StageInput,
  { timeZone }: PlannerOptions,
): T {
  const { restrictExecutionDuringTimeWindow, restrictedExecutionWindow, skipRemainingWait } = stage.context;
  if (stage.parentStageId !== undefined || stage.type === WINDOW_STAGE_TYPE) return plan;
  if (!isTrue(restrictExecutionDuringTimeWindow)) return plan;
  const window: StageDraft = {
    type: WINDOW_STAGE_TYPE,
    name: WINDOW_STAGE_TYPE,
    context: {
      restrictedExecutionWindow: restrictedExecutionWindow ?? {},
      ...(timeZone !== undefined && { defaultTimezone: timeZone }),
      ...(skipRemainingWait !== undefined && { skipRemainingWait }),
    },
  };
  const rest = plan.before.map((draft) => ({
    ...draft,
    requires: draft.requires?.length ? draft.requires.map((position) => position + 1) : [0],
  }));
  return { ...plan, before: [window, ...rest] };
}

function withContext(state: ExecutionState, stageId: string, delta: Delta): ExecutionState {
  if (Object.keys(delta).length === 0) return state;
  const stage = stageOf(state, stageId);
  const changed = { ...stage, context: { ...stage.context, ...delta } };
  return { ...state, stages: { ...state.stages, [stageId]: changed } };
}

/** `manifests[0].kind`. */
export function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}

/** A stage's own context as an object at a key; empty when it is something else. */
export function contextObject(context: JsonObject, key: string): JsonObject {
  const value = context[key];
  return isObject(value) ? value : {};
}
