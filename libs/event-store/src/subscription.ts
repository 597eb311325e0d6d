import type pg from 'pg';
import { type Position, type RecordedEvent, START } from './event.js';
import type { EventStore } from './event-store.js';

export interface SubscriptionOptions {
  /** Names the checkpoint. Replicas with the same name share the work; each event is handled once. */
  name: string;
  /** Only streams whose id begins with this. */
  streamPrefix?: string;
  /** Events per transaction. Default 500. */
  batchSize?: number;
  /**
   * Handles events in commit order. What it writes through `connection` commits together with the checkpoint, so that
   * a crash in between neither loses nor doubles an event.
   */
  handle(events: RecordedEvent[], connection: pg.PoolClient): Promise<void>;
}

/** Follows all streams from a stored checkpoint. */
export class Subscription {
  constructor(
    private readonly store: EventStore,
    private readonly options: SubscriptionOptions,
  ) {}

  /**
   * Handles one batch. Returns how many events it held, or undefined when another replica is at it now.
   */
  async step(): Promise<number | undefined> {
    const { name, streamPrefix, batchSize = 500, handle } = this.options;
    return this.store.transaction(async (connection) => {
      const from = await lockCheckpoint(connection, name);
      if (from === undefined) return undefined;
      const events = await this.store.readAll({ after: from, limit: batchSize, streamPrefix }, connection);
      const last = events.at(-1);
      if (last === undefined) return 0;
      await handle(events, connection);
      await connection.query('update es.checkpoint set xid = $2::xid8, seq = $3 where name = $1', [
        name,
        last.position.xid,
        last.position.seq,
      ]);
      return events.length;
    });
  }

  /**
   * Follows until the signal aborts. `idle` is awaited when there is nothing to do, and should settle when something
   * may have been appended, at the latest after a second or so.
   */
  async run(signal: AbortSignal, idle: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      const handled = await this.step();
      if (handled === undefined || handled === 0) await idle(signal);
    }
  }
}

async function lockCheckpoint(connection: pg.PoolClient, name: string): Promise<Position | undefined> {
  await connection.query(
    'insert into es.checkpoint (name, xid, seq) values ($1, $2::xid8, $3) on conflict (name) do nothing',
    [name, START.xid, START.seq],
  );
  const { rows } = await connection.query<Position>(
    'select xid::text, seq::text from es.checkpoint where name = $1 for update skip locked',
    [name],
  );
  return rows[0];
}
