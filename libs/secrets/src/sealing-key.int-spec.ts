import { randomBytes } from 'node:crypto';
import { connectDatabase, type Database, migrate } from '@gennaker/database';
import { createTestDatabase, type TestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSeals, secretsMigrations } from './sealing-key.js';

const secret = { kind: 'Secret', stringData: { password: 'hunter2' } };

describe('the key of an installation’s seals', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await createTestDatabase();
    await migrate(test.url, [secretsMigrations]);
    database = await connectDatabase({ url: test.url, name: 'test' });
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  it('is the same for services that start together, and after a restart', async () => {
    const [one, other] = await Promise.all([openSeals(database.pool, []), openSeals(database.pool, [])]);
    const sealed = one.seal(secret, 'shop');
    expect(other.open(sealed, 'shop')).toEqual(secret);
    expect((await openSeals(database.pool, [])).open(sealed, 'shop')).toEqual(secret);
  });

  it('may be given by the operators later: what was sealed before is opened still', async () => {
    const before = (await openSeals(database.pool, [])).seal(secret, 'shop');
    const key = randomBytes(32).toString('base64');
    const given = await openSeals(database.pool, [key]);
    expect(given.open(before, 'shop')).toEqual(secret);
    const after = given.seal(secret, 'shop');
    expect((await openSeals(database.pool, [key])).open(after, 'shop')).toEqual(secret);
    const without = await openSeals(database.pool, []);
    expect(() => without.open(after, 'shop')).toThrow('not among the configured ones');
  });
});
