import { connectDatabase, type Database, migrate } from '@gennaker/database';
import { createTestDatabase, type TestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionQueries } from './execution-queries.js';
import type { ExecutionSearch, SearchPlace } from './execution-search.js';
import { orcaMigrations } from './orca-migrations.js';

let test: TestDatabase;
let database: Database;

beforeAll(async () => {
  test = await createTestDatabase();
  await migrate(test.url, [orcaMigrations]);
  database = await connectDatabase({ url: test.url, name: 'test' });
  // Five at a time are of one millisecond. Robots start only what Git tells of, in every third application.
  await database.pool.query(
    `insert into orca.execution (id, type, application, name, status, build_time, username, origin, trigger_type, version)
     select 'x' || lpad(n::text, 4, '0'), case when n % 4 = 0 then 'ORCHESTRATION' else 'PIPELINE' end, 'app-' || n % 6,
            'Deploy ' || (array['web', 'api'])[1 + n % 2], (array['SUCCEEDED', 'TERMINAL', 'RUNNING'])[1 + n % 3], n / 5,
            case when n % 3 = 0 then 'robot' else 'ann' end, 'api', case when n % 3 = 0 then 'git' else 'manual' end, 1
     from generate_series(1, 200) n`,
  );
});

afterAll(async () => {
  await database.close();
  await test.drop();
});

async function pages(queries: ExecutionQueries, search: ExecutionSearch, limit: number) {
  const found: string[][] = [];
  let unfinished = 0;
  let after: SearchPlace | undefined;
  do {
    const page = await queries.search(search, { limit, ...(after && { after }) });
    found.push(page.found.map(({ id }) => id));
    if (page.incomplete) unfinished += 1;
    after = page.next;
  } while (after !== undefined);
  return { found, ids: found.flat(), unfinished };
}

describe('a search that has no time', () => {
  it.each<[string, ExecutionSearch]>([
    ['everything', {}],
    ['an application', { applications: ['app-2'] }],
    ['some applications', { applications: ['app-1', 'app-5'] }],
    ['a user and a trigger that never meet', { user: 'robot', triggerTypes: ['manual'] }],
    ['statuses of a time', { statuses: ['RUNNING', 'TERMINAL'], since: 10, until: 30 }],
    ['a type and words', { type: 'ORCHESTRATION', text: 'deploy ap' }],
    ['words of nothing', { applications: ['app-2'], text: 'mail' }],
  ])('finds %s from page to page, looking through a slice for each', async (_what, search) => {
    const whole = await pages(
      new ExecutionQueries(database.pool, { wholeMs: 10_000, slicesMs: 0, slice: 1 }),
      search,
      7,
    );
    const sliced = await pages(
      new ExecutionQueries(database.pool, { wholeMs: 0, slicesMs: 0, slice: 10 }),
      search,
      7,
    );
    expect(sliced.ids).toEqual(whole.ids);
    expect(whole.unfinished).toBe(0);
    expect(Math.max(...sliced.found.map((page) => page.length))).toBeLessThanOrEqual(7);
  });

  it('says that it is not finished, and comes to an end', async () => {
    const queries = new ExecutionQueries(database.pool, { wholeMs: 0, slicesMs: 0, slice: 10 });
    const { ids, unfinished } = await pages(queries, { user: 'robot', triggerTypes: ['manual'] }, 5);
    expect([ids, unfinished]).toEqual([[], 6]);
  });

  it('fills its page where slices hold enough', async () => {
    const queries = new ExecutionQueries(database.pool, { wholeMs: 0, slicesMs: 10_000, slice: 10 });
    const { found, next, incomplete } = await queries.search({ user: 'ann' }, { limit: 25 });
    expect([found.length, incomplete]).toEqual([25, false]);
    expect(next).toEqual({ buildTime: found.at(-1)!.buildTime, id: found.at(-1)!.id });
  });

  it('is ended by Postgres when it takes longer than it may, and goes on in slices', async () => {
    const locked = await database.pool.connect();
    await locked.query('begin');
    await locked.query('lock table orca.execution in access exclusive mode');
    const queries = new ExecutionQueries(database.pool, { wholeMs: 20, slicesMs: 10_000, slice: 100 });
    const searching = queries.search({ applications: ['app-2'] }, { limit: 5 });
    await expect
      .poll(async () => {
        const { rows } = await database.pool.query<{ count: string }>(
          `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%with slice%'
             and datname = current_database()`,
        );
        return Number(rows[0]?.count);
      })
      .toBe(1);
    await locked.query('commit');
    locked.release();
    expect((await searching).found).toHaveLength(5);
  });
});
