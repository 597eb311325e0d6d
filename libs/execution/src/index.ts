export { deadlineAt } from './deadline.js';
export { executionStatus, failureStatus, stageStatus } from './aggregate.js';
export {
  decideCancel,
  decidePatchStage,
  decidePause,
  decideResume,
  decideStart,
  decideTaskOutcome,
  decideWatch,
  NotSkippableError,
  type TaskOutcome,
  taskOf,
} from './commands.js';
export { admission, isLimited, limitOf, MOST_WAITING, nextInLine, type Others } from './concurrency.js';
export { inherited, isTrue, objectAt, StageContext } from './context.js';
export {
  type Effects,
  effectsOf,
  openItemsOf,
  ORCA_WORK,
  type OrcaWork,
  type WorkItemDraft,
} from './effects.js';
export { actingAs, type Judge, type Judgment, judgmentsOf } from './judgment.js';
export { mergedOutputs } from './merged-outputs.js';
export { type ExplainedEvent, explainStage, type Reason, type Why } from './why.js';
export { type Difference, recheck } from './recheck.js';
export { evolve, FOLD_VERSION, replay } from './evolve.js';
export * from './execution-events.js';
export * from './execution-state.js';
export {
  afterStages,
  ancestorsOf,
  beforeStages,
  childrenOf,
  descendantsOf,
  downstreamOf,
  requisitesOf,
  runningStages,
  topLevel,
  topLevelStages,
  withDownstream,
} from './graph.js';
export type { StageDraft, StagePlan, StagePlanner, SyntheticPlan } from './planner.js';
export { retryPolicyOf, type RetryPolicy } from './retry.js';
export { settle, type SettleContext, settleDeferredPlan } from './settle.js';
export { EXPRESSION_EXCEPTION } from './expression-errors.js';
export { decideChangedRestart, type RestartChanges } from './restart-changes.js';
export { withoutSecrets, withoutSecretsIn } from './secrets.js';
export { stageGraphProblems } from './stage-graph-problems.js';
export * from './status.js';
export { submissionProblems, type SubmissionContext, submitExecution } from './submission.js';
export { pausedMsBetween, type TimeSpan, toExecutionView, toTaskListView, type ViewOptions } from './view.js';
