import type { Store, StoreEvent } from '../store/store.js';

/** A loop that brings the cluster from what is to what is wished, one object at a time. */
export interface Controller {
  readonly name: string;
  /** Keys of the objects that a change concerns. */
  keysFor(event: StoreEvent): readonly string[];
  /** Keys to look at when the cluster starts. */
  initialKeys(): readonly string[];
  /** Does one step. Returns in how many milliseconds to look again, or nothing. */
  reconcile(key: string): number | undefined;
}

export interface EngineLog {
  error(message: string, error: unknown): void;
}

const MAX_BATCH = 200;
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
const MIN_WAKE_MS = 1;

/**
 * Runs controllers on the store's changes. A write is answered before the controllers see it, as in a real cluster;
 * each key is queued once, however many changes concern it.
 */
export class Engine {
  private readonly queues: {
    controller: Controller;
    keys: Set<string>;
    timers: Map<string, NodeJS.Timeout>;
    failures: Map<string, number>;
  }[];
  private unsubscribe: (() => void) | undefined;
  private scheduled: NodeJS.Immediate | undefined;
  private stopped = false;

  constructor(
    private readonly store: Store,
    controllers: readonly Controller[],
    private readonly log: EngineLog,
  ) {
    this.queues = controllers.map((controller) => ({
      controller,
      keys: new Set(),
      timers: new Map(),
      failures: new Map(),
    }));
  }

  start(): void {
    for (const queue of this.queues) for (const key of queue.controller.initialKeys()) queue.keys.add(key);
    this.unsubscribe = this.store.subscribe((event) => {
      for (const queue of this.queues) for (const key of queue.controller.keysFor(event)) queue.keys.add(key);
      this.schedule();
    });
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    this.unsubscribe?.();
    clearImmediate(this.scheduled);
    for (const queue of this.queues) for (const timer of queue.timers.values()) clearTimeout(timer);
  }

  private schedule(): void {
    if (this.stopped || this.scheduled !== undefined) return;
    this.scheduled = setImmediate(() => {
      this.scheduled = undefined;
      this.drain();
    });
  }

  private drain(): void {
    let budget = MAX_BATCH;
    for (const queue of this.queues) {
      // What is queued meanwhile waits for the next round.
      for (const key of Array.from(queue.keys)) {
        if (budget-- <= 0) break;
        queue.keys.delete(key);
        this.run(queue, key);
      }
    }
    if (this.queues.some((queue) => queue.keys.size > 0)) this.schedule();
  }

  private run(queue: (typeof this.queues)[number], key: string): void {
    clearTimeout(queue.timers.get(key));
    queue.timers.delete(key);
    let again: number | undefined;
    try {
      again = queue.controller.reconcile(key);
      queue.failures.delete(key);
    } catch (error) {
      this.log.error(`${queue.controller.name} failed on ${key}`, error);
      const failures = queue.failures.get(key) ?? 0;
      queue.failures.set(key, failures + 1);
      again = Math.min(RETRY_MS * 2 ** failures, MAX_RETRY_MS);
    }
    if (again === undefined || this.stopped) return;
    const timer = setTimeout(
      () => {
        queue.timers.delete(key);
        queue.keys.add(key);
        this.schedule();
      },
      Math.min(Math.max(again, MIN_WAKE_MS), 2 ** 31 - 1),
    );
    queue.timers.set(key, timer);
  }
}
