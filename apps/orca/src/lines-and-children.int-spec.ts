import { Catalog } from '@gennaker/catalog';
import { stagesOf, submitExecution } from '@gennaker/execution';
import type { JsonObject } from '@gennaker/kernel';
import { type Platform } from '@gennaker/platform';
import { STAGES } from '@gennaker/stages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestOrca, type TestOrca } from './testing/orca.suite.js';

let orca: TestOrca;
let platform: Platform;
let catalog: Catalog;
const authentication = { user: 'ann', allowedAccounts: [] };

beforeAll(async () => {
  orca = await startTestOrca();
  ({ platform } = orca);
  const stageTypes = new Set(STAGES.map(({ type }) => type));
  catalog = new Catalog(platform.database.pool, platform.journal.store, platform.clock, { stageTypes });
});

afterAll(() => orca.close());

const start: TestOrca['start'] = (pipeline) => orca.start(pipeline);
const until: TestOrca['until'] = (id, condition) => orca.until(id, condition);
const ended: TestOrca['ended'] = (id) => orca.ended(id);
const running = (id: string) => until(id, (state) => stagesOf(state)[0]?.tasks[0]?.status === 'RUNNING');
const judge = async (id: string) =>
  platform.executionCommands.patchStage(
    id,
    stagesOf(await running(id))[0]!.id,
    { judgmentStatus: 'continue' },
    { authentication },
  );
/** Resolves when an execution has found no room to start, and waits. */
const inLine = (id: string) =>
  expect
    .poll(async () => (await platform.items.openOf(`execution-${id}`))[0]?.dueAt ?? 0)
    .toBeGreaterThan(Date.now() + 20_000);
const judgment = { refId: '1', type: 'manualJudgment' };

describe('a configuration that lets one execution run at a time', () => {
  it('starts those that wait in the order in which they came, if it keeps them', async () => {
    const config = { id: 'kept', limitConcurrent: true, keepWaitingPipelines: true, stages: [judgment] };
    const first = await start(config);
    await running(first);
    const second = await start(config);
    const third = await start(config);
    expect((await platform.executions.load(second)).status).toBe('NOT_STARTED');
    await judge(first);
    await running(second);
    expect((await platform.executions.load(third)).status).toBe('NOT_STARTED');
    await judge(second);
    await judge(third);
    expect((await ended(third)).status).toBe('SUCCEEDED');
  });

  it('otherwise starts the newest, and cancels the others with a reason', async () => {
    const config = { id: 'dropped', limitConcurrent: true, stages: [judgment] };
    const first = await start(config);
    await running(first);
    const second = await start(config);
    const third = await start(config);
    await inLine(second);
    await inLine(third);
    await judge(first);
    expect(await ended(second)).toMatchObject({ status: 'CANCELED', canceledBy: 'gennaker' });
    await judge(third);
    expect((await ended(third)).status).toBe('SUCCEEDED');
  });

  it('never runs two, however many start at once', async () => {
    const config = { id: 'many', limitConcurrent: true, keepWaitingPipelines: true };
    const ids = await Promise.all(
      Array.from({ length: 6 }, () => start({ ...config, stages: [{ type: 'wait', waitTime: 0.01 }] })),
    );
    const states = await Promise.all(ids.map(ended));
    const spans = states
      .map(({ startTime, endTime }) => [startTime!, endTime!] as const)
      .sort((a, b) => a[0] - b[0]);
    expect(states.every(({ status }) => status === 'SUCCEEDED')).toBe(true);
    spans.slice(1).forEach(([begin], index) => expect(begin).toBeGreaterThanOrEqual(spans[index]![1]));
  });

  it('goes on with the next one when the one in front is cancelled while it waits', async () => {
    const config = { id: 'cancelled', limitConcurrent: true, keepWaitingPipelines: true, stages: [judgment] };
    const first = await start(config);
    await running(first);
    const second = await start(config);
    const third = await start(config);
    await platform.executionCommands.cancel(second, { authentication });
    await judge(first);
    await judge(third);
    expect((await ended(third)).status).toBe('SUCCEEDED');
  });
});

describe('a pipeline stage', () => {
  const save = (name: string, stages: JsonObject[]) =>
    catalog.pipelines.save({ application: 'demo', name, stages }, { author: 'ann', origin: 'api' });

  it('runs the other pipeline with its parameters, is woken by its end, and hands on its outputs', async () => {
    await save('child', [
      { refId: '1', type: 'evaluateVariables', variables: [{ key: 'got', value: '${parameters.p}' }] },
    ]);
    const id = await start({
      stages: [
        { refId: '1', type: 'pipeline', pipeline: 'child', pipelineParameters: { p: 7 } },
        {
          refId: '2',
          type: 'evaluateVariables',
          requisiteStageRefIds: ['1'],
          variables: [{ key: 'x', value: '${got}' }],
        },
      ],
    });
    const state = await ended(id);
    expect(state.status).toBe('SUCCEEDED');
    const [parent, last] = stagesOf(state);
    expect(last?.outputs).toEqual({ x: 7 });
    const child = await platform.executions.load(String(parent?.context['executionId']));
    expect(child).toMatchObject({ status: 'SUCCEEDED', rootId: id, watchers: [] });
    expect(child.trigger).toMatchObject({ type: 'pipeline', parentExecution: { id, stages: [] } });
  });

  it('fails with what the other pipeline says, and cancels it when it is cancelled itself', async () => {
    await save('failing', [
      {
        refId: '1',
        type: 'checkPreconditions',
        preconditions: [{ type: 'expression', context: { expression: 'false' } }],
      },
    ]);
    const failed = await ended(await start({ stages: [{ type: 'pipeline', pipeline: 'failing' }] }));
    expect(JSON.stringify(stagesOf(failed)[0]?.context['exception'])).toMatch(/Precondition check failed/);
    await save('waiting', [judgment]);
    const id = await start({ stages: [{ refId: '1', type: 'pipeline', pipeline: 'waiting' }] });
    const waiting = await until(id, (state) => stagesOf(state)[0]?.context['executionId'] !== undefined);
    const childId = String(stagesOf(waiting)[0]!.context['executionId']);
    await running(childId);
    await platform.executionCommands.cancel(id, { authentication }, 'enough');
    expect((await ended(childId)).status).toBe('CANCELED');
  });

  it('cancels it at whatever moment the cancel comes', async () => {
    await save('raced', [judgment]);
    const parents: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const id = await start({ stages: [{ refId: '1', type: 'pipeline', pipeline: 'raced' }] });
      await until(id, (state) => stagesOf(state)[0]?.status === 'RUNNING');
      await platform.executionCommands.cancel(id, { authentication }, 'enough');
      parents.push(id);
    }
    for (const parentId of parents) {
      await ended(parentId);
      const items = () => platform.items.openOf(`execution-${parentId}`);
      await expect.poll(async () => (await items()).length).toBe(0);
      for (const child of await platform.executionQueries.list({ parentId }, { limit: 5 })) {
        expect((await ended(child.id)).status).toBe('CANCELED');
      }
    }
  });
});

describe('what a work item asks for', () => {
  it('is not recorded once that item is closed, so that a cancel leaves nothing behind', async () => {
    const event = submitExecution(
      { application: 'demo', name: 'late', stages: [judgment] },
      { type: 'PIPELINE', now: Date.now(), ids: platform.ids, authentication, origin: 'api' },
    );
    const submitted = platform.executions.submit(event, {}, { whileOpen: 'closed long ago' });
    await expect(submitted).rejects.toMatchObject({ code: 'work.closed' });
    expect(await platform.executionQueries.exists(event.data.execution.id)).toBe(false);
  });
});

describe('a lock', () => {
  const locked = (name: string, ...rest: JsonObject[]) => ({
    stages: [{ type: 'lock', lockName: name }, { type: 'manualJudgment' }, ...rest],
  });
  const judging = (id: string) => until(id, (state) => stagesOf(state)[1]?.tasks[0]?.status === 'RUNNING');
  const approve = async (id: string) =>
    platform.executionCommands.patchStage(
      id,
      stagesOf(await judging(id))[1]!.id,
      { judgmentStatus: 'continue' },
      { authentication },
    );
  const queued = (id: string) => until(id, (state) => stagesOf(state)[0]?.context['lock'] !== undefined);

  it('is held by one execution at a time, and goes on to the next in line when that one ends', async () => {
    const first = await start(locked('db'));
    await judging(first);
    const second = await start(locked('db'));
    expect(stagesOf(await queued(second))[0]?.context['lock']).toMatchObject({ heldBy: first, position: 1 });
    const third = await start(locked('db'));
    await queued(third);
    await platform.executionCommands.cancel(first, { authentication });
    await approve(second);
    await approve(third);
    expect((await ended(second)).status).toBe('SUCCEEDED');
    expect((await ended(third)).status).toBe('SUCCEEDED');
  });

  it('can be given back before the end, and is waited for only so long', async () => {
    const first = await start(
      locked('early', { type: 'releaseLock', lockName: 'early' }, { type: 'manualJudgment' }),
    );
    await judging(first);
    const impatient = await start({ stages: [{ type: 'lock', lockName: 'early', timeoutSeconds: 0.05 }] });
    expect((await ended(impatient)).status).toBe('TERMINAL');
    const second = await start({ stages: [{ type: 'lock', lockName: 'early' }] });
    await queued(second);
    await approve(first);
    expect((await ended(second)).status).toBe('SUCCEEDED');
    expect((await platform.executions.load(first)).status).toBe('RUNNING');
    await platform.executionCommands.cancel(first, { authentication });
  });
});

describe('the invariant', () => {
  it('holds: no execution is unfinished with nothing open', async () => {
    expect(await platform.executionQueries.stranded()).toEqual([]);
  });
});
