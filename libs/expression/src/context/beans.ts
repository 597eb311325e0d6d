import type { StageAccess } from '../evaluate/execution-access.js';
import { ContextSource } from '../values/context-source.js';
import type { PlainObject, Value } from '../values/value.js';
import { objectOf, type ExecutionJson, type StageJson } from './execution-json.js';
import type { AncestorLookup } from './stage-context.js';
import { StageContext } from './stage-context.js';

/** Properties of a Java bean: those of its JSON, and some that are computed. An unknown one is an error. */
abstract class Bean extends ContextSource {
  override readonly strictKeys = true;
  private readonly computed = new Map<string, Value>();

  constructor(protected readonly json: Readonly<Record<string, unknown>>) {
    super();
  }

  /** Properties that exist although the JSON may not have them; null there. */
  protected abstract readonly known: readonly string[];
  protected abstract compute(key: string): Value | undefined;

  get(key: string): Value | undefined {
    const cached = this.computed.get(key);
    if (cached !== undefined) return cached;
    const value = this.compute(key);
    if (value !== undefined) {
      this.computed.set(key, value);
      return value;
    }
    if (Object.hasOwn(this.json, key)) return (this.json[key] ?? null) as Value;
    return this.known.includes(key) ? null : undefined;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.json, key) || this.known.includes(key) || this.compute(key) !== undefined;
  }

  keys(): Iterable<string> {
    return new Set([...Object.keys(this.json), ...this.known]);
  }

  override plain(): unknown {
    return this.json;
  }

  override equalTo(other: Value): boolean {
    return other instanceof Bean && other.json === this.json;
  }
}

const STAGE_PROPERTIES = [
  'id',
  'refId',
  'name',
  'type',
  'status',
  'startTime',
  'endTime',
  'startTimeExpiry',
  'scheduledTime',
  'context',
  'outputs',
  'tasks',
  'parentStageId',
  'syntheticStageOwner',
  'requisiteStageRefIds',
  'lastModified',
  'execution',
  'parent',
  'hasSucceeded',
  'hasFailed',
];

/** A stage as expressions see it; its `context` also answers for the outputs of its ancestors. */
export class StageBean extends Bean implements StageAccess {
  override readonly typeName = 'StageExecution';
  protected readonly known = STAGE_PROPERTIES;
  readonly bean = this;

  constructor(
    private readonly stage: StageJson,
    private readonly owner: ExecutionBean,
  ) {
    super(stage);
  }

  get id(): string | undefined {
    return this.stage.id;
  }
  get refId(): string | undefined {
    return this.stage.refId;
  }
  get name(): string | undefined {
    return this.stage.name;
  }
  get type(): string | undefined {
    return this.stage.type;
  }
  get status(): string | undefined {
    return this.stage.status;
  }
  get parentStageId(): string | undefined {
    return this.stage.parentStageId ?? undefined;
  }
  get context(): PlainObject {
    return objectOf(this.stage.context);
  }
  get outputs(): PlainObject {
    return objectOf(this.stage.outputs);
  }

  protected compute(key: string): Value | undefined {
    switch (key) {
      case 'context':
        return new StageContext(this.context, this.owner.ancestry, this.stage);
      case 'outputs':
        return this.outputs;
      case 'hasSucceeded':
        return this.status === 'SUCCEEDED';
      case 'hasFailed':
        return this.status === 'TERMINAL';
      case 'execution':
        return this.owner;
      case 'parent':
        return (
          this.owner.stageBeans().find((bean) => bean.id !== undefined && bean.id === this.parentStageId) ??
          null
        );
      case 'topLevelStage':
        return this.parentStageId === undefined ? this : undefined;
      default:
        return undefined;
    }
  }
}

const EXECUTION_PROPERTIES = [
  'type',
  'id',
  'application',
  'name',
  'description',
  'buildTime',
  'startTime',
  'endTime',
  'status',
  'canceled',
  'canceledBy',
  'cancellationReason',
  'limitConcurrent',
  'maxConcurrentExecutions',
  'keepWaitingPipelines',
  'stages',
  'trigger',
  'authentication',
  'paused',
  'origin',
  'source',
  'notifications',
  'initialConfig',
  'pipelineConfigId',
  'rootId',
  'spelEvaluator',
  'templateVariables',
  'partition',
];

/** The execution as expressions see it. */
export class ExecutionBean extends Bean {
  override readonly typeName = 'PipelineExecution';
  protected readonly known = EXECUTION_PROPERTIES;
  private beans: StageBean[] | undefined;

  constructor(
    readonly execution: ExecutionJson,
    readonly ancestry: AncestorLookup,
  ) {
    super(execution);
  }

  stageBeans(): StageBean[] {
    this.beans ??= this.execution.stages.map((stage) => new StageBean(stage, this));
    return this.beans;
  }

  protected compute(key: string): Value | undefined {
    if (key === 'stages') return this.stageBeans();
    if (key === 'trigger') return objectOf(this.execution.trigger);
    return undefined;
  }
}
