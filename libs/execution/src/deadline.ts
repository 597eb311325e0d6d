import type { ExecutionState } from './execution-state.js';
import { pausedMsBetween, type TimeSpan } from './view.js';

/** Later than anything that happens. */
const NEVER = Date.UTC(9000, 0);

/**
 * When an execution has run for as long as its `maxDurationMinutes` allow, as far as can be told `now`: pauses do not
 * count, nor does time during which its work was `held` back. Far away while it is paused; a resume wakes the timer.
 */
export function deadlineAt(state: ExecutionState, now: number, held: readonly TimeSpan[] = []): number {
  const { deadlineFrom: from = state.startTime, maxDurationMinutes, status } = state;
  if (status === 'PAUSED' || from === undefined || maxDurationMinutes === undefined) return NEVER;
  return from + maxDurationMinutes * 60_000 + pausedMsBetween(state, from, now, held);
}
