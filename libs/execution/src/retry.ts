import type { IdGenerator, JsonObject } from '@gennaker/kernel';
import { isObject } from '@gennaker/kernel';
import type { EventOf } from './execution-events.js';
import type { StageState } from './execution-state.js';
import { type ExecutionStatus, isFailure } from './status.js';

const MOST_ATTEMPTS = 100;
const DEFAULT_BACKOFF_SECONDS = 10;
const LONGEST_BACKOFF_SECONDS = 86_400;

/** How often a stage may try, and how long it waits in between. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  attempts: number;
  /** Milliseconds before attempt number `attempt` (2 for the first retry). */
  delayMs(attempt: number): number;
}

/**
 * The user's `retry: { attempts, backoff }` of a stage. `backoff` is a number of seconds, or
 * `{ seconds, factor, maxSeconds }`: each wait is `factor` times the one before. Undefined when the stage has none.
 */
export function retryPolicyOf(context: JsonObject): RetryPolicy | undefined {
  const { retry } = context;
  if (!isObject(retry)) return undefined;
  const attempts = Math.min(Math.floor(numberOf(retry['attempts']) ?? 1), MOST_ATTEMPTS);
  if (attempts < 2) return undefined;
  const backoff = isObject(retry['backoff']) ? retry['backoff'] : { seconds: retry['backoff'] };
  const seconds = Math.max(0, numberOf(backoff['seconds']) ?? DEFAULT_BACKOFF_SECONDS);
  const factor = Math.max(1, numberOf(backoff['factor']) ?? 1);
  const most = Math.min(numberOf(backoff['maxSeconds']) ?? LONGEST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS);
  return {
    attempts,
    delayMs: (attempt) => Math.round(Math.min(seconds * factor ** Math.max(0, attempt - 2), most) * 1_000),
  };
}

/** The event that lets a stage which ended so try again, or undefined when that was its last attempt. */
export function retryOf(
  stage: StageState,
  status: ExecutionStatus,
  { now, ids }: { now: number; ids: IdGenerator },
): EventOf<'StageRestarted'> | undefined {
  if (stage.parentStageId !== undefined || !isFailure(status)) return undefined;
  const policy = retryPolicyOf(stage.context);
  const used = 1 + stage.pastAttempts.filter((_past, index, all) => retriesSince(all, index)).length;
  if (policy === undefined || used >= policy.attempts) return undefined;
  const { exception } = stage.context;
  return {
    type: 'StageRestarted',
    data: {
      stageId: stage.id,
      at: now,
      user: 'gennaker',
      reason: 'retry',
      resets: [stage.id],
      details: {
        retryDetails: {
          attempt: used + 1,
          of: policy.attempts,
          ...(exception !== undefined && { previousException: exception }),
        },
      },
      notBefore: { at: now + policy.delayMs(used + 1), workItemId: ids.next() },
    },
  };
}

/** Attempts since the last restart by a person: such a restart starts counting anew. */
function retriesSince(past: StageState['pastAttempts'], index: number): boolean {
  return past.slice(index).every((attempt) => attempt.reason === 'retry');
}

function numberOf(value: unknown): number | undefined {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined;
}
