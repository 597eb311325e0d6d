import { connectDatabase, type Database, migrate } from '@gennaker/database';
import { SystemClock } from '@gennaker/kernel';
import { createTestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BlobStore,
  EventStore,
  eventStoreMigrations,
  type RecordedEvent,
  SnapshotStore,
  START,
  Subscription,
  VersionConflictError,
  WorkItems,
} from './index.js';

let database: Database;
let store: EventStore;
let items: WorkItems;
let drop: () => Promise<void>;
const clock = new SystemClock();

beforeAll(async () => {
  const test = await createTestDatabase();
  drop = () => test.drop();
  await migrate(test.url, [eventStoreMigrations]);
  database = await connectDatabase({ url: test.url, name: 'test', poolSize: 20 });
  store = new EventStore(database.pool, clock);
  items = new WorkItems(database.pool);
});

afterAll(async () => {
  await database.close();
  await drop();
});

const noted = (n: number) => ({ type: 'Noted', data: { n } });

describe('append', () => {
  it('numbers the events of a stream from 1 and reads them back in order', async () => {
    await store.append({
      stream: 'a',
      expectedVersion: 0,
      events: [noted(1), noted(2)],
      meta: { actor: 'me' },
    });
    await store.append({ stream: 'a', expectedVersion: 2, events: [noted(3)] });
    const events = await store.read('a');
    expect(events.map((e) => [e.version, e.data])).toEqual([
      [1, { n: 1 }],
      [2, { n: 2 }],
      [3, { n: 3 }],
    ]);
    expect(events[0]?.meta).toEqual({ actor: 'me' });
    expect((await store.read('a', { after: 1, limit: 1 })).map((e) => e.version)).toEqual([2]);
  });

  it.each([0, 1, 7])(
    'refuses an expected version of %i for a stream at version 2, and writes nothing',
    async (v) => {
      const stream = `refuses-${v}`;
      await store.append({ stream, expectedVersion: 0, events: [noted(1), noted(2)] });
      const open = [{ id: `${stream}-item`, queue: 'orca', kind: 'k' }];
      const stale = store.append({ stream, expectedVersion: v, events: [noted(9)], workItems: { open } });
      await expect(stale).rejects.toBeInstanceOf(VersionConflictError);
      expect(await store.versionOf(stream)).toBe(2);
      expect(await items.openOf(stream)).toEqual([]);
    },
  );

  it('keeps text that jsonb would refuse or reorder', async () => {
    const data = { z: 'nul \u0000 and \uD83D\uDE00', a: [1e21, -0.5] };
    await store.append({ stream: 'odd', expectedVersion: 0, events: [{ type: 'Odd', data }] });
    const [event] = await store.read('odd');
    expect(JSON.stringify(event?.data)).toBe(JSON.stringify(data));
  });

  it('commits a projection and work items with the events, or none of them', async () => {
    await database.pool.query('create table if not exists seen (stream text primary key, n int)');
    const statement = { text: 'insert into seen (stream, n) values ($1, $2)', values: ['p', 1] };
    const open = [{ id: 'p-1', queue: 'orca', kind: 'k', payload: { x: 1 }, application: 'app' }];
    const result = await store.append({
      stream: 'p',
      expectedVersion: 0,
      events: [noted(1)],
      statements: [statement],
      workItems: { open },
    });
    expect(result.hints.map((h) => h.id)).toEqual(['p-1']);
    const again = store.append({
      stream: 'p',
      expectedVersion: 1,
      events: [noted(2)],
      statements: [statement],
    });
    await expect(again).rejects.toThrow(/seen_pkey/);
    expect(await store.versionOf('p')).toBe(1);
    await store.append({
      stream: 'p',
      expectedVersion: 1,
      events: [noted(2)],
      workItems: { close: ['p-1'] },
    });
    expect(await items.openOf('p')).toEqual([]);
  });
});

describe('appends of many streams at once', () => {
  it('all commit but those that are stale, each with its own version and hints', async () => {
    const streams = Array.from({ length: 100 }, (_, n) => `many-${n}`);
    await Promise.all(
      streams.map((stream, n) =>
        store.append({ stream, expectedVersion: 0, events: n % 2 ? [noted(1)] : [noted(1), noted(2)] }),
      ),
    );
    const results = await Promise.allSettled(
      streams.map((stream) =>
        store.append({
          stream,
          expectedVersion: 1,
          events: [noted(2), noted(3)],
          workItems: { open: [{ id: `${stream}-item`, queue: 'orca', kind: 'k', payload: { stream } }] },
        }),
      ),
    );
    for (const [n, result] of results.entries()) {
      const stream = streams[n]!;
      const open = await items.openOf(stream);
      if (n % 2) {
        expect(result).toMatchObject({ value: { version: 3, hints: [{ id: `${stream}-item` }] } });
        expect(open.map((item) => item.payload)).toEqual([{ stream }]);
      } else {
        expect(result).toMatchObject({ reason: expect.any(VersionConflictError) as unknown });
        expect(open).toEqual([]);
      }
      expect(await store.versionOf(stream)).toBe(n % 2 ? 3 : 2);
    }
  });

  it('write the rows of one projection together', async () => {
    await database.pool.query('create table total (stream text primary key, n int)');
    const text = `insert into total select stream, n from json_populate_recordset(null::total, $1)
                  on conflict (stream) do update set n = excluded.n`;
    const all = (version: number) =>
      Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          store.append({
            stream: `total-${n}`,
            expectedVersion: version,
            events: [noted(n)],
            projections: [{ text, row: { stream: `total-${n}`, n: n + version } }],
          }),
        ),
      );
    await all(0);
    await all(1);
    const { rows } = await database.pool.query(
      'select sum(n)::int as sum, count(*)::int as count from total',
    );
    expect(rows).toEqual([{ sum: (30 * 29) / 2 + 30, count: 30 }]);
  });

  it('wake the items that each of them names, and hint them once', async () => {
    const open = Array.from({ length: 20 }, (_, n) => ({
      id: `sleeper-${n}`,
      queue: 'orca',
      kind: 'k',
      dueAt: 9e15,
    }));
    await store.append({ stream: 'sleepers', expectedVersion: 0, events: [noted(0)], workItems: { open } });
    const results = await Promise.all(
      open.map(({ id }, n) =>
        store.append({
          stream: `alarm-${n}`,
          expectedVersion: 0,
          events: [noted(n)],
          workItems: { wake: [id] },
        }),
      ),
    );
    expect(results.flatMap((result) => result.hints.map((hint) => hint.id))).toEqual(
      open.map(({ id }) => id),
    );
    expect((await items.openOf('sleepers')).every((item) => item.wakes === 1)).toBe(true);
  });
});

describe('subscribers under concurrent writers', () => {
  it('see every event of every stream exactly once, and each stream in order', async () => {
    const writerCount = 16;
    const writers = new Set(Array.from({ length: writerCount }, (_, n) => n));
    const perWriter = 60;
    const seen: RecordedEvent[] = [];
    const subscription = new Subscription(store, {
      name: 'property',
      streamPrefix: 'prop-',
      batchSize: 37,
      handle: async (events) => {
        seen.push(...events);
      },
    });
    const follow = async (): Promise<void> => {
      for (let more = true; more;) {
        const handled = await subscription.step();
        more = writers.size > 0 || handled !== 0;
      }
    };
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < perWriter; n += 1) {
        const stream = `prop-${writer}`;
        if (n % 3 === 0) {
          // A long transaction takes its sequence numbers early and commits late: what a reader by sequence loses.
          await store.transaction(async (connection) => {
            await store.append({ stream, expectedVersion: n, events: [noted(n)] }, connection);
            await connection.query('select pg_sleep(random() * 0.004)');
          });
        } else {
          await store.append({ stream, expectedVersion: n, events: [noted(n)] });
        }
      }
    };
    const followers = [follow(), follow()];
    await Promise.all([...writers].map((writer) => write(writer).finally(() => writers.delete(writer))));
    await Promise.all(followers);
    // Transactions of other databases of the server hold back the end of what may be read.
    while (seen.length < writerCount * perWriter) await subscription.step();

    expect(seen).toHaveLength(writerCount * perWriter);
    expect(new Set(seen.map((e) => `${e.streamId}/${e.version}`)).size).toBe(writerCount * perWriter);
    for (let writer = 0; writer < writerCount; writer += 1) {
      const versions = seen.filter((e) => e.streamId === `prop-${writer}`).map((e) => e.version);
      expect(versions).toEqual(Array.from({ length: perWriter }, (_, n) => n + 1));
    }
  });

  it('go on after the last committed batch when a handler fails', async () => {
    await store.append({ stream: 'fail-1', expectedVersion: 0, events: [noted(1), noted(2), noted(3)] });
    const readable = () => store.readAll({ after: START, limit: 10, streamPrefix: 'fail-' });
    await expect.poll(async () => (await readable()).length, { timeout: 10_000 }).toBe(3);
    let failing = true;
    const seen: number[] = [];
    const subscription = new Subscription(store, {
      name: 'failing',
      streamPrefix: 'fail-',
      batchSize: 2,
      handle: async (events) => {
        if (failing && events.some((e) => e.version === 3)) throw new Error('boom');
        seen.push(...events.map((e) => e.version));
      },
    });
    await subscription.step();
    await expect(subscription.step()).rejects.toThrow('boom');
    failing = false;
    await subscription.step();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('read all events from the start in pages', async () => {
    const first = await store.readAll({ after: START, limit: 5 });
    const second = await store.readAll({ after: first.at(-1)!.position, limit: 5 });
    const ids = [...first, ...second].map((e) => `${e.streamId}/${e.version}`);
    expect(new Set(ids).size).toBe(10);
  });
});

describe('work items', () => {
  const open = (id: string, extra: object = {}) =>
    store.append({
      stream: `w-${id}`,
      expectedVersion: 0,
      events: [noted(1)],
      workItems: { open: [{ id, queue: 'orca', kind: 'k', ...extra }] },
    });

  it('are claimed by one of many', async () => {
    await open('one');
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, n) => items.claim('one', `worker-${n}`, clock.now(), 10_000)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
  });

  it('cannot be claimed before they are due', async () => {
    await open('later', { dueAt: clock.now() + 60_000 });
    expect(await items.claim('later', 'me', clock.now(), 10_000)).toBeUndefined();
    expect(await items.claim('later', 'me', clock.now() + 60_001, 10_000)).toBeDefined();
  });

  it('stay free when a renewal crosses their being put back', async () => {
    await open('crossed');
    const claimed = await items.claim('crossed', 'me', clock.now(), 10_000);
    await items.reschedule(claimed!, clock.now(), clock.now());
    expect((await items.renew([{ id: 'crossed', epoch: claimed!.epoch }], 10_000)).size).toBe(0);
    expect(await items.claim('crossed', 'other', clock.now(), 10_000)).toBeDefined();
  });

  it('pass to another worker when the lease ends, and fence the first one off', async () => {
    await open('lease');
    const first = await items.claim('lease', 'first', clock.now(), 0);
    const second = await items.claim('lease', 'second', clock.now(), 10_000);
    expect(second?.epoch).toBe(2);
    await items.reschedule(first!, clock.now() + 99_000, clock.now());
    expect((await items.renew([{ id: 'lease', epoch: 1 }], 1_000)).size).toBe(0);
    expect((await items.renew([{ id: 'lease', epoch: 2 }], 1_000)).size).toBe(1);
  });

  it('are due at once when they were woken while somebody held them', async () => {
    await open('woken');
    const held = await items.claim('woken', 'me', clock.now(), 10_000);
    await items.wake(['woken'], clock.now());
    await items.reschedule(held!, clock.now() + 99_000, clock.now());
    expect(await items.claim('woken', 'me', clock.now(), 10_000)).toMatchObject({ wakes: 1 });
  });

  it('are handed to the worker that opened them, who needs no claim', async () => {
    const result = await store.append({
      stream: 'w-eager',
      expectedVersion: 0,
      events: [noted(1)],
      workItems: { open: [{ id: 'eager', queue: 'orca', kind: 'k', claim: { by: 'me', leaseMs: 10_000 } }] },
    });
    expect(result.hints).toEqual([]);
    expect(await items.claim('eager', 'other', clock.now(), 10_000)).toBeUndefined();
  });

  it('are hinted again only after a while, and the longest due first', async () => {
    const now = clock.now();
    await open('h1', { queue: 'q-hint', dueAt: now - 10 });
    await open('h2', { queue: 'q-hint', dueAt: now - 20 });
    const query = {
      queues: ['q-hint'],
      now: now + 10_000,
      before: now,
      hintedBefore: now + 5_000,
      limit: 10,
    };
    expect((await items.takeUnhinted(query)).map((h) => h.id)).toEqual(['h2', 'h1']);
    expect(await items.takeUnhinted(query)).toEqual([]);
  });
});

describe('snapshots and blobs', () => {
  it('a snapshot of another fold is not used, an older one does not replace a newer', async () => {
    const snapshots = new SnapshotStore(database.pool);
    snapshots.keep('s', 'fold-1', { version: 5, state: { n: 5 } });
    await snapshots.flush();
    snapshots.keep('s', 'fold-1', { version: 3, state: { n: 3 } });
    await snapshots.flush();
    expect(await snapshots.load('s', 'fold-1')).toEqual({ version: 5, state: { n: 5 } });
    expect(await snapshots.load('s', 'fold-2')).toBeUndefined();
  });

  it('snapshots are written by themselves, many streams together, of each the last that was kept', async () => {
    const snapshots = new SnapshotStore(database.pool);
    const streams = Array.from({ length: 100 }, (_, n) => `many-${n}`);
    for (const version of [1, 2]) {
      for (const stream of streams) snapshots.keep(stream, 'fold', { version, state: { stream, version } });
    }
    const state = (stream: string) => ({ version: 2, state: { stream, version: 2 } });
    await expect
      .poll(() => Promise.all(streams.map((stream) => snapshots.load(stream, 'fold'))))
      .toEqual(streams.map(state));
  });

  it('a blob is stored once and found by its digest', async () => {
    const blobs = new BlobStore(database.pool);
    const bytes = Buffer.from('hello '.repeat(1000));
    const digest = await blobs.put(bytes);
    expect(await blobs.put(bytes)).toBe(digest);
    expect(await blobs.get(digest)).toEqual(bytes);
    expect(await blobs.get('0'.repeat(64))).toBeUndefined();
  });
});

describe('upcasters', () => {
  it('give old events their new shape on reading, step by step', async () => {
    await store.append({ stream: 'up', expectedVersion: 0, events: [{ type: 'Old', data: { v: 1 } }] });
    const upcasting = new EventStore(
      database.pool,
      clock,
      new Map([
        ['Old', (e: RecordedEvent) => ({ ...e, type: 'Newer', data: { v: 2 } })],
        ['Newer', (e: RecordedEvent) => ({ ...e, type: 'Newest', data: { v: 3 } })],
      ]),
    );
    expect((await upcasting.read('up')).map((e) => [e.type, e.data])).toEqual([['Newest', { v: 3 }]]);
  });
});
