import { evolve, StageContext, submitExecution } from '@gennaker/execution';
import { type JsonObject, SequentialIds } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import type { ServerGroupReport, StagePorts } from '../ports.js';
import type { TaskInput } from '../stage-definition.js';
import { checkCondition } from './precondition-checks.js';

const NOW = Date.UTC(2026, 0, 5);
const GROUPS: ServerGroupReport[] = [
  { name: 'replicaSet cart-v001', region: 'prod', disabled: true },
  { name: 'replicaSet cart-v002', region: 'prod', disabled: false },
  { name: 'replicaSet cart-v002', region: 'test', disabled: false },
];

function inputWith(groups: ServerGroupReport[], asked: unknown[]): TaskInput {
  const event = submitExecution(
    { application: 'shop', name: 'p', stages: [{ refId: '1', type: 'noop' }] },
    {
      type: 'PIPELINE',
      now: NOW,
      ids: new SequentialIds(),
      authentication: { user: 'ann', allowedAccounts: [] },
      origin: 'api',
    },
  );
  const execution = evolve(undefined, event);
  const stage = Object.values(execution.stages)[0]!;
  const inventory = {
    serverGroups: async (of: unknown) => {
      asked.push(of);
      return groups;
    },
  };
  return {
    execution,
    stage,
    config: {},
    context: new StageContext(execution, stage.id),
    now: NOW,
    startedAt: NOW,
    workItemId: 'item',
    signal: new AbortController().signal,
    ports: { inventory } as unknown as StagePorts,
  };
}

const problemOf = async (context: JsonObject, asked: unknown[] = []) =>
  (await checkCondition({ type: 'clusterSize', context }, inputWith(GROUPS, asked))).problem;
const cluster = { cluster: 'deployment cart', credentials: 'k8s' };

describe('the size of a cluster', () => {
  it('is compared in every region that is named, or over all', async () => {
    const asked: unknown[] = [];
    expect(await problemOf({ ...cluster, expected: 3 }, asked)).toBeUndefined();
    expect(asked).toEqual([{ application: 'shop', account: 'k8s', cluster: 'deployment cart' }]);
    expect(
      await problemOf({ ...cluster, regions: ['prod'], expected: '2', comparison: '>=' }),
    ).toBeUndefined();
    expect(await problemOf({ ...cluster, regions: ['prod', 'test'], expected: 1 })).toBe(
      'cluster deployment cart has 2 server groups in prod, expected == 1',
    );
    expect(await problemOf({ ...cluster, regions: ['dev'], expected: 0 })).toBeUndefined();
  });

  it('may leave out what is disabled', async () => {
    const only = { ...cluster, regions: ['prod'], onlyEnabledServerGroups: true };
    expect(await problemOf({ ...only, expected: 1 })).toBeUndefined();
    expect(await problemOf({ ...only, expected: 2, comparison: '<' })).toBeUndefined();
  });

  it.each([
    [{ expected: 1 }, /cluster is missing/],
    [{ ...cluster, expected: 'many' }, /whole number/],
    [{ ...cluster, expected: 1, comparison: '~' }, /one of == != < <= > >=/],
  ])('says what is wrong with its settings: case %#', async (context, message) => {
    expect(await problemOf(context)).toMatch(message);
  });
});
