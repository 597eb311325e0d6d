import type {
  ChangedResource,
  ResourceKey,
  ResourceRow,
  ResourceStore,
  SweepScope,
} from '@gennaker/inventory';
import { histogram, logger } from '@gennaker/observability';

interface Pending {
  key: ResourceKey;
  row: ResourceRow | undefined;
  gone: Set<string>;
  since: number;
}

export interface ResourceSinkOptions {
  /** Rows per statement. */
  batch: number;
  /** Objects that may wait; whoever brings more has to wait. */
  limit: number;
  onChanged: (changed: ChangedResource[]) => void;
}

const log = logger('inventory');
const RETRY_MS = 500;

/**
 * Carries what watches see into Postgres. An idle sink writes at once; while a statement is under way, what comes in is
 * gathered, only the newest state of each object, and goes out together: the batch size finds itself.
 */
export class ResourceSink {
  private pending = new Map<string, Pending>();
  private flushing: Promise<void> | undefined;
  private stopped = false;
  private room: (() => void)[] = [];
  private readonly lag = histogram({
    name: 'gennaker_inventory_commit_seconds',
    help: 'From receiving a change of a cluster to its commit',
  });

  constructor(
    private readonly store: ResourceStore,
    private readonly options: ResourceSinkOptions,
  ) {}

  /** Resolves at once, or when there is room again. */
  async put(row: ResourceRow): Promise<void> {
    this.entry(row).row = row;
    await this.added();
  }

  async remove(key: ResourceKey & { uid: string }): Promise<void> {
    const entry = this.entry(key);
    entry.row = undefined;
    entry.gone.add(key.uid);
    await this.added();
  }

  /** Writes rows of a list, after everything that came before. */
  async putListed(rows: ResourceRow[]): Promise<void> {
    await this.drain();
    this.options.onChanged(await this.store.upsert(rows, true));
  }

  async sweep(scope: SweepScope): Promise<void> {
    await this.drain();
    this.options.onChanged(await this.store.sweep(scope));
  }

  /** Resolves when all that has come in so far is written. */
  async drain(): Promise<void> {
    while (!this.stopped && (this.pending.size > 0 || this.flushing !== undefined)) {
      await (this.flushing ?? this.start());
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.flushing;
    this.release();
  }

  private entry(key: ResourceKey): Pending {
    const id = JSON.stringify([key.account, key.api_group, key.kind, key.namespace, key.name]);
    let entry = this.pending.get(id);
    if (entry === undefined) {
      const { account, api_group, kind, namespace, name } = key;
      entry = {
        key: { account, api_group, kind, namespace, name },
        row: undefined,
        gone: new Set(),
        since: performance.now(),
      };
      this.pending.set(id, entry);
    }
    return entry;
  }

  private async added(): Promise<void> {
    if (this.flushing === undefined) void this.start();
    if (this.pending.size < this.options.limit || this.stopped) return;
    await new Promise<void>((resolve) => this.room.push(resolve));
  }

  private start(): Promise<void> {
    this.flushing = this.flush().finally(() => {
      this.flushing = undefined;
    });
    return this.flushing;
  }

  private async flush(): Promise<void> {
    // One turn of the event loop, so that a burst that is being read right now goes out in one statement.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.pending.size > 0 && !this.stopped) {
      const batch = this.take();
      await this.write(batch);
      this.release();
      const now = performance.now();
      for (const entry of batch) this.lag.observe((now - entry.since) / 1000);
    }
  }

  private take(): Pending[] {
    const batch: Pending[] = [];
    for (const [id, entry] of this.pending) {
      if (batch.length >= this.options.batch) break;
      batch.push(entry);
      this.pending.delete(id);
    }
    return batch;
  }

  private async write(batch: Pending[]): Promise<void> {
    const gone = batch.flatMap(({ key, gone }) => [...gone].map((uid) => ({ ...key, uid })));
    const rows = batch.flatMap(({ row }) => (row === undefined ? [] : [row]));
    for (;;) {
      try {
        const deleted = await this.store.delete(gone);
        const written = await this.store.upsert(rows);
        this.options.onChanged([...deleted, ...written]);
        return;
      } catch (error) {
        if (unusable(error)) return this.writeOneByOne(batch, error);
        // Nothing may be dropped: the watch will not tell it again. While Postgres is away the clusters have to wait.
        log.error('cannot write the inventory', { error, rows: rows.length });
        if (this.stopped) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }

  /** One object that Postgres cannot hold must not keep the others out. */
  private async writeOneByOne(batch: Pending[], error: unknown): Promise<void> {
    if (batch.length > 1) {
      for (const entry of batch) await this.write([entry]);
      return;
    }
    log.error('an object cannot be stored and is left out', { error, ...batch[0]?.key });
  }

  private release(): void {
    if (this.pending.size >= this.options.limit && !this.stopped) return;
    const waiting = this.room;
    this.room = [];
    for (const resolve of waiting) resolve();
  }
}

/** A data exception or an exceeded limit of Postgres: the same statement will fail again. */
function unusable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('22') || code.startsWith('54');
}
