import type { WorkItemHint, WorkItems } from '@gennaker/event-store';
import { SystemClock } from '@gennaker/kernel';
import { MemoryHintQueue } from '@gennaker/messaging';
import { expect, it, vi } from 'vitest';
import { Relay } from './relay.js';

/** Rows of which one is due in every queue, whenever somebody looks. */
function rows() {
  const asked: string[][] = [];
  const takeUnhinted = async ({ queues }: { queues: string[] }): Promise<WorkItemHint[]> => {
    asked.push(queues);
    return queues.map((queue) => ({ id: `due-${queue}`, queue, dueAt: 0, token: `due-${queue}` }));
  };
  return { asked, items: { takeUnhinted } as unknown as WorkItems };
}

it('a queue whose workers are behind gets no hints a second time; the others go on', async () => {
  const hints = new MemoryHintQueue();
  const { items, asked } = rows();
  const relay = new Relay(items, hints, new SystemClock(), { queues: ['orca', 'kayenta'] });
  expect(await relay.step()).toBe(2);
  await hints.send(
    Array.from({ length: 1_000 }, (_, n) => ({ id: `${n}`, queue: 'orca', dueAt: 0, token: `${n}` })),
  );
  await vi.waitFor(async () => expect(await hints.backlog('orca')).toBeGreaterThanOrEqual(1_000));
  expect(await relay.step()).toBe(1);
  expect(asked).toEqual([['orca', 'kayenta'], ['kayenta']]);
  hints.consume('orca', 10, async () => undefined);
  await vi.waitFor(async () => expect(await hints.backlog('orca')).toBe(0));
  expect(await relay.step()).toBe(2);
  await hints.close();
});
