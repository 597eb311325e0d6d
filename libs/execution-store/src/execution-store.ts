import {
  type EventMeta,
  type NewWorkItem,
  type RecordedEvent,
  type SnapshotStore,
  VersionConflictError,
  type WorkItem,
} from '@gennaker/event-store';
import {
  evolve,
  type EventOf,
  type ExecutionEvent,
  type ExecutionState,
  FOLD_VERSION,
  isComplete,
  type Others,
  replay,
  streamOf,
} from '@gennaker/execution';
import { type Clock, ConflictError, type IdGenerator, NotFoundError } from '@gennaker/kernel';
import type { Journal } from '@gennaker/work';
import { othersOf } from './line.js';
import { ExecutionCache } from './execution-cache.js';
import { belongsTo, type Decision, MergedDecision } from './merged-decision.js';
import { type Seal, sealedEvent } from './sealed-event.js';
import { summaryRow } from './summary.js';

export interface Committed {
  state: ExecutionState;
  /** The item that was kept for the caller. */
  claimed?: WorkItem;
}

interface Pending {
  decide: (state: ExecutionState) => Decision;
  meta: EventMeta;
  resolve: (committed: Committed) => void;
  reject: (error: unknown) => void;
}

const SNAPSHOT_EVERY = 200;
const MOST_CONFLICTS = 50;
const DEFAULT_CAPACITY = 2_000;

export interface SubmitOptions {
  /** The work item that asks for the execution: once it is closed, none is recorded. */
  whileOpen?: string;
}

export interface ExecutionStoreOptions {
  /** Executions kept in memory. */
  cacheSize?: number;
  /** Keeps what manifests of Secrets hold out of the events. */
  seal?: Seal;
}

/** Loads executions and commits decisions about them. The one way in which an execution changes. */
export class ExecutionStore {
  private readonly cache: ExecutionCache;
  private readonly pending = new Map<string, Pending[]>();
  private readonly seal: Seal;

  constructor(
    private readonly journal: Journal,
    private readonly snapshots: SnapshotStore,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
    options: ExecutionStoreOptions = {},
  ) {
    this.cache = new ExecutionCache(options.cacheSize ?? DEFAULT_CAPACITY);
    this.seal = options.seal ?? ((value) => value);
  }

  /**
   * Records a new execution and opens the work item that starts it. Throws {@link ConflictError} when there is one
   * with that id already.
   */
  async submit(
    given: EventOf<'ExecutionSubmitted'>,
    meta: EventMeta,
    options: SubmitOptions = {},
  ): Promise<ExecutionState> {
    const event = sealedEvent(correlated(given, meta), given.data.execution.application, this.seal);
    const state = evolve(undefined, event);
    const item: NewWorkItem = {
      id: this.ids.next(),
      queue: 'orca',
      kind: 'settle',
      ...belongsTo(state),
    };
    const request = {
      stream: streamOf(state.id),
      expectedVersion: 0,
      events: [event],
      meta,
      application: state.application,
      workItems: { open: [item] },
      projections: summaryRow(state, [event]),
    };
    try {
      if (options.whileOpen === undefined) await this.journal.append(request);
      else await this.journal.appendWhileOpen(request, options.whileOpen);
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
      throw new ConflictError('execution.exists', `there is an execution ${state.id} already`, {
        cause: error,
      });
    }
    this.cache.put(state);
    return state;
  }

  /** The execution as it is now. Throws {@link NotFoundError}. */
  async load(id: string): Promise<ExecutionState> {
    const state = await this.find(id);
    if (state === undefined)
      throw new NotFoundError('execution.not_found', `No execution found for id ${id}`);
    return state;
  }

  /** The execution as it is now, or undefined. */
  async find(id: string): Promise<ExecutionState | undefined> {
    const known = this.cache.get(id) ?? (await this.fromSnapshot(id));
    const events = await this.journal.store.read(streamOf(id), { after: known?.version ?? 0 });
    const state = replay(events.map(toExecutionEvent), known);
    if (state !== undefined) this.cache.put(state);
    return state;
  }

  /** The execution as this process saw it last, which may be behind: for a worker that commits what it decides. */
  async recall(id: string): Promise<ExecutionState> {
    return this.cache.get(id) ?? this.load(id);
  }

  /** The execution after its event number `version`. Undefined when it had none by then. */
  async at(id: string, version: number): Promise<ExecutionState | undefined> {
    const events = await this.journal.store.read(streamOf(id), { upTo: version });
    return replay(events.map(toExecutionEvent));
  }

  /** The execution as it was at a time (milliseconds since the Unix epoch). */
  async atTime(id: string, time: number): Promise<ExecutionState | undefined> {
    const events = await this.journal.store.read(streamOf(id));
    return replay(events.filter((event) => event.recordedAt <= time).map(toExecutionEvent));
  }

  events(id: string, options: { after?: number; limit?: number } = {}): Promise<RecordedEvent[]> {
    return this.journal.store.read(streamOf(id), options);
  }

  /**
   * Commits a decision: `decide` is called with the current state, again with a newer one whenever somebody else was
   * faster. Decisions of this process about one execution that come at the same time commit together. An empty
   * decision commits nothing.
   */
  transact(
    id: string,
    decide: (state: ExecutionState) => Decision,
    meta: EventMeta = {},
  ): Promise<Committed> {
    return new Promise((resolve, reject) => {
      const queue = this.pending.get(id);
      const entry: Pending = { decide, meta, resolve, reject };
      if (queue !== undefined) {
        queue.push(entry);
        return;
      }
      this.pending.set(id, [entry]);
      void this.drain(id);
    });
  }

  /**
   * Commits a decision under the lock that the executions of one configuration share: `decide` also sees how many of
   * the others run and wait, and nobody else of that configuration decides meanwhile.
   */
  async transactInLine(
    id: string,
    decide: (state: ExecutionState, others: Others) => Decision,
    meta: EventMeta = {},
  ): Promise<Committed> {
    for (let attempt = 0; ; attempt += 1) {
      const state = await this.load(id);
      try {
        return await this.commitInLine(state, decide, meta);
      } catch (error) {
        if (!(error instanceof VersionConflictError) || attempt >= MOST_CONFLICTS) throw error;
      }
    }
  }

  private async commitInLine(
    before: ExecutionState,
    decide: (state: ExecutionState, others: Others) => Decision,
    meta: EventMeta,
  ): Promise<Committed> {
    const { committed, tell } = await this.journal.store.transaction(async (connection) => {
      const others = await othersOf(before, connection);
      const decision = this.sealed(before, decide(before, others));
      const merged = new MergedDecision();
      const { opened, after } = merged.add(before, decision, this.ids);
      if (merged.events.length === 0) return { committed: { state: before }, tell: () => undefined };
      const appended = await this.journal.appendWithin(merged.toRequest(before, after, meta), connection);
      const claimed = merged.claimedOf(opened, after, { now: this.clock.now(), refused: appended.refused });
      return { committed: { state: after, ...(claimed && { claimed }) }, tell: appended.tell };
    });
    tell();
    this.cache.put(committed.state);
    return committed;
  }

  private async drain(id: string): Promise<void> {
    for (;;) {
      const batch = this.pending.get(id)!.splice(0);
      if (batch.length === 0) {
        this.pending.delete(id);
        return;
      }
      await this.commitAll(id, batch);
    }
  }

  private async commitAll(id: string, batch: Pending[]): Promise<void> {
    let waiting = batch;
    for (let attempt = 0; waiting.length > 0; attempt += 1) {
      try {
        const state = attempt === 0 ? await this.recall(id) : await this.load(id);
        waiting = await this.commit(state, waiting);
      } catch (error) {
        if (error instanceof VersionConflictError && attempt < MOST_CONFLICTS) continue;
        for (const { reject } of waiting) reject(error);
        return;
      }
    }
  }

  /** Commits what is decided. Returns the entries that must be decided again, because one of another meta was first. */
  private async commit(before: ExecutionState, batch: Pending[]): Promise<Pending[]> {
    const taken: { entry: Pending; decision: Decision; state: ExecutionState; opened: string[] }[] = [];
    const merged = new MergedDecision();
    let state = before;
    for (const entry of batch) {
      // One append has one cause; those of another wait for the next.
      if (taken.length > 0 && !sameMeta(taken[0]!.entry.meta, entry.meta)) continue;
      try {
        const decision = this.sealed(state, entry.decide(state));
        const { opened, after } = merged.add(state, decision, this.ids);
        state = after;
        taken.push({ entry, decision, state, opened });
      } catch (error) {
        entry.reject(error);
        taken.push({ entry, decision: { events: [] }, state, opened: [] });
      }
    }
    let refused: string[] = [];
    if (merged.events.length > 0) {
      ({ refused } = await this.journal.append(merged.toRequest(before, state, taken[0]!.entry.meta)));
      this.cache.put(state);
      this.keepSnapshot(before, state);
    }
    for (const { entry, opened } of taken) {
      const claimed = merged.claimedOf(opened, state, { now: this.clock.now(), refused });
      entry.resolve({ state, ...(claimed && { claimed }) });
    }
    return batch.filter((entry) => !taken.some((done) => done.entry === entry));
  }

  private sealed({ application }: ExecutionState, decision: Decision): Decision {
    return { ...decision, events: decision.events.map((one) => sealedEvent(one, application, this.seal)) };
  }

  private keepSnapshot(before: ExecutionState, after: ExecutionState): void {
    const milestone =
      Math.floor(before.version / SNAPSHOT_EVERY) !== Math.floor(after.version / SNAPSHOT_EVERY);
    // What has ended is mostly read, and seldom folded further.
    if (!milestone && !(isComplete(after.status) && !isComplete(before.status))) return;
    this.snapshots.keep(streamOf(after.id), FOLD_VERSION, { version: after.version, state: after });
  }

  private async fromSnapshot(id: string): Promise<ExecutionState | undefined> {
    return (await this.snapshots.load<ExecutionState>(streamOf(id), FOLD_VERSION))?.state;
  }
}

/** What the request that an execution comes from is known by stays with it. */
function correlated(
  event: EventOf<'ExecutionSubmitted'>,
  { correlationId }: EventMeta,
): EventOf<'ExecutionSubmitted'> {
  if (correlationId === undefined || event.data.execution.correlationId !== undefined) return event;
  return { ...event, data: { ...event.data, execution: { ...event.data.execution, correlationId } } };
}

function sameMeta(a: EventMeta, b: EventMeta): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** A stored event as the execution model knows it. */
export function toExecutionEvent(event: RecordedEvent): ExecutionEvent {
  return { type: event.type, data: event.data } as ExecutionEvent;
}
