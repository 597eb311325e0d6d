import { randomUUID } from 'node:crypto';
import { type NewWorkItem, WorkItems } from '@gennaker/event-store';
import { OperationStore } from '@gennaker/operation';
import { createPlatform, type Platform } from '@gennaker/platform';
import { createTestDatabase } from '@gennaker/testing';
import * as fc from 'fast-check';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { covers, type HaltTarget } from './halt-event.js';
import { type Halt, InFlightWork } from './index.js';

let platform: Platform;
let inFlight: InFlightWork;
let drop: () => Promise<void>;
const ann = { user: 'ann' };

beforeAll(async () => {
  const database = await createTestDatabase();
  drop = () => database.drop();
  platform = await createPlatform({
    service: 'halt-test',
    databaseUrl: database.url,
    databasePoolSize: 20,
    redis: { url: process.env['REDIS_URL']!, tls: false },
    queuePrefix: `test-${randomUUID()}`,
  });
  const operations = new OperationStore(platform.journal, platform.blobs, platform.seals);
  inFlight = new InFlightWork(platform.database.pool, platform.executions, operations);
});

afterAll(async () => {
  await platform.close();
  await drop();
});

afterEach(async () => {
  for (const { id } of await platform.halts.list({ ended: false, limit: 100 })) {
    await platform.halts.end(id, { ...ann, reason: 'the test is over' });
  }
  await platform.database.pool.query('delete from es.work_item');
});

let count = 0;

/** Opens an item of work; returns its id. */
async function open(item: Partial<NewWorkItem> = {}): Promise<string> {
  count += 1;
  const id = `item-${count}`;
  await platform.journal.append({
    stream: `stream-${id}`,
    expectedVersion: 0,
    events: [{ type: 'Opened', data: {} }],
    workItems: { open: [{ id, queue: 'test', kind: 'test', ...item }] },
  });
  return id;
}

const claim = async (id: string): Promise<boolean> =>
  (await platform.items.claim(id, 'worker', platform.clock.now(), 60_000)) !== undefined;

const halt = (target: HaltTarget, ttlMs?: number): Promise<Halt> =>
  platform.halts.begin({ target, reason: 'smoke', ...(ttlMs !== undefined && { ttlMs }) }, ann);

/** How many wait for a lock of this kind on the work items. */
const waitingFor = (mode: string) => async (): Promise<number> => {
  const { rows } = await platform.database.pool.query<{ n: number }>(
    `select count(*)::int as n from pg_locks
     where relation = 'es.work_item'::regclass and mode = $1 and not granted`,
    [mode],
  );
  return rows[0]!.n;
};

describe('a halt', () => {
  it.each([
    [{ scope: 'everything' }, { application: 'any' }],
    [{ scope: 'application', application: 'Shop' }, { application: 'shop' }],
    [
      { scope: 'account', account: 'prod' },
      { account: 'prod', application: 'other' },
    ],
    [
      { scope: 'pipeline', pipeline: 'config-1' },
      { pipeline: 'config-1', application: 'shop' },
    ],
  ] satisfies [HaltTarget, Partial<NewWorkItem>][])('%j stops the work of %j', async (target, whose) => {
    const id = await open(whose);
    const { id: haltId } = await halt(target);
    expect(await claim(id)).toBe(false);
    await platform.halts.end(haltId, { ...ann, reason: 'it was nothing' });
    expect(await claim(id)).toBe(true);
  });

  it.each([
    [{ scope: 'application', application: 'shop' }, { application: 'shop2' }],
    [{ scope: 'application', application: 'shop' }, {}],
    [{ scope: 'account', account: 'prod' }, { application: 'prod' }],
    [{ scope: 'account', account: 'prod' }, { account: 'PROD' }],
    [{ scope: 'pipeline', pipeline: 'config-1' }, { pipeline: 'config-2' }],
    [{ scope: 'everything' }, { kind: 'cleanUp' }],
    [{ scope: 'everything' }, { kind: 'endHalt' }],
  ] satisfies [HaltTarget, Partial<NewWorkItem>][])('%j lets the work of %j go on', async (target, whose) => {
    await halt(target);
    expect(await claim(await open(whose))).toBe(true);
  });

  it('covers in the claims what it covers in the reports, whatever the names', async () => {
    const name = fc.constantFrom('a', 'A', 'b', 'é', '');
    const target: fc.Arbitrary<HaltTarget> = fc.oneof(
      fc.constant({ scope: 'everything' as const }),
      name.map((application) => ({ scope: 'application' as const, application })),
      name.map((account) => ({ scope: 'account' as const, account })),
      name.map((pipeline) => ({ scope: 'pipeline' as const, pipeline })),
    );
    const work = fc.record(
      { kind: fc.constantFrom('task', 'cleanUp'), application: name, account: name, pipeline: name },
      { requiredKeys: ['kind'] },
    );
    await fc.assert(
      fc.asyncProperty(target, work, async (of, whose) => {
        const { id } = await halt(of);
        try {
          expect(await claim(await open(whose))).toBe(!covers(of, whose));
        } finally {
          await platform.halts.end(id, { ...ann, reason: 'next' });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses the item that a worker wants to keep for itself, and leaves it open', async () => {
    await halt({ scope: 'application', application: 'shop' });
    const append = (id: string, application: string) =>
      platform.journal.append({
        stream: `stream-${id}`,
        expectedVersion: 0,
        events: [{ type: 'Opened', data: {} }],
        workItems: {
          open: [
            { id, queue: 'test', kind: 'test', application, claim: { by: 'me', leaseMs: 10_000 } },
            { id: `${id}-2`, queue: 'test', kind: 'test', application },
          ],
        },
      });
    expect((await append('kept-1', 'shop')).refused).toEqual(['kept-1']);
    expect((await append('kept-2', 'other')).refused).toEqual([]);
    expect(await platform.items.openOf('stream-kept-1')).toHaveLength(2);
    expect((await platform.items.openOf('stream-kept-1'))[0]).toMatchObject({ epoch: 0, attempts: 0 });
  });

  it('is not passed by: a claim under way is either in flight when it begins, or it does not happen', async () => {
    for (let round = 0; round < 8; round += 1) {
      const application = `raced-${round}`;
      const ids = await Promise.all(Array.from({ length: 60 }, () => open({ application })));
      const claimed: string[] = [];
      const workers = Array.from({ length: 6 }, async (_, worker) => {
        for (const id of ids.filter((_id, index) => index % 6 === worker))
          if (await claim(id)) claimed.push(id);
        // Workers that carry on by themselves: each append opens an item and keeps it.
        for (let n = 0; n < 10; n += 1) {
          const id = `${application}-${worker}-${n}`;
          const { refused } = await platform.journal.append({
            stream: id,
            expectedVersion: 0,
            events: [{ type: 'Opened', data: {} }],
            workItems: {
              open: [{ id, queue: 'test', kind: 'test', application, claim: { by: 'me', leaseMs: 60_000 } }],
            },
          });
          if (refused.length === 0) claimed.push(id);
        }
      });
      await Promise.resolve();
      await halt({ scope: 'application', application });
      const [report] = await inFlight.of([{ scope: 'application', application }], platform.clock.now());
      const listed = new Set(report!.unknown.map(({ workItem }) => workItem));
      await Promise.all(workers);
      expect(claimed.filter((id) => !listed.has(id))).toEqual([]);
      expect(listed.size).toBe(claimed.length);
      expect(claimed.length).toBeLessThan(ids.length + 60);
    }
  });

  it('waits for a claim that has not committed yet, and refuses those that come while it waits', async () => {
    const [under, later] = [await open(), await open()];
    const worker = await platform.database.pool.connect();
    await worker.query('begin');
    await new WorkItems(worker as unknown as pg.Pool).claim(under, 'slow', platform.clock.now(), 60_000);
    const halting = halt({ scope: 'everything' });
    await expect.poll(waitingFor('ShareRowExclusiveLock')).toBe(1);
    const late = claim(later);
    await expect.poll(waitingFor('RowExclusiveLock')).toBe(1);
    await worker.query('commit');
    worker.release();
    await halting;
    const [report] = await inFlight.of([{ scope: 'everything' }], platform.clock.now());
    expect(report!.unknown.map(({ workItem }) => workItem)).toEqual([under]);
    expect(await late).toBe(false);
  });

  it('does not wait for those who only read, such as a backup', async () => {
    const reader = await platform.database.pool.connect();
    await reader.query('begin isolation level repeatable read');
    await reader.query('select count(*) from es.work_item');
    await halt({ scope: 'everything' });
    await reader.query('rollback');
    reader.release();
    expect(await platform.halts.list({ ended: false, limit: 10 })).toHaveLength(1);
  });

  it('stays as long as another one covers the same work', async () => {
    const id = await open({ application: 'shop' });
    const all = await halt({ scope: 'everything' });
    const one = await halt({ scope: 'application', application: 'shop' });
    await platform.halts.end(all.id, { ...ann, reason: 'only the shop burns' });
    expect(await claim(id)).toBe(false);
    await platform.halts.end(one.id, { ...ann, reason: 'it does not burn any more' });
    expect(await claim(id)).toBe(true);
  });

  it('is two events of a stream of its own, with who and why', async () => {
    const { id } = await halt({ scope: 'account', account: 'prod' }, 60_000);
    await platform.halts.end(id, { user: 'bob', reason: 'repaired' });
    const events = await platform.journal.store.read(`halt-${id}`);
    expect(events.map(({ type, data, meta }) => ({ type, data, actor: meta.actor }))).toMatchObject([
      { type: 'HaltBegan', actor: 'ann', data: { scope: 'account', account: 'prod', reason: 'smoke' } },
      { type: 'HaltEnded', actor: 'bob', data: { account: 'prod', reason: 'repaired', expired: false } },
    ]);
    expect(await platform.items.openOf(`halt-${id}`)).toEqual([]);
    expect(await platform.halts.get(id)).toMatchObject({ ended: { by: 'bob', reason: 'repaired' } });
  });

  it('ends once: whoever comes second is told who was first', async () => {
    const { id } = await halt({ scope: 'everything' });
    const ends = await Promise.allSettled(
      ['bob', 'cid', 'dan'].map((user) => platform.halts.end(id, { user, reason: 'enough' })),
    );
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(platform.halts.end(id, { user: 'eve', reason: 'too' })).rejects.toMatchObject({
      status: 409,
    });
    await expect(platform.halts.end('none', { user: 'eve', reason: 'x' })).rejects.toMatchObject({
      status: 404,
    });
    await platform.halts.expire(id);
    expect(await platform.journal.store.versionOf(`halt-${id}`)).toBe(2);
  });

  it('lets what it held back go on in the order in which it was due', async () => {
    const now = platform.clock.now();
    await halt({ scope: 'everything' });
    const queue = `order-${randomUUID()}`;
    const second = await open({ queue, dueAt: now - 10 });
    const first = await open({ queue, dueAt: now - 20 });
    const third = await open({ queue, dueAt: now - 5 });
    const query = { queues: [queue], now, before: now, hintedBefore: now + 60_000, limit: 10 };
    expect(await platform.items.takeUnhinted(query)).toEqual([]);
    const [{ id }] = (await platform.halts.list({ ended: false, limit: 1 })) as [Halt];
    await platform.halts.end(id, { ...ann, reason: 'go on' });
    expect((await platform.items.takeUnhinted(query)).map((hint) => hint.id)).toEqual([first, second, third]);
  });
});

describe('what is in flight', () => {
  it('is told apart: what only decides, what changes a cluster, and what nobody knows', async () => {
    const decides = await open({ queue: 'orca', kind: 'settle', application: 'a' });
    const analyses = await open({ queue: 'kayenta', kind: 'analysis', application: 'a' });
    const cleansUp = await open({ queue: 'clouddriver', kind: 'odd', application: 'a' });
    const lost = await open({ queue: 'orca', kind: 'settle', application: 'a' });
    const held = await open({ queue: 'orca', kind: 'settle', application: 'a' });
    await Promise.all([decides, analyses, cleansUp].map(claim));
    await platform.items.claim(lost, 'dead worker', platform.clock.now(), 0);
    const [report] = await inFlight.of([{ scope: 'application', application: 'A' }], platform.clock.now());
    const ids = (of: { workItem: string }[]) => of.map(({ workItem }) => workItem).sort();
    expect(ids(report!.safeToStop)).toEqual([decides, analyses].sort());
    expect(report!.mustFinish).toEqual([]);
    expect(ids(report!.unknown)).toEqual([cleansUp, lost].sort());
    expect(report!.unknown.find(({ workItem }) => workItem === lost)?.because).toMatch(/dead worker/);
    expect(report!.heldBack).toBe(1);
    expect(held).toBeDefined();
  });

  it('must finish where an operation has begun to change a cluster', async () => {
    const operations = new OperationStore(platform.journal, platform.blobs, platform.seals);
    const ask = async (id: string, kind: string) => {
      await operations.request({
        id,
        kind,
        cloudProvider: 'kubernetes',
        account: 'prod',
        application: 'a',
        user: 'ann',
        description: {},
      });
      await claim(`operation-${id}`);
      return operations.get(id);
    };
    const step = (id: string) => ({ type: 'OperationStepStarted' as const, data: { step: id } });
    await ask('fresh', 'deployManifest');
    await operations.append(await ask('begun', 'deployManifest'), [step('apply')]);
    await operations.append(await ask('looks', 'resolveTargetManifest'), [step('read')]);
    const [report] = await inFlight.of([{ scope: 'account', account: 'prod' }], platform.clock.now());
    expect(report!.mustFinish.map(({ operation }) => operation?.id)).toEqual(['begun']);
    expect(new Set(report!.safeToStop.map(({ operation }) => operation?.id))).toEqual(
      new Set(['fresh', 'looks']),
    );
    expect(report!.unknown).toEqual([]);
  });
});
