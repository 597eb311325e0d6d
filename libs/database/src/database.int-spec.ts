import { createTestDatabase, type TestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { connectDatabase, type Database } from './database.js';
import { migrate, NewerSchemaError } from './migrate.js';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  database = await connectDatabase({ url: test.url, name: 'test' });
});

afterAll(async () => {
  await database.close();
  await test.drop();
});

class First1764000000001 implements MigrationInterface {
  readonly name = 'First1764000000001';
  up = async (runner: QueryRunner): Promise<void> =>
    void (await runner.query('create table m.first (id int)'));
  down = async (): Promise<void> => undefined;
}

class Second1764000000002 implements MigrationInterface {
  readonly name = 'Second1764000000002';
  up = async (runner: QueryRunner): Promise<void> =>
    void (await runner.query('create table m.second (id int)'));
  down = async (): Promise<void> => undefined;
}

describe('a connection that Postgres ends while it is in use', () => {
  it('fails its next query, and nothing else', async () => {
    const client = await database.pool.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
    // Nobody asks anything of the connection and nobody listens to it: that it has ended is an event of its own.
    const closed = (client as unknown as { connection: { stream: { destroyed: boolean } } }).connection
      .stream;
    await expect.poll(() => closed.destroyed).toBe(true);
    await expect(client.query('select 1')).rejects.toThrow();
    client.release(true);
    expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('migrations', () => {
  it('run once each, however many services start at the same time', async () => {
    const set = { schema: 'm', migrations: [First1764000000001, Second1764000000002] };
    await Promise.all([migrate(test.url, [set]), migrate(test.url, [set]), migrate(test.url, [set])]);
    const { rows } = await database.pool.query('select name from m.migration order by id');
    expect(rows).toEqual([{ name: 'First1764000000001' }, { name: 'Second1764000000002' }]);
  });

  it('refuse a database that a newer version has migrated, and name what they do not know', async () => {
    const older = migrate(test.url, [{ schema: 'm', migrations: [First1764000000001] }]);
    await expect(older).rejects.toBeInstanceOf(NewerSchemaError);
    await expect(older).rejects.toThrow(/"m".*Second1764000000002/);
  });
});
