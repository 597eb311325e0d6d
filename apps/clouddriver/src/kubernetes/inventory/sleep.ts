import { setTimeout as delay } from 'node:timers/promises';

/** Waits; an aborted signal ends the wait early, without an error. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // The caller looks at the signal.
  }
}
