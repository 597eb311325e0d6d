import {
  ConflictError,
  GennakerError,
  type IdGenerator,
  type JsonObject,
  NotFoundError,
} from '@gennaker/kernel';
import { failureStatus } from './aggregate.js';
import { evolve } from './evolve.js';
import type { Delta, ExecutionEvent } from './execution-events.js';
import {
  type Authentication,
  type ExecutionState,
  findStage,
  stageOf,
  type StageState,
  type TaskState,
} from './execution-state.js';
import { topLevel, topLevelStages, withDownstream } from './graph.js';
import { isLimited } from './concurrency.js';
import { type Judge, judged } from './judgment.js';
import { settle, type SettleContext } from './settle.js';
import { isTrue } from './context.js';
import { type ExecutionStatus, isActive, isComplete } from './status.js';

/** What a task has come to. `context` and `outputs` are keys to set; a value replaces the former one whole. */
export interface TaskOutcome {
  status: ExecutionStatus;
  context?: Delta;
  outputs?: Delta;
  exception?: JsonObject;
}

/**
 * Starts an execution that has not started. Anything else is a doubled or stale start and means nothing: a finished
 * execution can never run again by it.
 */
export function decideStart(state: ExecutionState, context: SettleContext): ExecutionEvent[] {
  const { now, ids } = context;
  if (state.status !== 'NOT_STARTED') return [];
  if (state.canceled) return [completed(state, context, 'CANCELED')];
  if (state.startTimeExpiry !== undefined && now > state.startTimeExpiry) {
    return decideCancel(state, {
      user: 'spinnaker',
      reason: 'Could not begin execution before start time expiry',
      now,
      ids,
    });
  }
  const started: ExecutionEvent = {
    type: 'ExecutionStarted',
    data: { at: now, ...deadline(state, now, ids) },
  };
  const running = evolve(state, started);
  if (!topLevelStages(state).some((stage) => stage.requisiteStageRefIds.length === 0)) {
    return [started, completed(state, context, 'TERMINAL')];
  }
  return [started, ...settle(running, context)];
}

function deadline(state: ExecutionState, now: number, ids: IdGenerator) {
  if (state.maxDurationMinutes === undefined) return {};
  return { deadline: { at: now + state.maxDurationMinutes * 60_000, workItemId: ids.next() } };
}

function completed(
  state: ExecutionState,
  { now, ids }: { now: number; ids?: IdGenerator | undefined },
  status: ExecutionStatus,
): ExecutionEvent {
  const next = ids !== undefined && isLimited(state) ? { nextItem: ids.next() } : {};
  return { type: 'ExecutionCompleted', data: { at: now, status, ...next } };
}

/** Asks an execution to end. Nothing happens to one that has ended, or that was asked before. */
export function decideCancel(
  state: ExecutionState,
  {
    user,
    reason,
    now,
    ids,
  }: { user: string; reason?: string | undefined; now: number; ids?: IdGenerator | undefined },
): ExecutionEvent[] {
  if (isComplete(state.status) || state.canceled) return [];
  const requested: ExecutionEvent = {
    type: 'ExecutionCancelRequested',
    data: { at: now, user, ...(reason !== undefined && reason !== '' && { reason }) },
  };
  return state.status === 'NOT_STARTED'
    ? [requested, completed(state, { now, ids }, 'CANCELED')]
    : [requested];
}

export function decidePause(
  state: ExecutionState,
  { user, now }: { user: string; now: number },
): ExecutionEvent[] {
  if (state.status !== 'RUNNING') {
    throw new ConflictError(
      'execution.not_running',
      `only a running execution can be paused; it is ${state.status}`,
    );
  }
  return [{ type: 'ExecutionPaused', data: { at: now, user } }];
}

export function decideResume(
  state: ExecutionState,
  { user, now }: { user: string; now: number },
): ExecutionEvent[] {
  if (state.status !== 'PAUSED') {
    throw new ConflictError(
      'execution.not_paused',
      `only a paused execution can be resumed; it is ${state.status}`,
    );
  }
  return [{ type: 'ExecutionResumed', data: { at: now, user } }];
}

/** Merges keys into a stage's context: how a judgment is given, a wait is cut short, a stage is skipped by hand. */
export function decidePatchStage(
  state: ExecutionState,
  command: {
    stageId: string;
    context: Delta;
    authentication: Authentication;
    now: number;
    /** What the one who asks may; absent: no role. */
    judge?: Omit<Judge, 'user'>;
  },
): ExecutionEvent[] {
  const stage = existing(state, command.stageId);
  const { user, allowedAccounts, roles } = command.authentication;
  if (isTrue(command.context['manualSkip'])) refuseSkip(state, stage);
  const data = { stageId: stage.id, at: command.now, user, allowedAccounts, ...(roles && { roles }) };
  const judge = { ...command.judge, user };
  const context = judged(state, stage, command.context, { judge, now: command.now });
  return [{ type: 'StagePatched', data: { ...data, context: { ...context, lastModifiedBy: user } } }];
}

/** Only a running stage whose type allows it can be skipped by hand; its synthetic stages are skipped with it. */
function refuseSkip(state: ExecutionState, stage: StageState): void {
  if (stage.status === 'RUNNING' && stage.plan?.canSkip === true && state.status === 'RUNNING') return;
  throw notSkippable(stage);
}

function notSkippable({ name, type, status }: StageState): NotSkippableError {
  return new NotSkippableError(
    'execution.stage_not_skippable',
    `stage ${name} (${type}, ${status}) cannot be skipped by hand`,
  );
}

/** The stage's type or state does not allow what was asked of it. */
export class NotSkippableError extends GennakerError {
  override readonly status = 405;
}

function existing(state: ExecutionState, stageId: string): StageState {
  const stage = findStage(state, stageId);
  if (stage === undefined) {
    throw new NotFoundError('execution.stage_not_found', `no stage ${stageId} in execution ${state.id}`);
  }
  return stage;
}

/**
 * Restarts the pipeline's stage that `stageId` is or belongs to, as a new attempt, with every stage downstream of it
 * and every branch that was cancelled when the execution ended. The attempts so far stay as they were.
 *
 * @throws NotSkippableError where `skip` is asked for a stage whose type does not let people skip it
 */
export function decideRestart(
  state: ExecutionState,
  command: {
    stageId: string;
    user: string;
    now: number;
    ids: IdGenerator;
    /** Joins the context of the new attempt. */
    details?: JsonObject;
    /** The new attempt is skipped, and what comes after the stage runs. */
    skip?: boolean;
  },
): ExecutionEvent[] {
  const stage = topLevel(state, existing(state, command.stageId));
  if (!isComplete(stage.status) && stage.status !== 'NOT_STARTED') {
    throw new ConflictError(
      'execution.stage_running',
      `stage ${stage.name} is ${stage.status}: only a stage that has ended or not begun can be restarted`,
    );
  }
  if (command.skip === true && stage.plan?.canSkip !== true) throw notSkippable(stage);
  const cancelled = isComplete(state.status)
    ? topLevelStages(state).filter((other) => other.status === 'CANCELED')
    : [];
  const resets = withDownstream(state, [stage, ...cancelled]);
  const { exception } = stage.context;
  const restartDetails: JsonObject = {
    restartedBy: command.user,
    restartTime: command.now,
    ...(exception !== undefined && { previousException: exception }),
  };
  const data = {
    stageId: stage.id,
    at: command.now,
    user: command.user,
    reason: 'restart' as const,
    resets: resets.map((reset) => reset.id),
    details: { restartDetails, ...command.details },
    // One that has to take its place in line again gets its deadline when it starts.
    ...(isComplete(state.status) &&
      (isLimited(state) ? { queued: true } : deadline(state, command.now, command.ids))),
  };
  const restart: ExecutionEvent = { type: 'StageRestarted', data };
  if (command.skip !== true) return [restart];
  const of = { stageId: stage.id, at: command.now };
  return [restart, { type: 'StageSkipped', data: { ...of, reason: 'skipped by hand at its restart' } }];
}

/**
 * Lets a work item wait for the end of an execution. Nothing is recorded for one that has ended, or that the item
 * watches already.
 */
export function decideWatch(
  state: ExecutionState,
  { workItemId, now }: { workItemId: string; now: number },
): ExecutionEvent[] {
  if (isComplete(state.status) || state.watchers.includes(workItemId)) return [];
  return [{ type: 'ExecutionWatched', data: { at: now, workItemId } }];
}

/** The task that a work item stands for, if it still does: the item of an ended or restarted task means nothing. */
export function taskOf(
  state: ExecutionState,
  { stageId, taskId, workItemId }: { stageId: string; taskId: string; workItemId: string },
): { stage: StageState; task: TaskState } | undefined {
  const stage = findStage(state, stageId);
  const task = stage?.tasks.find(({ id }) => id === taskId);
  if (stage === undefined || task === undefined) return undefined;
  return task.workItemId === workItemId && isActive(task.status) ? { stage, task } : undefined;
}

/** Records what a task has come to, with the stage's failure options applied. Empty when there is nothing to record. */
export function decideTaskOutcome(
  state: ExecutionState,
  of: { stageId: string; taskId: string; now: number },
  outcome: TaskOutcome,
): ExecutionEvent[] {
  const { stageId, taskId, now } = of;
  const delta = {
    ...(hasKeys(outcome.context) && { context: outcome.context }),
    ...(hasKeys(outcome.outputs) && { outputs: outcome.outputs }),
  };
  if (outcome.status === 'RUNNING') {
    if (Object.keys(delta).length === 0) return [];
    return [{ type: 'TaskProgressed', data: { stageId, taskId, at: now, ...delta } }];
  }
  const stage = stageOf(state, stageId);
  const options =
    outcome.context === undefined ? stage : { ...stage, context: { ...stage.context, ...outcome.context } };
  const status =
    outcome.status === 'TERMINAL' || outcome.status === 'CANCELED'
      ? failureStatus(options, outcome.status)
      : outcome.status;
  return [
    {
      type: 'TaskCompleted',
      data: {
        stageId,
        taskId,
        at: now,
        status,
        originalStatus: outcome.status,
        ...delta,
        ...(outcome.exception && { exception: outcome.exception }),
      },
    },
  ];
}

function hasKeys(delta: Delta | undefined): delta is Delta {
  return delta !== undefined && Object.keys(delta).length > 0;
}
