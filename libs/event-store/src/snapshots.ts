import type pg from 'pg';

export interface Snapshot<State> {
  version: number;
  state: State;
}

interface Waiting extends Snapshot<unknown> {
  foldHash: string;
}

/** Snapshots wait so long, in milliseconds, for others to be written with. */
const GATHER_MS = 100;
/** So many are written at once: they are turned into text together, and nothing else runs meanwhile. */
const BATCH = 32;

/**
 * Folded states, kept to start from. Disposable: a snapshot that another version of the fold wrote is ignored, and
 * deleting them all only costs time. For the same reason they are written behind the events, several with one
 * statement, and those that were not written when a process dies are not missed.
 */
export class SnapshotStore {
  private readonly waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly pool: pg.Pool) {}

  /** The newest that is stored; one that still waits to be written is not found. */
  async load<State>(stream: string, foldHash: string): Promise<Snapshot<State> | undefined> {
    const { rows } = await this.pool.query<Snapshot<State>>({
      name: 'es-snapshot-load',
      text: 'select version, state from es.snapshot where stream_id = $1 and fold_hash = $2',
      values: [stream, foldHash],
    });
    return rows[0];
  }

  /** Writes the snapshot soon, unless a newer one is stored. Where writing fails it is not kept. */
  keep(stream: string, foldHash: string, snapshot: Snapshot<unknown>): void {
    this.waiting.set(stream, { ...snapshot, foldHash });
    if (this.waiting.size >= BATCH) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), GATHER_MS).unref();
  }

  /** Resolves when all that wait have been written. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = [...this.waiting].sort(([a], [b]) => (a < b ? -1 : 1));
    this.waiting.clear();
    if (batch.length > 0) this.writing = this.writing.then(() => this.write(batch)).catch(() => undefined);
    return this.writing;
  }

  /** The rows in one order, whoever writes: two processes must not wait for each other. */
  private async write(batch: [string, Waiting][]): Promise<void> {
    const rows = batch.map(([stream, { version, foldHash, state }]) => ({
      stream_id: stream,
      version,
      fold_hash: foldHash,
      state,
    }));
    await this.pool.query({
      name: 'es-snapshot-keep',
      text: `insert into es.snapshot (stream_id, version, fold_hash, state)
       select * from json_to_recordset($1) as kept (stream_id text, version int, fold_hash text, state json)
       on conflict (stream_id) do update
       set version = excluded.version, fold_hash = excluded.fold_hash, state = excluded.state
       where es.snapshot.version < excluded.version or es.snapshot.fold_hash <> excluded.fold_hash`,
      values: [JSON.stringify(rows)],
    });
  }
}
