import { describe, expect, it } from 'vitest';
import { AppendQueue, type AppendQueueOptions } from './append-queue.js';
import type { AppendRequest } from './event.js';
import { prepareAppend } from './prepared-append.js';

const refused = (message: string) => Object.assign(new Error(message), { severity: 'ERROR' });

/** A queue whose writes end when the test says so. */
function harness(
  options: AppendQueueOptions = { lanes: 1 },
  broken: (streams: string[]) => Error | undefined = () => undefined,
) {
  const written: string[][] = [];
  const ends: (() => void)[] = [];
  const queue = new AppendQueue<string>(
    async (appends) => {
      const streams = appends.map(({ request }) => request.stream);
      written.push(streams);
      await new Promise<void>((resolve) => ends.push(resolve));
      const error = broken(streams);
      if (error !== undefined) throw error;
      return streams.map((stream) => `${stream} done`);
    },
    (error) => (error as { severity?: string }).severity === 'ERROR',
    options,
  );
  const add = (stream: string, more: Partial<AppendRequest> = {}) =>
    queue.add(prepareAppend({ stream, expectedVersion: 0, events: [{ type: 'Noted', data: {} }], ...more }));
  /** Ends one write after the other until none is left. */
  const finish = async (): Promise<void> => {
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { add, written, finish };
}

describe('appends that come at the same time', () => {
  it('go at once while a lane is free', () => {
    const { add, written } = harness({ lanes: 2 });
    void add('a');
    void add('b');
    expect(written).toEqual([['a'], ['b']]);
  });

  it('share a statement when they had to wait, and each gets its own result', async () => {
    const { add, written, finish } = harness();
    const all = Promise.all(['a', 'b', 'c'].map((stream) => add(stream)));
    await finish();
    expect(written).toEqual([['a'], ['b', 'c']]);
    expect(await all).toEqual(['a done', 'b done', 'c done']);
  });

  it('of one stream are written one after the other, in order', async () => {
    const { add, written, finish } = harness();
    const all = Promise.all(['a', 'b', 'b', 'c', 'b'].map((stream) => add(stream)));
    await finish();
    await all;
    expect(written).toEqual([['a'], ['b', 'c'], ['b'], ['b']]);
  });

  it('that touch the same work item do not share a statement', async () => {
    const { add, written, finish } = harness();
    const all = Promise.all([
      add('a'),
      add('b', { workItems: { open: [{ id: 'i', queue: 'q', kind: 'k' }] } }),
      add('c', { workItems: { wake: ['i'] } }),
      add('d', { workItems: { close: ['i'] } }),
      add('e'),
    ]);
    await finish();
    await all;
    expect(written).toEqual([['a'], ['b', 'e'], ['c'], ['d']]);
  });

  it('with free SQL are written alone', async () => {
    const { add, written, finish } = harness();
    const statements = [{ text: 'delete from t', values: [] }];
    const all = Promise.all([
      add('a'),
      add('b', { statements }),
      add('c'),
      add('d', { statements }),
      add('e'),
    ]);
    await finish();
    await all;
    expect(written).toEqual([['a'], ['b'], ['c', 'e'], ['d']]);
  });

  it('share up to the limits of number and size', async () => {
    const many = harness({ lanes: 1, most: 2 });
    const all = Promise.all(['a', 'b', 'c', 'd'].map((stream) => many.add(stream)));
    await many.finish();
    await all;
    expect(many.written).toEqual([['a'], ['b', 'c'], ['d']]);

    const big = harness({ lanes: 1, size: 10 });
    const events = [{ type: 'Noted', data: 'twelve chars' }];
    const others = Promise.all(['a', 'b', 'c'].map((stream) => big.add(stream, { events })));
    await big.finish();
    await others;
    expect(big.written).toEqual([['a'], ['b'], ['c']]);
  });
});

describe('when a shared statement', () => {
  const one = async (outcome: Promise<string>) => outcome.catch((error: Error) => error.message);

  it('is refused, each of its appends is tried by itself and only the bad one fails', async () => {
    const { add, written, finish } = harness({ lanes: 1 }, (streams) =>
      streams.includes('stale') ? refused('stale') : undefined,
    );
    const all = Promise.all(['a', 'b', 'stale', 'c'].map((stream) => one(add(stream))));
    await finish();
    expect(await all).toEqual(['a done', 'b done', 'stale', 'c done']);
    expect(written).toEqual([['a'], ['b', 'stale', 'c'], ['b'], ['stale'], ['c']]);
  });

  it('ends with its connection, nobody knows whether it has committed: all fail, none is written twice', async () => {
    const { add, written, finish } = harness({ lanes: 1 }, (streams) =>
      streams.includes('b') ? new Error('Connection terminated') : undefined,
    );
    const all = Promise.all(['a', 'b', 'c'].map((stream) => one(add(stream))));
    await finish();
    expect(await all).toEqual(['a done', 'Connection terminated', 'Connection terminated']);
    expect(written).toEqual([['a'], ['b', 'c']]);
  });
});
