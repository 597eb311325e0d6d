import type { Delta, EventOf } from './execution-events.js';
import { type ExecutionState, type PastAttempt, type StageState, stageOf } from './execution-state.js';
import { topLevel } from './graph.js';
import { isComplete } from './status.js';
import { toStage } from './to-stage.js';

/** Gives every reset stage a new attempt, and keeps what the former one was. */
export function restarted(state: ExecutionState, data: EventOf<'StageRestarted'>['data']): ExecutionState {
  const resets = new Set(data.resets);
  const stages: Record<string, StageState> = {};
  for (const [id, stage] of Object.entries(state.stages)) {
    if (stage.parentStageId !== undefined && resets.has(topLevel(state, stage).id)) continue;
    stages[id] = resets.has(id) ? newAttempt(state, stage, data) : stage;
  }
  const reopened = isComplete(state.status);
  return {
    ...state,
    stages,
    stageOrder: state.stageOrder.filter((id) => stages[id] !== undefined),
    ...(reopened && {
      status: data.queued === true ? ('NOT_STARTED' as const) : ('RUNNING' as const),
      endTime: undefined,
      canceled: false,
      canceledBy: undefined,
      cancellationReason: undefined,
      deadlineItem: data.deadline?.workItemId,
      deadlineFrom: data.at,
    }),
  };
}

function newAttempt(
  state: ExecutionState,
  stage: StageState,
  data: EventOf<'StageRestarted'>['data'],
): StageState {
  const fresh = toStage({
    id: stage.id,
    refId: stage.refId,
    requisiteStageRefIds: stage.requisiteStageRefIds,
    type: stage.type,
    name: stage.name,
    context: stage.config,
    ...(stage.startTimeExpiry !== undefined && { startTimeExpiry: stage.startTimeExpiry }),
  });
  // A stage that never began has nothing to remember.
  if (stage.status === 'NOT_STARTED' && stage.startTime === undefined) {
    return { ...fresh, attempt: stage.attempt, pastAttempts: stage.pastAttempts };
  }
  const past: PastAttempt = {
    attempt: stage.attempt,
    status: stage.status,
    ...(stage.startTime !== undefined && { startTime: stage.startTime }),
    ...(stage.endTime !== undefined && { endTime: stage.endTime }),
    endedBy: data.user,
    reason: data.reason,
    context: stage.context,
    outputs: stage.outputs,
    tasks: stage.tasks,
    stages: state.stageOrder
      .map((id) => stageOf(state, id))
      .filter((other) => other.parentStageId !== undefined && topLevel(state, other).id === stage.id),
  };
  return {
    ...fresh,
    attempt: stage.attempt + 1,
    pastAttempts: [...stage.pastAttempts, past],
    ...(stage.id === data.stageId && {
      context: { ...fresh.context, ...data.details },
      ...(data.notBefore && { notBefore: data.notBefore }),
    }),
  };
}

/** What is changed while the stage does not run is meant for its next attempt, too: that starts from its config. */
export function patched(
  { status, context, config }: StageState,
  delta: Delta,
): Pick<StageState, 'context' | 'config'> {
  const isConfig = isComplete(status) || status === 'NOT_STARTED';
  return { context: { ...context, ...delta }, config: isConfig ? { ...config, ...delta } : config };
}
