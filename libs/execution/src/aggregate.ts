import { isTrue } from './context.js';
import { type ExecutionState, type StageState } from './execution-state.js';
import { afterStages, childrenOf, requisitesPassed, topLevelStages } from './graph.js';
import { type ExecutionStatus, isActive, isComplete, isPassed } from './status.js';

/**
 * What a failed task or stage means under the stage's failure options: go on regardless (`continuePipeline`), stop
 * everything (`failPipeline`, the default), or stop this branch only.
 */
export function failureStatus(stage: StageState, failed: ExecutionStatus = 'TERMINAL'): ExecutionStatus {
  if (isTrue(stage.context['continuePipeline'])) return 'FAILED_CONTINUE';
  const { failPipeline } = stage.context;
  if (failPipeline === undefined || failPipeline === null || isTrue(failPipeline)) return failed;
  return 'STOPPED';
}

/** A status that a stage's parts give it, or undefined where the rule does not speak. */
type Rule = (
  statuses: ExecutionStatus[],
  stage: StageState,
  state: ExecutionState,
) => ExecutionStatus | undefined;

const anyIs =
  (status: ExecutionStatus): Rule =>
  (statuses) =>
    statuses.includes(status) ? status : undefined;

/** The first that speaks decides. */
const STAGE_RULES: Rule[] = [
  (statuses) => (statuses.length === 0 ? 'NOT_STARTED' : undefined),
  (statuses, stage) => (statuses.includes('TERMINAL') ? failureStatus(stage) : undefined),
  anyIs('STOPPED'),
  anyIs('CANCELED'),
  anyIs('FAILED_CONTINUE'),
  (statuses) =>
    statuses.every((status) => status === 'SUCCEEDED' || status === 'SKIPPED') ? 'SUCCEEDED' : undefined,
  (_statuses, stage, state) =>
    afterStages(state, stage.id).some((after) => after.status === 'NOT_STARTED') ? 'RUNNING' : undefined,
  (statuses) => (statuses.some((status) => !isComplete(status)) ? 'RUNNING' : undefined),
];

/** A stage's status as its synthetic stages, its tasks and its planning make it. */
export function stageStatus(state: ExecutionState, stage: StageState): ExecutionStatus {
  const statuses = [
    ...childrenOf(state, stage.id).map((child) => child.status),
    ...stage.tasks.map((task) => task.status),
    ...(stage.planningFailed ? [failureStatus(stage)] : []),
  ];
  for (const rule of STAGE_RULES) {
    const status = rule(statuses, stage, state);
    if (status !== undefined) return status;
  }
  return 'TERMINAL';
}

/** A branch that still has something to do: running, or about to start. */
function isIncomplete(state: ExecutionState, stage: StageState): boolean {
  if (isActive(stage.status)) return true;
  return stage.status === 'NOT_STARTED' && requisitesPassed(state, stage);
}

type ExecutionRule = (stages: StageState[], state: ExecutionState) => ExecutionStatus | undefined;

const EXECUTION_RULES: ExecutionRule[] = [
  (stages) => (stages.every((stage) => isPassed(stage.status)) ? 'SUCCEEDED' : undefined),
  (stages) => (stages.some((stage) => stage.status === 'TERMINAL') ? 'TERMINAL' : undefined),
  (stages) => (stages.some((stage) => stage.status === 'CANCELED') ? 'CANCELED' : undefined),
  (stages, state) => {
    const stopped = stages.filter((stage) => stage.status === 'STOPPED');
    if (stopped.length === 0 || stages.some((stage) => isIncomplete(state, stage))) return undefined;
    return stopped.some((stage) => isTrue(stage.context['completeOtherBranchesThenFail']))
      ? 'TERMINAL'
      : 'SUCCEEDED';
  },
];

/** The status that an execution's stages give it, or RUNNING while it goes on. */
export function executionStatus(state: ExecutionState): ExecutionStatus {
  const stages = topLevelStages(state);
  for (const rule of EXECUTION_RULES) {
    const status = rule(stages, state);
    if (status !== undefined) return status;
  }
  return 'RUNNING';
}
