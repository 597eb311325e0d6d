import {
  type AppendRequest,
  type AppendResult,
  type EventStore,
  type Queryable,
  type WorkItemHint,
  WorkItems,
} from '@gennaker/event-store';
import { type Clock, ConflictError } from '@gennaker/kernel';
import type { HintQueue, LiveBus } from '@gennaker/messaging';
import { faultPoint } from './fault-point.js';

/** The work item that asks has been closed: nobody wants its result any more. */
export class WorkClosedError extends ConflictError {
  constructor(workItemId: string) {
    super('work.closed', `work item ${workItemId} is closed: what it asks for is not wanted any more`);
  }
}

/**
 * Appends, and tells the world after the commit: queues of the items that are due, viewers of the stream's growth.
 * Telling may fail or be cut off by a crash; the relay and the viewers' own look make up for it.
 */
export class Journal {
  constructor(
    readonly store: EventStore,
    readonly items: WorkItems,
    private readonly hints: HintQueue,
    readonly live: LiveBus,
    private readonly clock: Clock,
  ) {}

  /** See {@link EventStore.append}. */
  async append(request: AppendRequest & { application?: string }): Promise<Appended> {
    faultPoint('journal.before-append');
    const { version, hints, refused } = await this.store.append(request);
    faultPoint('journal.after-append');
    this.tell(request.stream, version, hints, request.application);
    return { version, refused };
  }

  /** Appends inside a transaction; call the returned function after its commit. */
  async appendWithin(
    request: AppendRequest & { application?: string },
    connection: Queryable,
  ): Promise<Appended & { tell: () => void }> {
    const { version, hints, refused } = await this.store.append(request, connection);
    return { version, refused, tell: () => this.tell(request.stream, version, hints, request.application) };
  }

  /**
   * Appends to the stream of something that a work item asks for, but only while that item is open. Whoever closes the
   * item, because nobody wants its result any more, either finds in being what it asked for, or it never will be.
   *
   * @throws WorkClosedError
   */
  async appendWhileOpen(
    request: AppendRequest & { application?: string },
    workItemId: string,
  ): Promise<Appended> {
    faultPoint('journal.before-append');
    const { tell, ...appended } = await this.store.transaction(async (connection) => {
      const { rowCount } = await connection.query('select from es.work_item where id = $1 for share', [
        workItemId,
      ]);
      if (rowCount === 0) throw new WorkClosedError(workItemId);
      return this.appendWithin(request, connection);
    });
    faultPoint('journal.after-append');
    tell();
    return appended;
  }

  /** Makes work items due now, wherever they are handled. */
  async wake(ids: string[]): Promise<void> {
    if (ids.length > 0) this.send(await this.items.wake(ids, this.clock.now()));
  }

  /**
   * Hints everything that is due and that nobody holds, the longest due first: what has been held back goes on in the
   * order in which it would have.
   */
  async hintDue(queues: readonly string[]): Promise<void> {
    const now = this.clock.now();
    const query = { queues: [...queues], now, before: now, hintedBefore: now - 1, limit: HINT_BATCH };
    for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
      const hints = await this.items.takeUnhinted(query);
      this.send(hints.map((hint) => ({ ...hint, token: `${hint.token}-${now}` })));
      if (hints.length < HINT_BATCH) return;
    }
  }

  private tell(stream: string, version: number, hints: WorkItemHint[], application?: string): void {
    this.live.publish({ stream, version, ...(application !== undefined && { application }) });
    this.send(hints);
  }

  /** Items due beyond the relay's horizon are left to the relay, so that a queue holds only what is near. */
  private send(hints: WorkItemHint[]): void {
    const soon = this.clock.now() + HINT_HORIZON_MS;
    const near = hints.filter((hint) => hint.dueAt <= soon);
    if (near.length > 0) void this.hints.send(near).catch(() => undefined);
  }
}

const HINT_BATCH = 1_000;
/** Beyond these the relay goes on, in the same order. */
const MOST_BATCHES = 20;

export type Appended = Pick<AppendResult, 'version' | 'refused'>;

/** Hints are queued at most so many milliseconds before their item is due. */
export const HINT_HORIZON_MS = 5_000;
