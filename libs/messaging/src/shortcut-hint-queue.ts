import { type Hint, type HintConsumer, HintQueue } from './hint-queue.js';

/** The share of its room up to which a consumer is handed hints directly; the rest is for what other processes send. */
const DIRECT_SHARE = 0.5;

interface Consumer {
  queue: string;
  room: number;
  handle: (id: string) => Promise<void>;
  running: Set<Promise<void>>;
}

/**
 * Hands a hint that is due straight to a consumer of the same process while that has plenty of room, and carries all
 * others over `queue`: what can start here at once need not travel. Owes no more than any carrier of hints: one that is
 * lost with this process is found again by the relay.
 */
export class ShortcutHintQueue extends HintQueue {
  private readonly consumers = new Set<Consumer>();

  constructor(
    private readonly queue: HintQueue,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  async send(hints: Hint[]): Promise<void> {
    const now = this.now();
    const far = hints.filter((hint) => hint.dueAt > now || !this.direct(hint));
    if (far.length > 0) await this.queue.send(far);
  }

  consume(queue: string, concurrency: number, handle: (id: string) => Promise<void>): HintConsumer {
    const consumer: Consumer = {
      queue,
      room: Math.floor(concurrency * DIRECT_SHARE),
      handle: (id) => this.tracked(consumer, handle(id)),
      running: new Set(),
    };
    const carried = this.queue.consume(queue, concurrency, consumer.handle);
    this.consumers.add(consumer);
    return {
      close: async () => {
        this.consumers.delete(consumer);
        await carried.close();
        await Promise.allSettled(consumer.running);
      },
    };
  }

  backlog(queue: string): Promise<number> {
    return this.queue.backlog(queue);
  }

  available(): boolean {
    return this.queue.available();
  }

  check(): Promise<void> {
    return this.queue.check();
  }

  async close(): Promise<void> {
    const running = [...this.consumers].flatMap((consumer) => [...consumer.running]);
    this.consumers.clear();
    await this.queue.close();
    await Promise.allSettled(running);
  }

  /** True when a consumer here has taken the hint. */
  private direct({ queue, id }: Hint): boolean {
    for (const consumer of this.consumers) {
      if (consumer.queue !== queue || consumer.running.size >= consumer.room) continue;
      consumer.handle(id).catch(() => undefined);
      return true;
    }
    return false;
  }

  /** Counts what runs, however its hint has come. */
  private tracked(consumer: Consumer, run: Promise<void>): Promise<void> {
    const tracked = run.finally(() => consumer.running.delete(tracked));
    consumer.running.add(tracked);
    return tracked;
  }
}
