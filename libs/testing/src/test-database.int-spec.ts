import pg from 'pg';
import { expect, it } from 'vitest';
import { createTestDatabase } from './test-database.js';
import { testServers } from './test-servers.config.js';

async function query(url: string, text: string, values: string[] = []): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

it('gives two callers databases that do not see each other', async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await query(one.url, 'create table only_here (id int)');
  await expect(query(two.url, 'select * from only_here')).rejects.toThrow('does not exist');
  await Promise.all([one.drop(), two.drop()]);
});

it('drops a database although somebody is still connected to it', async () => {
  const database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  await database.drop();
  const name = new URL(database.url).pathname.slice(1);
  const rows = await query(testServers().databaseUrl, 'select from pg_database where datname = $1', [name]);
  expect(rows).toHaveLength(0);
  await client.end().catch(() => undefined);
});
