import type { NewWorkItem, WorkItem, WorkItems } from '@gennaker/event-store';
import { type Clock, GennakerError } from '@gennaker/kernel';
import type { HintConsumer, HintQueue } from '@gennaker/messaging';
import { faultPoint } from './fault-point.js';
import { Slots } from './slots.js';
import { Turns } from './turns.js';

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
const DEFAULT_CONCURRENCY = 50;
/** A hint that finds no room looks so often, in milliseconds, whether some application has no room at all. */
const NEGLECT_MS = 250;

interface Running {
  item: WorkItem;
  /** When it began, in milliseconds since the Unix epoch. */
  since: number;
  abort: AbortController;
}

/**
 * Claims the work items of one queue as hints come in, and runs them. While there is more work than room the
 * applications take turns, see {@link Turns}; a tenth more room is kept for those of which nothing runs here.
 */
export class WorkRunner {
  private readonly handlers = new Map<string, WorkHandler>();
  private readonly running = new Map<string, Running>();
  /** Items that are being claimed or that this worker holds; true when a hint has come for one meanwhile. */
  private readonly held = new Map<string, boolean>();
  private readonly slots: Slots;
  private readonly turns: Turns;
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
    this.slots = new Slots(options.concurrency ?? DEFAULT_CONCURRENCY);
    this.turns = new Turns(items, clock, options.queue);
    this.register(registration.kinds, registration.handlers);
  }

  start(): void {
    if (this.consumer !== undefined) return;
    const { queue, concurrency = DEFAULT_CONCURRENCY } = this.options;
    // More hints than room, so that it shows when there is more work than room.
    const hints = concurrency + Math.ceil(concurrency / 10);
    this.consumer = this.hints.consume(queue, hints, (id) => this.take(id));
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
    if (this.isHeld(id)) return;
    await this.waitForRoom();
    try {
      if (this.slots.contended) await this.othersFirst(id);
      await this.claimAndRun(id);
    } finally {
      this.slots.release();
    }
  }

  /** What an item that is held here is hinted for happens after its run: it may have been put back already. */
  private isHeld(id: string): boolean {
    if (!this.held.has(id)) return false;
    this.held.set(id, true);
    return true;
  }

  /** Runs, in the meantime, work of applications of which nothing runs here, beyond what there is room for. */
  private async waitForRoom(): Promise<void> {
    let room = false;
    const waiting = this.slots.acquire().then(() => {
      room = true;
    });
    for (;;) {
      await Promise.race([waiting, pause(NEGLECT_MS)]);
      if (room) return;
      const id = this.stopping ? undefined : await this.turns.neglected(this.shares());
      if (id !== undefined) await this.claimAndRun(id);
    }
  }

  /** Runs the work whose turn it is, until it is that of `id` or there is room for all. */
  private async othersFirst(id: string): Promise<void> {
    while (this.slots.contended && !this.stopping) {
      const next = await this.turns.next(this.shares());
      if (next === undefined || next === id) return;
      await this.claimAndRun(next);
    }
  }

  private shares(): Map<string, number> {
    const shares = new Map<string, number>();
    for (const { item } of this.running.values()) {
      const { application = '' } = item;
      shares.set(application, (shares.get(application) ?? 0) + 1);
    }
    return shares;
  }

  private async claimAndRun(id: string): Promise<void> {
    if (this.stopping || this.isHeld(id)) return;
    const queue = await this.claim(id);
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      queue.push(...(await this.runHeld(item)));
      if (this.stopping) await this.giveBack(queue.splice(0));
    }
  }

  /** Claims an item, again if a hint comes meanwhile: it may have become due just after the look. */
  private async claim(id: string): Promise<WorkItem[]> {
    let item: WorkItem | undefined;
    let hinted = true;
    try {
      while (item === undefined && hinted) {
        this.held.set(id, false);
        item = await this.items.claim(id, this.worker, this.clock.now(), this.leaseMs);
        hinted = this.held.get(id) === true;
      }
    } finally {
      if (item === undefined) this.held.delete(id);
    }
    return item === undefined ? [] : [item];
  }

  private async giveBack(kept: WorkItem[]): Promise<void> {
    for (const { id } of kept) this.held.delete(id);
    await Promise.all(kept.map((item) => this.items.release(item, item.dueAt)));
  }

  /** Runs an item that this worker holds already. Returns the items to carry on with, which it holds as well. */
  private async runHeld(item: WorkItem): Promise<WorkItem[]> {
    const { next, again } = await this.run(item);
    const hinted = this.held.get(item.id) === true;
    this.held.delete(item.id);
    for (const { id } of next) this.held.set(id, false);
    if (this.stopping || !(again || hinted)) return next;
    // Where this fails the relay finds the item: what is held already must not be lost for it.
    const woken = await this.claim(item.id).catch(() => []);
    return [...next, ...woken];
  }

  private async run(item: WorkItem): Promise<{ next: WorkItem[]; again: boolean }> {
    const abort = new AbortController();
    this.running.set(item.id, { item, abort, since: this.clock.now() });
    faultPoint('work.claimed');
    try {
      const outcome = await this.handlerOf(item).handle(item, {
        signal: abort.signal,
        claim: { by: this.worker, leaseMs: this.leaseMs },
      });
      faultPoint('work.handled');
      if ('done' in outcome) return { next: outcome.next ?? [], again: false };
      const again =
        'retryAt' in outcome && (await this.items.reschedule(item, outcome.retryAt, this.clock.now()));
      return { next: [], again };
    } catch (error) {
      // Nobody waits for the result of an item that was taken from us.
      if (!abort.signal.aborted || this.stopping) await this.fail(item, error);
      return { next: [], again: false };
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
