import { createPlatform, type Platform } from '@gennaker/platform';
import { type ExecutionState, replay, stagesOf, submitExecution, toExecutionView } from '@gennaker/execution';
import { toExecutionEvent } from '@gennaker/execution-store';
import { canonicalJson } from '@gennaker/kernel';
import { createTestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { orcaConfigSchema } from './orca.config.js';
import { OrcaService } from './orca.service.js';
import { startTestOrca, type TestOrca } from './testing/orca.suite.js';

let orca: TestOrca;
let platform: Platform;
const authentication = { user: 'ann', allowedAccounts: [] };

beforeAll(async () => {
  orca = await startTestOrca({ strandedIntervalMs: 50 });
  ({ platform } = orca);
});

afterAll(() => orca.close());

const start: TestOrca['start'] = (pipeline) => orca.start(pipeline);
const until: TestOrca['until'] = (id, condition) => orca.until(id, condition);
const ended: TestOrca['ended'] = (id) => orca.ended(id);
const statuses = (state: ExecutionState) =>
  Object.fromEntries(stagesOf(state).map((s) => [s.refId, s.status]));

describe('an execution', () => {
  it('runs stages side by side, joins them, and succeeds', async () => {
    const id = await start({
      stages: [
        { refId: '1', type: 'noop' },
        { refId: '2', type: 'noop', requisiteStageRefIds: ['1'] },
        { refId: '3', type: 'wait', waitTime: 0.05, requisiteStageRefIds: ['1'] },
        { refId: '4', type: 'noop', requisiteStageRefIds: ['2', '3'] },
      ],
    });
    const state = await ended(id);
    expect(statuses(state)).toEqual({
      '1': 'SUCCEEDED',
      '2': 'SUCCEEDED',
      '3': 'SUCCEEDED',
      '4': 'SUCCEEDED',
    });
    expect(state.status).toBe('SUCCEEDED');
    expect(await platform.items.openOf(`execution-${id}`)).toEqual([]);
  });

  it('folds from its stored events to the very state that was committed', async () => {
    const id = await start({
      stages: [{ refId: '1', type: 'checkPreconditions', preconditions: [{ type: 'noop' }] }],
    });
    const state = await ended(id);
    const events = await platform.executions.events(id);
    expect(canonicalJson(replay(events.map(toExecutionEvent)))).toBe(canonicalJson(state));
  });

  it('waits for a judgment without running anything, and goes on when it is given', async () => {
    const id = await start({
      stages: [
        { refId: '1', type: 'manualJudgment' },
        { refId: '2', type: 'noop', requisiteStageRefIds: ['1'] },
      ],
    });
    const waiting = await until(id, (s) => stagesOf(s)[0]!.tasks[0]?.status === 'RUNNING');
    const stage = stagesOf(waiting)[0]!;
    await platform.executionCommands.patchStage(
      id,
      stage.id,
      { judgmentStatus: 'continue' },
      { authentication },
    );
    const state = await ended(id);
    expect(state.status).toBe('SUCCEEDED');
    expect(state.stages[stage.id]?.lastModified?.user).toBe('ann');
  });

  it('ends at once when it is cancelled', async () => {
    const id = await start({
      stages: [
        { refId: '1', type: 'wait', waitTime: 3600 },
        { refId: '2', type: 'noop', requisiteStageRefIds: ['1'] },
      ],
    });
    await until(id, (s) => stagesOf(s)[0]!.tasks[0]?.status === 'RUNNING');
    const state = await platform.executionCommands.cancel(id, { authentication }, 'enough');
    expect(toExecutionView(state)).toMatchObject({
      status: 'CANCELED',
      canceledBy: 'ann',
      cancellationReason: 'enough',
    });
    expect(statuses(state)).toEqual({ '1': 'CANCELED', '2': 'NOT_STARTED' });
    expect(await platform.items.openOf(`execution-${id}`)).toEqual([]);
  });

  it('fails as a whole when a stage fails, and restarts from that stage as a new attempt', async () => {
    const id = await start({
      stages: [
        { refId: '1', type: 'manualJudgment' },
        { refId: '2', type: 'noop', requisiteStageRefIds: ['1'] },
      ],
    });
    const waiting = await until(id, (s) => stagesOf(s)[0]!.tasks[0]?.status === 'RUNNING');
    const { id: stageId } = stagesOf(waiting)[0]!;
    await platform.executionCommands.patchStage(id, stageId, { judgmentStatus: 'stop' }, { authentication });
    expect((await ended(id)).status).toBe('TERMINAL');
    await platform.executionCommands.restartStage(id, stageId, { authentication });
    await until(id, (s) => s.status === 'RUNNING' && stagesOf(s)[0]!.tasks[0]?.status === 'RUNNING');
    await platform.executionCommands.patchStage(
      id,
      stageId,
      { judgmentStatus: 'continue' },
      { authentication },
    );
    const state = await ended(id);
    expect(state.status).toBe('SUCCEEDED');
    expect(state.stages[stageId]).toMatchObject({ attempt: 2, pastAttempts: [{ status: 'TERMINAL' }] });
  });

  it('is never taken back to running by a doubled or stale start', async () => {
    const id = await start({ stages: [{ refId: '1', type: 'noop' }] });
    await ended(id);
    const before = await platform.executions.load(id);
    const item = { id: `again-${id}`, queue: 'orca', kind: 'settle', application: 'demo' };
    await platform.journal.append({
      stream: `execution-${id}-unrelated`,
      expectedVersion: 0,
      events: [{ type: 'Noted', data: {} }],
      workItems: { open: [item] },
    });
    await platform.database.pool.query('update es.work_item set stream_id = $1 where id = $2', [
      `execution-${id}`,
      item.id,
    ]);
    await platform.journal.wake([item.id]);
    await expect.poll(() => platform.items.openOf(`execution-${id}`)).toEqual([]);
    expect(await platform.executions.load(id)).toEqual(before);
  });

  it('holds still while it is paused, and goes on when it is resumed', async () => {
    const id = await start({ stages: [{ refId: '1', type: 'wait', waitTime: 0.2 }] });
    await until(id, (s) => s.status === 'RUNNING');
    await platform.executionCommands.pause(id, { authentication });
    const item = (await platform.items.openOf(`execution-${id}`))[0]!;
    await expect
      .poll(async () => (await platform.items.openOf(`execution-${id}`))[0]!.dueAt)
      .toBeGreaterThan(item.dueAt + 1e9);
    expect((await platform.executions.load(id)).status).toBe('PAUSED');
    await platform.executionCommands.resume(id, { authentication });
    expect((await ended(id)).status).toBe('SUCCEEDED');
  });
});

describe('without a queue', () => {
  it('executions go on, at the pace of the relay', async () => {
    const database = await createTestDatabase();
    const alone = await createPlatform({
      service: 'orca-alone',
      databaseUrl: database.url,
      redis: { url: 'redis://127.0.0.1:1', tls: false },
      queueWaitMs: 0,
    });
    const worker = new OrcaService(alone, orcaConfigSchema.parse({ relayIntervalMs: 20 }));
    worker.start();
    const event = submitExecution(
      {
        application: 'demo',
        name: 'p',
        stages: [{ type: 'noop' }, { type: 'wait', waitTime: 0.05 }, { type: 'noop' }],
      },
      { type: 'PIPELINE', now: Date.now(), ids: alone.ids, authentication, origin: 'api' },
    );
    const { id } = await alone.executions.submit(event, {});
    await expect
      .poll(async () => (await alone.executions.load(id)).status, { timeout: 20_000 })
      .toBe('SUCCEEDED');
    await worker.stop();
    await alone.close();
    await database.drop();
  });
});

describe('the invariant', () => {
  it('holds: no execution is unfinished with nothing open', async () => {
    expect(await platform.executionQueries.stranded()).toEqual([]);
  });

  it('heals: an execution whose work was lost gets it back, with its place and its limit', async () => {
    const event = submitExecution(
      {
        application: 'demo',
        name: 'p',
        maxDurationMinutes: 60,
        stages: [
          { refId: '1', type: 'wait', waitTime: 0.3 },
          { refId: '2', type: 'wait', waitTime: 0.1, requisiteStageRefIds: ['1'] },
        ],
      },
      { type: 'PIPELINE', now: Date.now(), ids: platform.ids, authentication, origin: 'api' },
    );
    const { id } = await platform.executions.submit(event, {});
    await expect.poll(async () => (await platform.executions.load(id)).status).toBe('RUNNING');
    await platform.database.pool.query('delete from es.work_item where stream_id = $1', [`execution-${id}`]);
    await expect
      .poll(async () => (await platform.executions.load(id)).status, { timeout: 20_000 })
      .toBe('SUCCEEDED');
    expect(await platform.items.openOf(`execution-${id}`)).toEqual([]);
  });
});
