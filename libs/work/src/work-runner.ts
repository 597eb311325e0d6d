import type { NewWorkItem, WorkItem, WorkItems } from '@gennaker/event-store';
import { type Clock, GennakerError } from '@gennaker/kernel';
import type { HintConsumer, HintQueue } from '@gennaker/messaging';
import { faultPoint } from './fault-point.js';

/** What a handler made of its item. */
export type WorkOutcome =
  /** The append that recorded its result closed it; `next` are items that append kept for this worker. */
  | { done: true; next?: WorkItem[] }
  /** Not finished: run it again at this time (milliseconds since the Unix epoch), or as soon as it is woken. */
  | { retryAt: number }
  /** An append has rescheduled it already. */
  | { rescheduled: true };

export interface WorkContext {
  /** Aborts when the lease is lost or the service stops: end quickly, write nothing more. */
  signal: AbortSignal;
  /** The claim to put on one item that the handler's append opens, to carry on with it here. */
  claim: NonNullable<NewWorkItem['claim']>;
}

export interface WorkHandler {
  queue: string;
  kind: string;
  handle(item: WorkItem, context: WorkContext): Promise<WorkOutcome>;
}

export interface WorkRunnerOptions {
  queue: string;
  /** Names this worker in claims, unique among all processes. */
  worker: string;
  /** Items at a time. Default 50. */
  concurrency?: number;
  /** Milliseconds that a claim lasts; renewed while the item runs. Default 15,000. */
  leaseMs?: number;
  onError?: (error: unknown, item: WorkItem) => void;
}

/** Two handlers claim one kind of work, or none does. Named at start, so that it cannot wait to be met. */
export class HandlerMismatchError extends GennakerError {
  constructor(message: string) {
    super('work.handler_mismatch', message);
  }
}

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 60_000;
const CHECKED_AFTER_MS = 100;

interface Running {
  item: WorkItem;
  /** When it began, in milliseconds since the Unix epoch. */
  since: number;
  abort: AbortController;
}

/** Claims the work items of one queue as hints come in, and runs them. */
export class WorkRunner {
  private readonly handlers = new Map<string, WorkHandler>();
  private readonly running = new Map<string, Running>();
  private readonly checking = new Set<string>();
  private readonly worker: string;
  private readonly leaseMs: number;
  private consumer: HintConsumer | undefined;
  private renewal: NodeJS.Timeout | undefined;
  private stopping = false;

  /** @param kinds every kind of work that may come over the queue: exactly one handler for each */
  constructor(
    private readonly items: WorkItems,
    private readonly hints: HintQueue,
    private readonly clock: Clock,
    private readonly options: WorkRunnerOptions,
    registration: { kinds: readonly string[]; handlers: WorkHandler[] },
  ) {
    this.worker = options.worker;
    this.leaseMs = options.leaseMs ?? 15_000;
    this.register(registration.kinds, registration.handlers);
  }

  start(): void {
    if (this.consumer !== undefined) return;
    this.consumer = this.hints.consume(this.options.queue, this.options.concurrency ?? 50, (id) =>
      this.take(id),
    );
    this.renewal = setInterval(() => void this.renew(), this.leaseMs / 3);
  }

  /** Takes no more work and waits for what runs, at most `graceMs`; then gives back what is left. */
  async stop(graceMs = 10_000): Promise<void> {
    this.stopping = true;
    const closing = this.consumer?.close() ?? Promise.resolve();
    const timer = setTimeout(() => {
      for (const { abort } of this.running.values()) abort.abort(new Error('the service is stopping'));
    }, graceMs);
    await closing;
    clearTimeout(timer);
    clearInterval(this.renewal);
  }

  /** Ids of the items that run here now. */
  inFlight(): string[] {
    return [...this.running.keys()];
  }

  /** Claims and runs one item, and what follows from it. A hint that is late, doubled or stale does nothing. */
  async take(id: string): Promise<void> {
    if (this.stopping || this.running.has(id)) return;
    const item = await this.items.claim(id, this.worker, this.clock.now(), this.leaseMs);
    if (item !== undefined) await this.runAll(item);
  }

  /** Runs an item that this worker holds already, and the items that its append keeps for this worker. */
  private async runAll(first: WorkItem): Promise<void> {
    const queue = [first];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const next = await this.run(item);
      queue.push(...next);
      if (this.stopping) {
        await Promise.all(queue.splice(0).map((kept) => this.items.release(kept, kept.dueAt)));
      }
    }
  }

  private async run(item: WorkItem): Promise<WorkItem[]> {
    const abort = new AbortController();
    this.running.set(item.id, { item, abort, since: this.clock.now() });
    faultPoint('work.claimed');
    try {
      const outcome = await this.handlerOf(item).handle(item, {
        signal: abort.signal,
        claim: { by: this.worker, leaseMs: this.leaseMs },
      });
      faultPoint('work.handled');
      if ('done' in outcome) return outcome.next ?? [];
      if ('retryAt' in outcome) await this.items.reschedule(item, outcome.retryAt, this.clock.now());
      return [];
    } catch (error) {
      // Nobody waits for the result of an item that was taken from us.
      if (!abort.signal.aborted || this.stopping) await this.fail(item, error);
      return [];
    } finally {
      this.running.delete(item.id);
    }
  }

  private async fail(item: WorkItem, error: unknown): Promise<void> {
    faultPoint('work.failed');
    this.options.onError?.(error, item);
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(item.attempts, 20), LONGEST_BACKOFF_MS);
    // When even this fails the lease runs out, and the relay finds the item again.
    await this.items.release(item, this.clock.now() + backoff).catch(() => undefined);
  }

  /**
   * Looks whether the items of a stream that run here are still ours, and stops those that are not: whoever cancels a
   * task closes its item. Items that have only just begun are left to end by themselves.
   */
  check(streamId: string): void {
    if (this.checking.has(streamId)) return;
    const before = this.clock.now() - CHECKED_AFTER_MS;
    const held = [...this.running.values()].filter(
      ({ item, since }) => item.streamId === streamId && since <= before,
    );
    if (held.length === 0) return;
    this.checking.add(streamId);
    void this.keep(held).finally(() => this.checking.delete(streamId));
  }

  private renew(): Promise<void> {
    return this.keep([...this.running.values()]);
  }

  /** Renews the claims of items, and stops those that are no longer ours. */
  private async keep(held: Running[]): Promise<void> {
    if (held.length === 0) return;
    try {
      const claims = held.map(({ item }) => ({ id: item.id, epoch: item.epoch }));
      const kept = await this.items.renew(claims, this.leaseMs);
      for (const { item, abort } of held) {
        if (!kept.has(item.id)) abort.abort(new Error('the claim was lost'));
      }
    } catch (error) {
      for (const { item } of held) this.options.onError?.(error, item);
    }
  }

  private handlerOf(item: WorkItem): WorkHandler {
    const handler = this.handlers.get(item.kind);
    if (handler === undefined) throw new HandlerMismatchError(`no handler for work of kind ${item.kind}`);
    return handler;
  }

  private register(kinds: readonly string[], handlers: WorkHandler[]): void {
    const { queue } = this.options;
    for (const handler of handlers) {
      if (handler.queue !== queue) continue;
      const other = this.handlers.get(handler.kind);
      if (other !== undefined) {
        throw new HandlerMismatchError(
          `work of kind ${handler.kind} on queue ${queue} is handled twice: by ${nameOf(other)} and ${nameOf(handler)}`,
        );
      }
      if (!kinds.includes(handler.kind)) {
        throw new HandlerMismatchError(
          `${nameOf(handler)} handles ${handler.kind}, which queue ${queue} does not list`,
        );
      }
      this.handlers.set(handler.kind, handler);
    }
    const missing = kinds.filter((kind) => !this.handlers.has(kind));
    if (missing.length > 0) {
      throw new HandlerMismatchError(`work of kind ${missing.join(', ')} on queue ${queue} has no handler`);
    }
  }
}

function nameOf(handler: WorkHandler): string {
  return handler.constructor.name;
}
