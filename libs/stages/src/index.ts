export { booleanLike, listOf, numeric } from './fields.js';
export { ExecutionExpressions } from './expressions/execution-expressions.js';
export { withEffects } from './expressions/perform-effects.js';
export * from './ports.js';
export type { CanaryCommand, CanaryOutcome, CanaryPort } from './runCanary/canary-port.js';
export { deadlineOf, runTask, type TaskRun } from './run-task.js';
export { runStageTask, type StageTaskRun } from './run-stage-task.js';
export * from './stage-definition.js';
export { type StageConfigRules, stageConfigProblems } from './stage-config-problems.js';
export { exceptionOf, RetryableError, toException } from './stage-exception.js';
export {
  NO_EXPRESSIONS,
  type PlanWithNeeds,
  pathOf,
  RegistryPlanner,
  type StageExpressionEvaluator,
  type StageExpressions,
} from './stage-planner.js';
export { DuplicateStageTypeError, StageRegistry } from './stage-registry.js';
export { stageJsonSchema } from './stage-json-schema.js';
export {
  jobMetadata,
  type PreconfiguredJob,
  preconfiguredJobSchema,
  preconfiguredJobsIn,
} from './runJob/preconfigured-job.js';
export { type OperatorStages, STAGES, stagesWith } from './stages.js';
export { taskOverridesFrom, taskOverridesSchema, withTaskOverrides } from './task-overrides.js';
export type { PriorArtifacts } from './submission/bind-artifacts.js';
export { executionArtifacts } from './submission/execution-artifacts.js';
export { prepareSubmission, type SubmissionSources } from './submission/prepare-submission.js';
export {
  mayUseWebhook,
  preconfiguredWebhookSchema,
  type PreconfiguredWebhook,
  preconfiguredWebhooksIn,
  preconfiguredWebhookStage,
  webhookMetadata,
} from './webhook/preconfigured-webhook.js';
