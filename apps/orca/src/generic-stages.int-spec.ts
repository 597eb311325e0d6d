import type { JsonObject } from '@gennaker/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsOf, stageAt, startTestOrca, type TestOrca } from './testing/orca.suite.js';

let orca: TestOrca;
const by = { author: 'ann', origin: 'api' };
const stage = (refId: string, type: string, more: object = {}, ...requisiteStageRefIds: string[]) => ({
  refId,
  type,
  ...more,
  requisiteStageRefIds,
});

beforeAll(async () => {
  orca = await startTestOrca();
  const pipeline = (name: string, stages: JsonObject[]) =>
    orca.catalog.pipelines.save({ application: 'demo', name, stages }, by);
  await pipeline('outputs', [
    stage('1', 'evaluateVariables', { variables: [{ key: 'tag', value: '${parameters.tag}' }] }),
  ]);
  await pipeline('fails', [stage('1', 'checkPreconditions', { preconditions: [{ type: 'nonsense' }] })]);
  await pipeline('waits', [stage('1', 'manualJudgment')]);
});
afterAll(() => orca.close());

describe('runMultiplePipelines', () => {
  const bundle = (apps: object, more: object = {}) =>
    stage('1', 'runMultiplePipelines', { yamlConfig: [{ bundle_web: apps }], ...more });
  const child = (child_pipeline: string, more: object = {}) => ({ child_pipeline, ...more });

  it('runs the pipelines of a bundle level by level, and gives what each has given', async () => {
    const state = await orca.run([
      bundle({
        web: child('outputs', { arguments: { tag: 'v1' } }),
        db: child('outputs', { arguments: { tag: 'v2' }, depends_on: ['web'] }),
      }),
    ]);
    const { outputs, context } = stageAt(state, '1');
    expect([state.status, context['levelNumber']]).toEqual(['SUCCEEDED', 1]);
    const { web, db } = outputs['executionsList'] as Record<
      string,
      { executionId: string; outputs: JsonObject }
    >;
    expect([web?.outputs, db?.outputs]).toEqual([{ tag: 'v1' }, { tag: 'v2' }]);
    const [first, second] = await Promise.all(
      [web, db].map((one) => orca.platform.executions.load(one!.executionId)),
    );
    expect(second!.buildTime).toBeGreaterThanOrEqual(first!.endTime!);
  });

  it('fails with what failed, and does not start what depends on it, unless it is told to ignore it', async () => {
    const apps = {
      bad: child('fails'),
      next: child('outputs', { arguments: { tag: 'x' }, depends_on: ['bad'] }),
    };
    const failed = await orca.run([bundle(apps)]);
    expect([failed.status, stageAt(failed, '1').context['executions']]).toEqual([
      'TERMINAL',
      { bad: expect.objectContaining({ status: 'TERMINAL' }) },
    ]);
    expect(errorsOf(stageAt(failed, '1'))[0]).toMatch(/Pipeline fails .* ended TERMINAL/);
    expect((await orca.run([bundle(apps, { ignoreUncompleted: true })])).status).toBe('SUCCEEDED');
  });

  it('cancels the pipelines that it waits for when it is cancelled', async () => {
    const id = await orca.start({ stages: [bundle({ slow: child('waits') })] });
    const waiting = await orca.until(id, (state) => {
      const { executions } = stageAt(state, '1').context as { executions?: { slow?: { status?: string } } };
      return executions?.slow?.status !== undefined;
    });
    const { executions } = stageAt(waiting, '1').context as { executions: { slow: { executionId: string } } };
    await orca.platform.executionCommands.cancel(
      id,
      { authentication: { user: 'ann', allowedAccounts: [] } },
      'changed my mind',
    );
    expect((await orca.ended(executions.slow.executionId)).status).toBe('CANCELED');
  });
});

describe('waitForCondition', () => {
  it('waits until every condition holds', async () => {
    const id = await orca.start({
      stages: [
        stage('1', 'manualJudgment', { name: 'Ask' }),
        stage('2', 'waitForCondition', {
          intervalSeconds: 1,
          expression: "#stage('Ask').status == 'SUCCEEDED'",
          conditions: [{ type: 'stageStatus', context: { stageName: 'Ask', stageStatus: 'SUCCEEDED' } }],
        }),
      ],
    });
    const waiting = await orca.until(
      id,
      (state) => stageAt(state, '2').context['unmetConditions'] !== undefined,
    );
    expect(stageAt(waiting, '2').context['unmetConditions']).toEqual([
      'Stage "Ask" is RUNNING, not SUCCEEDED',
      expect.stringContaining('is false'),
    ]);
    await orca.platform.executionCommands.patchStage(
      id,
      stageAt(waiting, '1').id,
      { judgmentStatus: 'continue' },
      { authentication: { user: 'ann', allowedAccounts: [] } },
    );
    expect((await orca.ended(id)).status).toBe('SUCCEEDED');
  });

  it('fails a pipeline whose condition nobody knows only when its time is out', async () => {
    const state = await orca.run([
      stage('1', 'waitForCondition', {
        intervalSeconds: 1,
        conditions: [{ type: 'moon' }],
        stageTimeoutMs: 1_500,
      }),
    ]);
    expect([state.status, stageAt(state, '1').context['unmetConditions']]).toEqual([
      'TERMINAL',
      ['There is no condition of type "moon"'],
    ]);
  });
});

describe('a dry run', () => {
  it('runs what asks and decides, and touches nothing else, in child pipelines neither', async () => {
    await orca.catalog.pipelines.save(
      { application: 'demo', name: 'child', stages: [stage('1', 'webhook', { url: 'https://example.com' })] },
      by,
    );
    const state = await orca.run(
      [
        stage('1', 'webhook', { url: 'https://example.com', name: 'Call' }),
        stage('2', 'evaluateVariables', { variables: [{ key: 'seen', value: '${version}' }] }, '1'),
        stage('3', 'pipeline', { application: 'demo', pipeline: 'child' }, '2'),
      ],
      { trigger: { type: 'manual', dryRun: true, dryRunOutputs: { Call: { version: '7' } } } },
    );
    expect(state.status).toBe('SUCCEEDED');
    expect(stageAt(state, '1').tasks.map(({ name }) => name)).toEqual(['dryRun']);
    expect(stageAt(state, '2').outputs).toEqual({ seen: '7' });
    const child = await orca.platform.executions.load(String(stageAt(state, '3').context['executionId']));
    expect(stageAt(child, '1').tasks.map(({ name }) => name)).toEqual(['dryRun']);
  });
});

describe('the settings of tasks', () => {
  it('skip tasks and replace their lists', async () => {
    const changed = await startTestOrca({
      taskOverrides: { disabled: ['evaluateVariables'], stages: { pipeline: ['startPipeline'] } },
    });
    try {
      const state = await changed.run([
        stage('1', 'evaluateVariables', { variables: [{ key: 'a', value: 1 }] }),
        stage('2', 'noop', {}, '1'),
      ]);
      expect(stageAt(state, '1').tasks.map(({ status }) => status)).toEqual(['SKIPPED']);
      expect([state.status, stageAt(state, '1').outputs]).toEqual(['SUCCEEDED', {}]);
    } finally {
      await changed.close();
    }
  });
});
