import type { ExecutionAccess, StageAccess } from '../evaluate/execution-access.js';
import { ContextSource } from '../values/context-source.js';
import { isPlainObject, type PlainObject, type Value } from '../values/value.js';
import { ExecutionBean, StageBean } from './beans.js';
import { objectOf, type ExecutionJson } from './execution-json.js';
import { scmInfoOf } from './scm-info.js';
import { jsonLookup, StageContext, type AncestorLookup } from './stage-context.js';

export interface ExecutionContextInput {
  /** In Spinnaker's JSON. */
  execution: ExecutionJson;
  /** The stage in which the expressions stand; without it only the execution is seen. */
  stageId?: string;
  /** Used instead of the stage's own context, for instance while that is being evaluated. */
  context?: Readonly<Record<string, unknown>>;
  /** Version of the evaluator; v4 also sees `templateVariables`. Default: the execution's `spelEvaluator`. */
  evaluator?: string;
  /** Another implementation of the rule of ancestry. */
  lookup?: AncestorLookup;
}

/** The root of the expressions of one stage, and what their functions look at. */
export interface ExecutionContext {
  root: ContextSource;
  access: ExecutionAccess;
}

/** Builds the context of a stage's expressions. Nothing is copied or merged: keys are found when they are read. */
export function buildExecutionContext(input: ExecutionContextInput): ExecutionContext {
  const { execution } = input;
  const lookup = input.lookup ?? jsonLookup(execution);
  const bean = new ExecutionBean(execution, lookup);
  const access = new JsonExecutionAccess(bean, input.stageId);
  const current = access.currentStage();
  const own = objectOf(input.context ?? current?.context);
  const stage = execution.stages.find(({ id }) => id !== undefined && id === input.stageId) ?? {};
  const evaluator = input.evaluator ?? execution['spelEvaluator'];
  const root = new RootContext(new StageContext(own, lookup, stage), bean, { isV4: evaluator === 'v4' });
  return { root, access };
}

class JsonExecutionAccess implements ExecutionAccess {
  constructor(
    private readonly bean: ExecutionBean,
    private readonly stageId: string | undefined,
  ) {}

  get application(): string | undefined {
    return this.bean.execution.application;
  }

  get trigger(): PlainObject {
    return objectOf(this.bean.execution.trigger);
  }

  stages(): StageAccess[] {
    return this.bean.stageBeans();
  }

  currentStage(): StageBean | undefined {
    if (this.stageId === undefined) return undefined;
    return this.bean.stageBeans().find((stage) => stage.id === this.stageId);
  }
}

/** The stage's context, and around it `execution`, `trigger`, `parameters`, `scmInfo` and `templateVariables`. */
class RootContext extends ContextSource {
  private readonly added: Map<string, () => Value | undefined>;

  constructor(
    private readonly stage: StageContext,
    execution: ExecutionBean,
    options: { isV4: boolean },
  ) {
    super();
    this.added = addedKeys(stage, execution, options);
  }

  get(key: string): Value | undefined {
    const value = this.added.get(key)?.();
    return value === undefined ? this.stage.get(key) : value;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  *keys(): Iterable<string> {
    const seen = new Set(this.stage.keys());
    yield* seen;
    for (const [key, read] of this.added) if (!seen.has(key) && read() !== undefined) yield key;
  }
}

function addedKeys(
  stage: StageContext,
  execution: ExecutionBean,
  { isV4 }: { isV4: boolean },
): Map<string, () => Value | undefined> {
  const { execution: json } = execution;
  const isPipeline = json.type !== 'ORCHESTRATION';
  const trigger = objectOf(json.trigger);
  const added = new Map<string, () => Value | undefined>([
    ['parameters', () => parametersOf(trigger, stage)],
    ['scmInfo', () => scmInfoOf(stage.get('buildInfo'), trigger)],
  ]);
  if (isPipeline) {
    added.set('execution', () => execution);
    added.set('trigger', () => trigger);
  }
  if (isV4) added.set('templateVariables', () => objectOf(json.templateVariables));
  return added;
}

function parametersOf(trigger: PlainObject, stage: StageContext): Value {
  const parameters = trigger['parameters'] ?? {};
  if (isPlainObject(parameters) && Object.keys(parameters).length > 0) return parameters;
  return stage.get('parameters') ?? {};
}
