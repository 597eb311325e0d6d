import { connectDatabase, type Database, migrate } from '@gennaker/database';
import {
  EventStore,
  eventStoreMigrations,
  type NewWorkItem,
  type WorkItem,
  WorkItems,
} from '@gennaker/event-store';
import { Clock, SystemClock } from '@gennaker/kernel';
import { MemoryHintQueue, MemoryLiveBus } from '@gennaker/messaging';
import { createTestDatabase } from '@gennaker/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Journal, type WorkContext, type WorkOutcome, WorkRunner } from './index.js';

let database: Database;
let items: WorkItems;
let drop: () => Promise<void>;
const clock = new SystemClock();
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const test = await createTestDatabase();
  drop = () => test.drop();
  await migrate(test.url, [eventStoreMigrations]);
  database = await connectDatabase({ url: test.url, name: 'test', poolSize: 20 });
  items = new WorkItems(database.pool);
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(async () => {
  await database.close();
  await drop();
});

type Handle = (item: WorkItem, context: WorkContext) => Promise<WorkOutcome>;

/** Time that flies: what was looked up a moment ago is old news. */
class Flying extends Clock {
  private gone = 0;

  now(): number {
    this.gone += 1_000;
    return clock.now() + this.gone;
  }
}

const FAR = Date.UTC(9000, 0);
let queues = 0;

/** A queue of its own with workers on it; there is no relay, so that what no hint finds stays where it is. */
function workers(handle: Handle, options: { concurrency?: number; processes?: number; time?: Clock } = {}) {
  const { concurrency = 50, processes = 1, time = clock } = options;
  queues += 1;
  const queue = `q${queues}`;
  const hints = new MemoryHintQueue();
  const journal = new Journal(new EventStore(database.pool, clock), items, hints, new MemoryLiveBus(), clock);
  const runners = Array.from({ length: processes }, (_, n) => {
    const runner = new WorkRunner(
      items,
      hints,
      time,
      { queue, worker: `${queue}-${n}`, concurrency },
      { kinds: ['k'], handlers: [{ queue, kind: 'k', handle }] },
    );
    runner.start();
    return runner;
  });
  stops.push(async () => {
    for (const runner of runners) await runner.stop(100);
    await hints.close();
  });
  let count = 0;
  const open = async (application: string, of: Partial<NewWorkItem> = {}): Promise<string> => {
    count += 1;
    const id = `${queue}-${String(count).padStart(4, '0')}`;
    await journal.append({
      stream: id,
      expectedVersion: 0,
      events: [{ type: 'Opened', data: {} }],
      workItems: { open: [{ id, queue, kind: 'k', application, ...of }] },
    });
    return id;
  };
  return { queue, journal, runners, hints, open };
}

/** Something to wait for. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a wake that comes while its item runs', () => {
  it('lets it run again at once, when it is put back', async () => {
    let runs = 0;
    const { journal, open } = workers(async (item) => {
      runs += 1;
      if (runs === 1) await journal.wake([item.id]);
      return { retryAt: FAR };
    });
    await open('a');
    await expect.poll(() => runs).toBe(2);
  });

  it('lets it run again at once, when an append puts it back', async () => {
    let runs = 0;
    const { journal, open } = workers(async (item) => {
      runs += 1;
      if (runs === 1) await journal.wake([item.id]);
      const reschedule = [{ id: item.id, epoch: item.epoch, seenWakes: item.wakes, dueAt: FAR }];
      const events = [{ type: 'Looked', data: {} }];
      await journal.append({ stream: item.id, expectedVersion: runs, events, workItems: { reschedule } });
      return { rescheduled: true };
    });
    await open('a');
    await expect.poll(() => runs).toBe(2);
  });

  it('is not lost when its hint comes after the item was put back, and before its run has ended', async () => {
    let runs = 0;
    const { journal, runners, open } = workers(async (item) => {
      runs += 1;
      if (runs > 1) return { retryAt: FAR };
      await items.reschedule(item, FAR, clock.now());
      await items.wake([item.id], clock.now());
      await runners[0]!.take(item.id);
      return { rescheduled: true };
    });
    expect(journal).toBeDefined();
    await open('a');
    await expect.poll(() => runs).toBe(2);
  });

  it('is not lost when another process takes its hint', async () => {
    let runs = 0;
    const { runners, open } = workers(
      async (item, { claim }) => {
        runs += 1;
        if (runs > 1) return { retryAt: FAR };
        await items.wake([item.id], clock.now());
        const other = runners.find((_runner, n) => !claim.by.endsWith(`-${n}`));
        await other!.take(item.id);
        return { retryAt: FAR };
      },
      { processes: 2 },
    );
    await open('a');
    await expect.poll(() => runs).toBe(2);
  });
});

describe('when there is more work than room', () => {
  const CONCURRENCY = 4;

  it('lets an application with little work in between that of one with much', async () => {
    const order: string[] = [];
    const blocked = gate();
    const { open } = workers(
      async (item) => {
        await blocked.opened;
        order.push(item.application!);
        await items.close(item);
        return { done: true };
      },
      { concurrency: CONCURRENCY, time: new Flying() },
    );
    for (let n = 0; n < 200; n += 1) await open('flood');
    for (let n = 0; n < 10; n += 1) await open('small');
    blocked.open();
    await expect.poll(() => order.length, { timeout: 20_000 }).toBe(210);
    // In turn: after twice as many of both together, and what ran before anybody could choose.
    expect(order.lastIndexOf('small')).toBeLessThan(20 + 4 * CONCURRENCY);
  });

  it('runs the work of one application in the order in which it is due', async () => {
    const order: string[] = [];
    const blocked = gate();
    const { open } = workers(
      async (item) => {
        await blocked.opened;
        order.push(item.id);
        await items.close(item);
        return { done: true };
      },
      { concurrency: 1, time: new Flying() },
    );
    const opened: Record<string, string[]> = { a: [], b: [] };
    for (let n = 0; n < 40; n += 1) {
      const application = n % 4 === 0 ? 'b' : 'a';
      opened[application]!.push(await open(application));
    }
    blocked.open();
    await expect.poll(() => order.length, { timeout: 20_000 }).toBe(40);
    for (const application of ['a', 'b']) {
      const of = new Set(opened[application]);
      expect(order.filter((id) => of.has(id))).toEqual(opened[application]);
    }
  });

  it('finds room for an application that has none, even while another one holds all of it', async () => {
    const ran: string[] = [];
    const blocked = gate();
    const { open } = workers(
      async (item) => {
        if (item.application === 'flood') await blocked.opened;
        ran.push(item.application!);
        await items.close(item);
        return { done: true };
      },
      { concurrency: CONCURRENCY },
    );
    for (let n = 0; n < 50; n += 1) await open('flood');
    await open('small');
    await expect.poll(() => ran, { timeout: 10_000 }).toEqual(['small']);
    blocked.open();
    await expect.poll(() => ran.length, { timeout: 20_000 }).toBe(51);
  });

  it('runs every item once', async () => {
    const ran: string[] = [];
    const { open } = workers(
      async (item) => {
        ran.push(item.id);
        await items.close(item);
        return { done: true };
      },
      { concurrency: 2, processes: 2 },
    );
    const opened = await Promise.all(
      Array.from({ length: 300 }, (_, n) => open(n % 10 === 0 ? `app-${n}` : 'flood')),
    );
    await expect.poll(() => ran.length, { timeout: 20_000 }).toBe(300);
    expect(new Set(ran)).toEqual(new Set(opened));
  });
});
