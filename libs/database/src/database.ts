import type pg from 'pg';
import { DataSource } from 'typeorm';

export interface DatabaseConfig {
  /** `postgres://user:password@host:port/database`. */
  url: string;
  /** Names the data source and the connections in `pg_stat_activity`. */
  name: string;
  /** Most connections that this process opens; callers beyond that wait for one. */
  poolSize?: number;
  /** Milliseconds that a statement may run before Postgres ends it. 0 turns the limit off. */
  statementTimeoutMs?: number;
  ssl?: boolean | { rejectUnauthorized: boolean; ca?: string };
}

/** One connection pool of a process, seen two ways: plain `pg` for hot paths, TypeORM for the rest. */
export interface Database {
  readonly pool: pg.Pool;
  readonly dataSource: DataSource;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Opens the pool. Rejects when no connection can be had within ten seconds, so that a service says at start what is
 * wrong.
 */
export async function connectDatabase(config: DatabaseConfig): Promise<Database> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: config.url,
    applicationName: `gennaker-${config.name}`,
    poolSize: config.poolSize ?? 10,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    ssl: config.ssl ?? false,
    synchronize: false,
    logging: false,
    // No `uuid-ossp` or other extension is wanted of a managed Postgres.
    installExtensions: false,
    extra: {
      statement_timeout: config.statementTimeoutMs ?? 60_000,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
    },
  });
  await dataSource.initialize();
  const pool = (dataSource.driver as unknown as { master: pg.Pool }).master;
  // A connection that Postgres ends between two statements of a transaction says so as an event, which would end the
  // process if nobody listened; the next statement fails in any case.
  const heard = new WeakSet<object>();
  pool.on('acquire', (client) => {
    if (heard.has(client)) return;
    heard.add(client);
    client.on('error', () => undefined);
  });
  return { pool, dataSource, close: () => dataSource.destroy() };
}
