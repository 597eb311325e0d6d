import { type Hint, type HintConsumer, HintQueue } from './hint-queue.js';

interface Consumer {
  queue: string;
  room: number;
  handle: (id: string) => Promise<void>;
  running: Set<Promise<void>>;
}

/** Carries hints inside one process: for simulations and for tests of what stands on a queue. */
export class MemoryHintQueue extends HintQueue {
  private readonly waiting: Hint[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly consumers = new Set<Consumer>();
  private readonly known = new Set<string>();

  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  async send(hints: Hint[]): Promise<void> {
    for (const hint of hints) {
      if (this.known.has(hint.token)) continue;
      this.known.add(hint.token);
      const timer = setTimeout(() => this.arrive(hint, timer), Math.max(0, hint.dueAt - this.now()));
      this.timers.add(timer);
    }
  }

  consume(queue: string, concurrency: number, handle: (id: string) => Promise<void>): HintConsumer {
    const consumer: Consumer = { queue, room: concurrency, handle, running: new Set() };
    this.consumers.add(consumer);
    this.drain();
    return {
      close: async () => {
        this.consumers.delete(consumer);
        await Promise.all(consumer.running);
      },
    };
  }

  /** Forgets everything, as a queue server that is emptied does. */
  flush(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.waiting.length = 0;
    this.known.clear();
  }

  async backlog(queue: string): Promise<number> {
    return this.waiting.filter((hint) => hint.queue === queue).length;
  }

  available(): boolean {
    return true;
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.flush();
    await Promise.all([...this.consumers].flatMap((consumer) => [...consumer.running]));
    this.consumers.clear();
  }

  private arrive(hint: Hint, timer: NodeJS.Timeout): void {
    this.timers.delete(timer);
    this.waiting.push(hint);
    this.drain();
  }

  private drain(): void {
    for (const consumer of this.consumers) {
      for (let index = 0; index < this.waiting.length && consumer.room > 0;) {
        const hint = this.waiting[index]!;
        if (hint.queue === consumer.queue) {
          this.waiting.splice(index, 1);
          this.known.delete(hint.token);
          this.start(consumer, hint.id);
        } else index += 1;
      }
    }
  }

  private start(consumer: Consumer, id: string): void {
    consumer.room -= 1;
    const run = consumer.handle(id).catch(() => undefined);
    const tracked = run.then(() => {
      consumer.room += 1;
      consumer.running.delete(tracked);
      this.drain();
    });
    consumer.running.add(tracked);
  }
}
