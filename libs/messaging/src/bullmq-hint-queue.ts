import { groupBy } from '@gennaker/kernel';
import { createPostgresBackend, Queue, Worker, withBackend, type ConnectionOptions } from 'bullmq';
import { type Hint, type HintConsumer, HintQueue } from './hint-queue.js';
import { connectRedis, type RedisConfig } from './redis-connection.js';

type Send = Pick<Queue, 'addBulk' | 'getWaitingCount' | 'close' | 'waitUntilReady' | 'on'>;
type Work = Pick<Worker, 'close' | 'on'>;
type Handle = (job: { name: string }) => Promise<void>;

/** How BullMQ reaches its store: what differs between Redis and Postgres, and nothing more. */
interface Backend {
  queue(name: string): Send;
  worker(name: string, concurrency: number, handle: Handle): Work;
  available(): boolean;
  check(): Promise<void>;
  close(): Promise<void>;
}

const WORKER_OPTIONS = {
  // A hint that a dead worker took need not be found again quickly: the relay has long sent another.
  lockDuration: 60_000,
  stalledInterval: 60_000,
  drainDelay: 5,
  removeOnComplete: { count: 0 },
  removeOnFail: { count: 0 },
};

/** Hints over BullMQ: on Redis, or on BullMQ's own Postgres backend where there is no Redis. */
export class BullMqHintQueue extends HintQueue {
  private readonly queues = new Map<string, Send>();
  private readonly workers = new Set<Work>();

  private constructor(
    private readonly backend: Backend,
    private readonly now: () => number,
  ) {
    super();
  }

  /** @param prefix keeps installations apart that share a Redis. The braces keep a queue on one node of a cluster. */
  static onRedis(config: RedisConfig, prefix = '{gennaker}', now: () => number = Date.now): BullMqHintQueue {
    return new BullMqHintQueue(redisBackend(config, prefix), now);
  }

  /** BullMQ keeps its tables in a schema of its own, `bullmq`, and brings them up to date itself. */
  static onPostgres(url: string, prefix = 'gennaker', now: () => number = Date.now): BullMqHintQueue {
    return new BullMqHintQueue(postgresBackend(url, prefix), now);
  }

  /** Hints for a queue that is away are dropped, not kept: the relay finds their rows again. */
  async send(hints: Hint[]): Promise<void> {
    if (!this.available()) return;
    const byQueue = groupBy(hints, (hint) => hint.queue);
    await Promise.all(
      [...byQueue].map(([queue, some]) => this.queueOf(queue).addBulk(some.map((h) => this.job(h)))),
    );
  }

  consume(queue: string, concurrency: number, handle: (id: string) => Promise<void>): HintConsumer {
    const worker = this.backend.worker(queue, concurrency, (job) => handle(job.name));
    worker.on('error', () => undefined);
    this.workers.add(worker);
    return {
      close: async () => {
        this.workers.delete(worker);
        await this.end(worker);
      },
    };
  }

  backlog(queue: string): Promise<number> {
    return this.queueOf(queue).getWaitingCount();
  }

  available(): boolean {
    return this.backend.available();
  }

  check(): Promise<void> {
    return this.backend.check();
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => this.end(worker)));
    await Promise.all([...this.queues.values()].map((queue) => this.end(queue)));
    await this.backend.close();
  }

  /** BullMQ closes over its connection. Where there is none, it would wait for one for ever: then it is let go. */
  private async end(part: Pick<Queue, 'close'>): Promise<void> {
    const closing = part.close().catch(() => undefined);
    if (this.available()) await closing;
  }

  private job(hint: Hint): { name: string; data: object; opts: object } {
    const delay = Math.max(0, hint.dueAt - this.now());
    // The name alone is carried, so that there is nothing in a job that could ever be out of date.
    return { name: hint.id, data: {}, opts: { jobId: hint.token, ...(delay > 0 && { delay }) } };
  }

  private queueOf(name: string): Send {
    let queue = this.queues.get(name);
    if (queue === undefined) {
      queue = this.backend.queue(name);
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
    }
    return queue;
  }
}

const JOB_OPTIONS = { removeOnComplete: true, removeOnFail: true };

function redisBackend(config: RedisConfig, prefix: string): Backend {
  const shared = connectRedis(config);
  const connection = shared as ConnectionOptions;
  return {
    queue: (name) => new Queue(name, { connection, prefix, defaultJobOptions: JOB_OPTIONS }),
    worker: (name, concurrency, handle) =>
      new Worker(name, handle, { connection, prefix, concurrency, ...WORKER_OPTIONS }),
    available: () => shared.status === 'ready',
    check: async () => {
      if (shared.status !== 'ready') throw new Error(`Redis is ${shared.status}`);
      await shared.ping();
    },
    close: async () => {
      shared.disconnect();
    },
  };
}

function postgresBackend(url: string, prefix: string): Backend {
  const Classes = withBackend(createPostgresBackend);
  const connection = { connectionString: url, max: 4, migrate: true };
  const probe = new Classes.Queue('probe', { connection, prefix });
  probe.on('error', () => undefined);
  return {
    queue: (name) =>
      new Classes.Queue(name, { connection, prefix, defaultJobOptions: JOB_OPTIONS }) as unknown as Send,
    worker: (name, concurrency, handle) =>
      new Classes.Worker(name, handle as never, {
        connection,
        prefix,
        concurrency,
        ...WORKER_OPTIONS,
      }) as unknown as Work,
    available: () => true,
    check: async () => {
      await probe.waitUntilReady();
    },
    close: () => probe.close(),
  };
}
