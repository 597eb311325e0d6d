import { SystemClock } from '@gennaker/kernel';
import { MemoryLiveBus } from '@gennaker/messaging';
import type { Operation, OperationStore } from '@gennaker/operation';
import { expect, it } from 'vitest';
import { OperationContext } from './operation-context.js';

const operation: Operation = {
  request: {
    id: 'op',
    kind: 'deployManifest',
    cloudProvider: 'kubernetes',
    account: 'playground',
    user: 'me',
    description: {},
  },
  status: 'RUNNING',
  requestedAt: 0,
  steps: [],
  log: [],
  results: [],
  version: 1,
};

it('an operation has acted once a step has begun, also while the journal is still writing that', async () => {
  const slow = { append: () => new Promise<number>(() => undefined) } as unknown as OperationStore;
  const { signal } = new AbortController();
  const context = new OperationContext(slow, new MemoryLiveBus(), new SystemClock(), operation, signal);
  expect(context.hasActed).toBe(false);
  await context.step('deploy', { repeatable: true }, async () => ({ outcome: 'done' }) as never);
  expect(context.hasActed).toBe(true);
});
