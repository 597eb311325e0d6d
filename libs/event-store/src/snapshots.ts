import type pg from 'pg';

export interface Snapshot<State> {
  version: number;
  state: State;
}

/**
 * Folded states, kept to start from. Disposable: a snapshot that another version of the fold wrote is ignored, and
 * deleting them all only costs time.
 */
export class SnapshotStore {
  constructor(private readonly pool: pg.Pool) {}

  async load<State>(stream: string, foldHash: string): Promise<Snapshot<State> | undefined> {
    const { rows } = await this.pool.query<Snapshot<State>>({
      name: 'es-snapshot-load',
      text: 'select version, state from es.snapshot where stream_id = $1 and fold_hash = $2',
      values: [stream, foldHash],
    });
    return rows[0];
  }

  /** Keeps the newest: an older snapshot that arrives late changes nothing. */
  async save(stream: string, foldHash: string, snapshot: Snapshot<unknown>): Promise<void> {
    await this.pool.query(
      `insert into es.snapshot (stream_id, version, fold_hash, state) values ($1, $2, $3, $4)
       on conflict (stream_id) do update
       set version = excluded.version, fold_hash = excluded.fold_hash, state = excluded.state
       where es.snapshot.version < excluded.version or es.snapshot.fold_hash <> excluded.fold_hash`,
      [stream, snapshot.version, foldHash, JSON.stringify(snapshot.state)],
    );
  }
}
