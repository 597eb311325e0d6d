import type { ExecutionState } from './execution-state.js';

/** More executions of one configuration do not wait in line; later ones are cancelled. */
export const MOST_WAITING = 50;

/** The other executions of the same configuration, counted under its lock. */
export interface Others {
  /** Started and not ended. */
  running: number;
  /** Not started, and submitted before this one. */
  waitingBefore: number;
}

/** How many executions of its configuration may run at a time; undefined: any number. */
export function limitOf(state: ExecutionState): number | undefined {
  if (state.pipelineConfigId === undefined) return undefined;
  if (state.limitConcurrent) return 1;
  return state.maxConcurrentExecutions > 0 ? state.maxConcurrentExecutions : undefined;
}

/** Whether its configuration limits how many of its executions run at a time. */
export function isLimited(state: ExecutionState): boolean {
  return limitOf(state) !== undefined;
}

/**
 * Whether an execution may start, must wait for another one's end, or is one too many in line. With
 * `keepWaitingPipelines` those that came first go first.
 */
export function admission(state: ExecutionState, others: Others): 'start' | 'wait' | 'refuse' {
  const limit = limitOf(state);
  if (limit === undefined) return 'start';
  const ahead = others.running + (state.keepWaitingPipelines ? others.waitingBefore : 0);
  if (ahead < limit) return 'start';
  return others.waitingBefore >= MOST_WAITING ? 'refuse' : 'wait';
}

/**
 * Who goes on when an execution of a configuration has ended. `waiting` are ids, the oldest first.
 * With `keepWaitingPipelines` the oldest start; without it the newest do, and the others are dropped.
 */
export function nextInLine(
  ended: ExecutionState,
  waiting: string[],
  running: number,
): { start: string[]; drop: string[] } {
  const free = Math.max(0, (limitOf(ended) ?? waiting.length) - running);
  if (ended.keepWaitingPipelines) return { start: waiting.slice(0, free), drop: [] };
  if (free === 0) return { start: [], drop: [] };
  return { start: waiting.slice(-free), drop: waiting.slice(0, -free) };
}
