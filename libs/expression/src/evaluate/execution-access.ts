import type { ContextSource } from '../values/context-source.js';
import type { PlainObject, Value } from '../values/value.js';

/** The running execution, as functions see it. Stages are beans: `name`, `context`, `outputs`, `hasSucceeded` … */
export interface ExecutionAccess {
  readonly application: string | undefined;
  readonly trigger: PlainObject;
  /** All stages, synthetic ones included, in the execution's order. */
  stages(): StageAccess[];
  currentStage(): StageAccess | undefined;
}

/** One stage: its JSON, and the bean that expressions are given. */
export interface StageAccess {
  readonly id: string | undefined;
  readonly refId: string | undefined;
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly status: string | undefined;
  /** The stage's own context, without what it inherits. */
  readonly context: PlainObject;
  readonly outputs: PlainObject;
  readonly parentStageId: string | undefined;
  readonly bean: ContextSource & Value;
}
