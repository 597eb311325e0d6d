import type { WorkItemHint, WorkItems } from '@gennaker/event-store';
import type { Clock } from '@gennaker/kernel';
import type { HintQueue } from '@gennaker/messaging';
import { HINT_HORIZON_MS } from './journal.js';

export interface RelayOptions {
  queues: string[];
  /** Milliseconds between two looks. Default 1,000. */
  intervalMs?: number;
  /** A due item that nobody has taken is hinted again after so many milliseconds. Default 5,000. */
  rehintMs?: number;
  /** Runs an item in this process: used for due items while the queue is away. */
  runHere?: (id: string) => Promise<void>;
  onError?: (error: unknown) => void;
}

const BATCH = 1_000;
/** What one process takes on at a time while it has to carry on alone. */
const FEW = 50;

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
    const away = !this.hints.available();
    const queues = away ? this.options.queues : await this.withRoom();
    if (queues.length === 0) return 0;
    const hints = await this.items.takeUnhinted({
      queues,
      now,
      before: now + Math.min(HINT_HORIZON_MS, 2 * (this.options.intervalMs ?? 1_000)),
      // Nobody was told of an item whose hint had no queue to go to.
      hintedBefore: away ? now : now - (this.options.rehintMs ?? 5_000),
      limit: away ? FEW : BATCH,
    });
    if (hints.length === 0) return 0;
    if (away) this.runHere(hints, now);
    else await this.hints.send(hints.map((hint) => ({ ...hint, token: `${hint.token}-${now}` })));
    return hints.length;
  }

  /** The queues that workers keep up with. What waits in the others has its hints there already, or will get them later. */
  private async withRoom(): Promise<string[]> {
    const { queues } = this.options;
    const backlogs = await Promise.all(queues.map((queue) => this.hints.backlog(queue)));
    return queues.filter((_queue, index) => backlogs[index]! < BATCH);
  }

  /** Without a queue things go on at the pace of the relay, instead of not at all. */
  private runHere(hints: WorkItemHint[], now: number): void {
    const { runHere, onError } = this.options;
    if (runHere === undefined) return;
    for (const { id, dueAt } of hints) {
      if (dueAt <= now) void runHere(id).catch((error: unknown) => onError?.(error));
    }
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
