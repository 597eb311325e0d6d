/** A time limit that is running. */
export interface TimeLimit {
  signal: AbortSignal;
  /** Whether the time is up. */
  expired(): boolean;
  /** Lets go of the timer and of the outer signal. The signal does not abort any more. */
  end(): void;
}

/** Node's longest timer, in milliseconds; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * A signal that aborts with the first of `outer`, or after `ms` milliseconds with a `TimeoutError`; call `end` when what
 * it limits is over. To be used instead of `AbortSignal.any([outer, AbortSignal.timeout(ms)])`: in Node 20 nothing keeps
 * that timer alive, and when it is collected the limit never comes.
 */
export function timeLimit(ms: number, ...outer: (AbortSignal | undefined)[]): TimeLimit {
  const controller = new AbortController();
  let expired = false;
  const timer = setTimeout(
    () => {
      expired = true;
      abort(new DOMException(`It took longer than ${ms / 1_000} s`, 'TimeoutError'));
    },
    Math.min(Math.max(ms, 0), LONGEST_TIMER_MS),
  );
  // Whatever is limited keeps the process alive by itself. In a browser a timer is a number.
  if (typeof timer === 'object') timer.unref();
  const followed = outer.flatMap((signal) =>
    signal === undefined ? [] : [{ signal, follow: () => abort(signal.reason) }],
  );
  const end = (): void => {
    clearTimeout(timer);
    for (const { signal, follow } of followed) signal.removeEventListener('abort', follow);
  };
  const abort = (reason: unknown): void => {
    end();
    controller.abort(reason);
  };
  for (const { signal, follow } of followed) {
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow);
  }
  return { signal: controller.signal, expired: () => expired, end };
}

/** Runs `work` under a {@link timeLimit}, which ends with it. */
export async function withTimeLimit<T>(
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = timeLimit(ms, outer);
  try {
    return await work(limit.signal);
  } finally {
    limit.end();
  }
}
