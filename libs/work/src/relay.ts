import type { WorkItems } from '@gennaker/event-store';
import type { Clock } from '@gennaker/kernel';
import type { HintQueue } from '@gennaker/messaging';
import { HINT_HORIZON_MS } from './journal.js';

export interface RelayOptions {
  queues: string[];
  /** Milliseconds between two looks. Default 1,000. */
  intervalMs?: number;
  /** A due item that nobody has taken is hinted again after so many milliseconds. Default 5,000. */
  rehintMs?: number;
  onError?: (error: unknown) => void;
}

const BATCH = 1_000;

/**
 * Hints rows that are due, or soon will be, and that nobody holds. It makes a queue that was emptied, or a worker that
 * died between commit and hint, cost a delay and nothing else. Any number of replicas may run one.
 */
export class Relay {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly items: WorkItems,
    private readonly hints: HintQueue,
    private readonly clock: Clock,
    private readonly options: RelayOptions,
  ) {}

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One look. Returns how many items were hinted. */
  async step(): Promise<number> {
    const now = this.clock.now();
    const hints = await this.items.takeUnhinted({
      queues: this.options.queues,
      now,
      before: now + Math.min(HINT_HORIZON_MS, 2 * (this.options.intervalMs ?? 1_000)),
      hintedBefore: now - (this.options.rehintMs ?? 5_000),
      limit: BATCH,
    });
    if (hints.length > 0)
      await this.hints.send(hints.map((hint) => ({ ...hint, token: `${hint.token}-${now}` })));
    return hints.length;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let hinted = 0;
      try {
        hinted = await this.step();
      } catch (error) {
        this.options.onError?.(error);
      }
      if (hinted < BATCH) await pause(this.options.intervalMs ?? 1_000, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
