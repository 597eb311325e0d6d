import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { testServers } from './test-servers.config.js';

export interface TestDatabase {
  url: string;
  /** Removes it, along with whoever is still connected. */
  drop(): Promise<void>;
}

/** A new, empty database on the run's Postgres, for one test file: files run side by side and must not see each other. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = testServers().databaseUrl;
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(server, `drop database if exists ${name} with (force)`) };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
