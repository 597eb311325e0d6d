import { afterAll, describe, expect, it, vi } from 'vitest';
import type { Hint, HintQueue } from './hint-queue.js';

/** What every carrier of hints owes; run on each adapter. */
export function describeHintQueue(name: string, open: () => Promise<HintQueue>): void {
  describe(`hints over ${name}`, () => {
    const opened: HintQueue[] = [];
    const fresh = async (): Promise<HintQueue> => {
      const queue = await open();
      opened.push(queue);
      await expect.poll(() => queue.available()).toBe(true);
      return queue;
    };
    afterAll(async () => {
      await Promise.all(opened.map((queue) => queue.close()));
    });
    const hint = (id: string, extra: Partial<Hint> = {}): Hint => ({
      id,
      queue: 'orca',
      dueAt: 0,
      token: `${id}-0-0`,
      ...extra,
    });
    /** Resolves when `count` ids have arrived. */
    const collect = (queue: HintQueue, name: string, count: number, concurrency = 10) => {
      const ids: string[] = [];
      return new Promise<string[]>((resolve) => {
        queue.consume(name, concurrency, async (id) => {
          ids.push(id);
          if (ids.length === count) resolve(ids);
        });
      });
    };

    it('carries each hint to a consumer of its queue', async () => {
      const queue = await fresh();
      const orca = collect(queue, 'orca', 2);
      const kayenta = collect(queue, 'kayenta', 1);
      await queue.send([hint('a'), hint('b', { queue: 'kayenta' }), hint('c')]);
      expect(new Set(await orca)).toEqual(new Set(['a', 'c']));
      expect(await kayenta).toEqual(['b']);
    });

    it('carries hints that were sent before anybody consumed', async () => {
      const queue = await fresh();
      await queue.send([hint('early')]);
      expect(await collect(queue, 'orca', 1)).toEqual(['early']);
    });

    it('says how many hints wait for somebody to handle them', async () => {
      const queue = await fresh();
      expect(await queue.backlog('orca')).toBe(0);
      const later = Date.now() + 3_600_000;
      await queue.send([hint('a'), hint('b'), hint('c', { queue: 'kayenta' }), hint('d', { dueAt: later })]);
      await vi.waitFor(async () => expect(await queue.backlog('orca')).toBe(2));
      await collect(queue, 'orca', 2);
      await vi.waitFor(async () => expect(await queue.backlog('orca')).toBe(0));
    });

    it('keeps a hint until it is due', async () => {
      const queue = await fresh();
      const arrived = collect(queue, 'orca', 1);
      const dueAt = Date.now() + 400;
      await queue.send([hint('late', { dueAt })]);
      await arrived;
      // Timers are counted in whole milliseconds.
      expect(Date.now()).toBeGreaterThanOrEqual(dueAt - 1);
    });

    it('takes the same work item again under another token, also while it is handled', async () => {
      const queue = await fresh();
      let handled = 0;
      await new Promise<void>((resolve) => {
        queue.consume('orca', 5, async (id) => {
          handled += 1;
          if (handled === 1) await queue.send([hint(id, { token: `${id}-1-0` })]);
          else resolve();
        });
        void queue.send([hint('again')]);
      });
      expect(handled).toBe(2);
    });

    it('goes on after a handler that throws', async () => {
      const queue = await fresh();
      const seen = new Promise<string>((resolve) => {
        queue.consume('orca', 1, async (id) => {
          if (id === 'bad') throw new Error('boom');
          resolve(id);
        });
      });
      await queue.send([hint('bad')]);
      await queue.send([hint('good')]);
      expect(await seen).toBe('good');
    });

    it('closes a consumer only after the hints under way are handled', async () => {
      const queue = await fresh();
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      let done = false;
      let consumer!: { close(): Promise<void> };
      await new Promise<void>((started) => {
        consumer = queue.consume('orca', 1, async () => {
          started();
          await gate;
          done = true;
        });
        void queue.send([hint('slow')]);
      });
      const closing = consumer.close();
      release();
      await closing;
      expect(done).toBe(true);
    });

    it('says that it works', async () => {
      const queue = await fresh();
      await queue.send([]);
      await expect.poll(() => queue.check().then(() => 'ok', String)).toBe('ok');
    });
  });
}
