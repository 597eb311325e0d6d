import {
  beforeStages,
  inherited,
  isTrue,
  pausedMsBetween,
  type StageState,
  type TimeSpan,
  topLevel,
} from '@gennaker/execution';
import { timeLimit } from '@gennaker/kernel';
import { WINDOW_STAGE_TYPE } from './restrictExecutionDuringTimeWindow/restrict-execution-during-time-window.stage.js';
import { exceptionOf, RetryableError, toException } from './stage-exception.js';
import type { TaskDefinition, TaskInput, TaskResult } from './stage-definition.js';

const DEFAULT_BACKOFF_MS = 1_000;

/** One run's result, with the time of the next run when it goes on. */
export interface TaskRun extends TaskResult {
  /** Milliseconds since the Unix epoch; absent: when it is woken. Set only while RUNNING. */
  nextRunAt?: number;
}

/**
 * Runs a task once: within its time limits, with its failures told apart into those that a later run may mend and
 * those that end it. Never throws.
 */
export async function runTask(task: TaskDefinition, input: TaskInput): Promise<TaskRun> {
  const deadline = await extendedDeadline(task, input);
  if (deadline !== undefined && input.now >= deadline) return timedOut(task, input, deadline);
  const result = await attempt(task, input, deadline);
  if (result.status !== 'RUNNING') return result;
  return { ...result, ...nextRun(result, task, input, deadline) };
}

/** Time during which work was halted does not count; whether it was is looked up only when a task seems out of time. */
async function extendedDeadline(task: TaskDefinition, input: TaskInput): Promise<number | undefined> {
  const { execution, now, heldSince } = input;
  const deadline = deadlineOf(task, input);
  if (deadline === undefined || now < deadline || heldSince === undefined) return deadline;
  return deadlineOf(task, input, await heldSince(execution.startTime ?? execution.buildTime));
}

async function attempt(
  task: TaskDefinition,
  input: TaskInput,
  deadline: number | undefined,
): Promise<TaskResult> {
  const limit = deadline === undefined ? undefined : timeLimit(deadline - input.now, input.signal);
  const signal = limit?.signal ?? input.signal;
  try {
    return await task.run({ ...input, signal });
  } catch (error) {
    if (error instanceof RetryableError)
      return { status: 'RUNNING', wakeAt: input.now + backoff(task, input) };
    if (input.signal.aborted) throw error;
    if (signal.aborted && deadline !== undefined) return await timedOut(task, input, deadline);
    return { status: 'TERMINAL', exception: toException(error, { operation: task.name, now: input.now }) };
  } finally {
    limit?.end();
  }
}

function nextRun(
  result: TaskResult,
  task: TaskDefinition,
  input: TaskInput,
  deadline: number | undefined,
): { nextRunAt?: number } {
  const asked =
    result.wakeAt ?? (task.backoffMs === undefined ? undefined : input.now + backoff(task, input));
  if (asked === undefined) return deadline === undefined ? {} : { nextRunAt: deadline };
  return { nextRunAt: deadline === undefined ? asked : Math.min(asked, deadline) };
}

/** The longest of the task's own back-off and the stage's `backoffPeriodMs`. */
function backoff(task: TaskDefinition, input: TaskInput): number {
  const { backoffMs = DEFAULT_BACKOFF_MS } = task;
  const own = typeof backoffMs === 'number' ? backoffMs : backoffMs(input, input.now - input.startedAt);
  const asked = Number(input.stage.context['backoffPeriodMs'] ?? 0);
  return Math.max(own, Number.isFinite(asked) ? asked : 0);
}

/**
 * When a task runs out of time: the nearest `stageTimeoutMs`, counted from the start of the stage that sets it, or the
 * task's own limit, counted from its start. Time during which the execution was paused, or its work held back, does not
 * count.
 */
export function deadlineOf(
  task: TaskDefinition,
  input: TaskInput,
  held: readonly TimeSpan[] = [],
): number | undefined {
  const { execution, now } = input;
  const override = overrideOf(input);
  const extended = (from: number, limitMs: number, free: readonly TimeSpan[] = held): number =>
    from + limitMs + pausedMsBetween(execution, from, now, free);
  const limits: number[] = [];
  if (Number.isFinite(override)) {
    const owner = ownerOf(input, override);
    const start = owner?.startTime ?? input.startedAt;
    limits.push(extended(start, override, [...held, ...windowsOf(input, owner)]));
  }
  if (task.timeoutMs !== undefined && !(Number.isFinite(override) && task.timeoutOverridable !== false)) {
    const limit = typeof task.timeoutMs === 'number' ? task.timeoutMs : task.timeoutMs(input);
    limits.push(extended(input.startedAt, limit));
  }
  return limits.length === 0 ? undefined : Math.min(...limits);
}

/** The stage's or its parents' limit. Waiting for an execution window has none of it. */
function overrideOf({ execution, stage }: TaskInput): number {
  if (stage.type === WINDOW_STAGE_TYPE) return Number.NaN;
  return Number(inherited(execution, stage.id, 'stageTimeoutMs') ?? Number.NaN);
}

/** When the stage has waited for its execution window. */
function windowsOf({ execution, now }: TaskInput, owner: StageState | undefined): TimeSpan[] {
  if (owner === undefined) return [];
  return beforeStages(execution, owner.id)
    .filter(({ type }) => type === WINDOW_STAGE_TYPE)
    .map(({ startTime, endTime }) => ({ from: startTime ?? now, to: endTime }));
}

/** The stage whose `stageTimeoutMs` counts: the nearest one that has it. */
function ownerOf({ execution, stage }: TaskInput, timeoutMs: number): StageState | undefined {
  let current: StageState | undefined = stage;
  const top = topLevel(execution, stage);
  while (current !== undefined) {
    if (Number(current.context['stageTimeoutMs']) === timeoutMs) return current;
    if (current.id === top.id) return top;
    current = current.parentStageId === undefined ? undefined : execution.stages[current.parentStageId];
  }
  return top;
}

async function timedOut(task: TaskDefinition, input: TaskInput, deadline: number): Promise<TaskResult> {
  const decided = task.onTimeout?.(input);
  if (decided !== undefined) return decided;
  if (isTrue(input.stage.context['markSuccessfulOnTimeout'])) return { status: 'SUCCEEDED' };
  const seconds = Math.round((deadline - input.startedAt) / 1_000);
  // Why it took so long is good to know, and no more than that.
  const reason = await task.waitsFor?.(input).catch(() => undefined);
  const message = `Task "${task.name}" timed out after ${seconds} seconds${reason === undefined ? '' : `: ${reason}`}`;
  return {
    status: 'TERMINAL',
    exception: exceptionOf([message], { operation: task.name, now: input.now, type: 'TimeoutException' }),
  };
}
