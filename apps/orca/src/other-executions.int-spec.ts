import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '@gennaker/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsOf, stageAt, startTestOrca, type TestOrca } from './testing/orca.suite.js';

let orca: TestOrca;
const by = { author: 'ann', origin: 'api' };
const ann = { user: 'ann', allowedAccounts: [] };
const stage = (refId: string, type: string, more: object = {}, ...requisiteStageRefIds: string[]) => ({
  refId,
  type,
  ...more,
  requisiteStageRefIds,
});
const image = (reference: string) => ({ type: 'docker/image', name: 'nginx', reference });
const expected = { id: 'e1', matchArtifact: { type: 'docker/image', name: 'nginx' } };
const failing = stage('1', 'checkPreconditions', { preconditions: [{ type: 'nonsense' }] });

async function judging(id: string, refId = '1'): Promise<string> {
  const state = await orca.until(id, (now) => stageAt(now, refId).tasks[0]?.status === 'RUNNING');
  return stageAt(state, refId).id;
}
const judge = async (id: string, { refId = '1', user = 'ann' } = {}) =>
  orca.platform.executionCommands.patchStage(
    id,
    await judging(id, refId),
    { judgmentStatus: 'continue' },
    { authentication: { user, allowedAccounts: [] } },
  );
const save = (name: string, stages: JsonObject[], more: object = {}) =>
  orca.catalog.pipelines.save({ application: 'demo', name, stages, ...more }, by);

beforeAll(async () => {
  orca = await startTestOrca({ http: { allowPrivateAddresses: true } });
});
afterAll(() => orca.close());

describe('monitorPipeline', () => {
  it('waits until all others have ended, and tells how', async () => {
    const first = await orca.start({ stages: [stage('1', 'manualJudgment')] });
    const second = await orca.start({ stages: [stage('1', 'noop')] });
    const id = await orca.start({
      stages: [stage('1', 'monitorPipeline', { executionIds: [first, second] })],
    });
    await orca.until(id, (state) => stageAt(state, '1').context['executionStatuses'] !== undefined);
    await judge(first);
    const state = await orca.ended(id);
    expect([state.status, stageAt(state, '1').context['executionStatuses']]).toEqual([
      'SUCCEEDED',
      { [first]: { status: 'SUCCEEDED' }, [second]: { status: 'SUCCEEDED' } },
    ]);
  });

  it('fails at the first failure, or waits for the others before it does', async () => {
    const bad = await orca.start({ stages: [failing] });
    const slow = await orca.start({ stages: [stage('1', 'manualJudgment')] });
    const both = { executionIds: [bad, slow] };
    const fast = await orca.run([stage('1', 'monitorPipeline', { ...both, monitorBehavior: 'FailFast' })]);
    expect([fast.status, errorsOf(stageAt(fast, '1'))[0]]).toEqual([
      'TERMINAL',
      expect.stringContaining(`(${bad}) ended TERMINAL`),
    ]);
    const monitor = stage('1', 'monitorPipeline', { ...both, monitorBehavior: 'WaitForAllToComplete' });
    const patient = await orca.start({ stages: [monitor] });
    await orca.until(patient, (state) => {
      const statuses = stageAt(state, '1').context['executionStatuses'] as JsonObject | undefined;
      return (statuses?.[bad] as JsonObject | undefined)?.['status'] === 'TERMINAL';
    });
    expect((await orca.platform.executions.load(patient)).status).toBe('RUNNING');
    await judge(slow);
    expect((await orca.ended(patient)).status).toBe('TERMINAL');
  });

  it('says which execution there is not', async () => {
    const state = await orca.run([stage('1', 'monitorPipeline', { executionIds: ['nothing'] })]);
    expect(errorsOf(stageAt(state, '1'))).toEqual(['There is no execution nothing']);
  });
});

describe('dependsOnExecution', () => {
  it('goes on when the other execution succeeds, and fails with it', async () => {
    const other = await orca.start({ stages: [stage('1', 'manualJudgment')] });
    const id = await orca.start({ stages: [stage('1', 'dependsOnExecution', { executionId: other })] });
    await judging(id);
    await judge(other);
    expect((await orca.ended(id)).status).toBe('SUCCEEDED');

    const bad = await orca.run([failing]);
    const state = await orca.run([stage('1', 'dependsOnExecution', { executionId: bad.id })]);
    expect([state.status, errorsOf(stageAt(state, '1'))[0]]).toEqual([
      'TERMINAL',
      expect.stringContaining('ended TERMINAL'),
    ]);
  });
});

describe('artifacts', () => {
  it('are made of texts, whose expressions are evaluated, and are bound to what is expected', async () => {
    const state = await orca.run(
      [
        stage('1', 'evaluateArtifacts', {
          artifactContents: [{ id: 'a', name: 'values.yaml', contents: 'tag: ${parameters.tag}' }],
          expectedArtifacts: [{ id: 'v', matchArtifact: { type: 'embedded/base64', name: 'values.yaml' } }],
        }),
        stage(
          '2',
          'evaluateVariables',
          { variables: [{ key: 'text', value: '${#fromBase64(artifacts[0].reference)}' }] },
          '1',
        ),
      ],
      { trigger: { parameters: { tag: 'v7' } }, spelEvaluator: 'v4' },
    );
    expect(stageAt(state, '2').outputs).toEqual({ text: 'tag: v7' });
    expect(stageAt(state, '1').outputs['resolvedExpectedArtifacts']).toMatchObject([
      { id: 'v', boundArtifact: { name: 'values.yaml' } },
    ]);
  });

  it('are found in the newest execution of another pipeline that has the status asked for', async () => {
    const config = { id: 'source', name: 'source', stages: [stage('1', 'noop')] };
    await orca.ended(await orca.start({ ...config, trigger: { artifacts: [image('nginx:1')] } }));
    await orca.ended(
      await orca.start({ ...config, stages: [failing], trigger: { artifacts: [image('nginx:2')] } }),
    );
    const find = (executionOptions: JsonObject) =>
      orca.run([
        stage('1', 'findArtifactFromExecution', {
          application: 'demo',
          pipeline: 'source',
          expectedArtifacts: [expected],
          executionOptions,
        }),
      ]);
    const referenceIn = async (options: JsonObject) =>
      stageAt(await find(options), '1').outputs['artifacts'] as JsonObject[];
    expect(await referenceIn({ successful: true })).toMatchObject([image('nginx:1')]);
    expect(await referenceIn({ terminal: true })).toMatchObject([image('nginx:2')]);
    const none = await find({ running: true });
    expect(errorsOf(stageAt(none, '1'))).toEqual(['Pipeline source has no execution that is RUNNING']);
  });

  it('of a parent are bound by its child, and a child that misses one is not started', async () => {
    const more = { expectedArtifacts: [expected], triggers: [] as JsonObject[] };
    const { id } = await save('needy', [stage('1', 'noop', { image: '${trigger.artifacts[0].reference}' })], {
      ...more,
      triggers: [{ type: 'pipeline', pipeline: 'parent', enabled: true, expectedArtifactIds: ['e1'] }],
    });
    const parent = { id: 'parent', stages: [stage('1', 'pipeline', { application: 'demo', pipeline: id })] };
    const good = await orca.ended(
      await orca.start({ ...parent, trigger: { artifacts: [image('nginx:9')] } }),
    );
    const child = await orca.platform.executions.load(String(stageAt(good, '1').context['executionId']));
    expect([
      good.status,
      child.trigger['resolvedExpectedArtifacts'],
      stageAt(child, '1').context,
    ]).toMatchObject([
      'SUCCEEDED',
      [{ id: 'e1', boundArtifact: { reference: 'nginx:9' } }],
      { image: 'nginx:9' },
    ]);
    const bad = await orca.ended(await orca.start(parent));
    expect([bad.status, errorsOf(stageAt(bad, '1'))[0]]).toEqual([
      'TERMINAL',
      expect.stringMatching(/expectedArtifacts\[0\].*could not be resolved/),
    ]);
  });
});

describe('a judgment that hands on the identity of its judge', () => {
  it('lets the stages after it act as the judge, and others as who started the execution', async () => {
    await save('who', [stage('1', 'noop')]);
    const run = async (propagateAuthenticationContext: boolean) => {
      const id = await orca.start({
        stages: [
          stage('1', 'manualJudgment', { propagateAuthenticationContext }),
          stage('2', 'pipeline', { application: 'demo', pipeline: 'who' }, '1'),
        ],
      });
      await judge(id, { user: 'bob' });
      const state = await orca.ended(id);
      const child = await orca.platform.executions.load(String(stageAt(state, '2').context['executionId']));
      return child.authentication.user;
    };
    expect(await run(true)).toBe('bob');
    expect(await run(false)).toBe('ann');
  });
});

describe('a cancel', () => {
  let server: Server;
  let gone: Promise<void>;
  let arrived: Promise<void>;

  beforeAll(async () => {
    let onArrival: () => void;
    let onGone: () => void;
    arrived = new Promise((resolve) => (onArrival = resolve));
    gone = new Promise((resolve) => (onGone = resolve));
    server = createServer((request) => {
      request.socket.on('close', () => onGone());
      onArrival();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('aborts what a task has under way', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const id = await orca.start({ stages: [stage('1', 'webhook', { url })] });
    await arrived;
    await orca.platform.executionCommands.cancel(id, { authentication: ann }, 'enough');
    await gone;
    const state = await orca.ended(id);
    expect([state.status, stageAt(state, '1').status]).toEqual(['CANCELED', 'CANCELED']);
  });
});

describe('a restart', () => {
  it('of a stage waits in line while another execution of the pipeline has the only place', async () => {
    const config = { id: 'one-place', limitConcurrent: true, keepWaitingPipelines: true };
    const first = await orca.run([failing], config);
    const second = await orca.start({ ...config, stages: [stage('1', 'manualJudgment')] });
    await judging(second);
    const failed = stageAt(first, '1').id;
    await orca.platform.executionCommands.restartStage(first.id, failed, { authentication: ann });
    expect((await orca.platform.executions.load(first.id)).status).toBe('NOT_STARTED');
    await judge(second);
    const again = await orca.until(first.id, (now) => now.stages[failed]?.status === 'TERMINAL');
    expect(again.stages[failed]?.attempt).toBe(2);
    expect(again.startTime).toBeGreaterThanOrEqual((await orca.ended(second)).endTime!);
  });
});

describe('a restart with what has changed', () => {
  it('takes new preconditions from the configuration that comes with it', async () => {
    const precondition = (expression: string) => [{ type: 'expression', context: { expression } }];
    const check = (refId: string, expression: string) =>
      stage(refId, 'checkPreconditions', { preconditions: precondition(expression) });
    const failed = await orca.run([check('1', 'false'), stage('2', 'noop', {}, '1')]);
    const { id } = stageAt(failed, '1');
    await orca.platform.executionCommands.restartStage(
      failed.id,
      id,
      { authentication: ann },
      { stages: [check('1', 'true'), { refId: '2', type: 'noop', preconditions: [] }, 'nonsense'] },
    );
    const again = await orca.until(failed.id, (state) => state.status === 'SUCCEEDED');
    expect([again.stages[id]?.attempt, again.stages[id]?.context['preconditions']]).toEqual([
      2,
      precondition('true'),
    ]);
  });

  it('of a child is followed by the pipeline that waited for it, which starts no other', async () => {
    const { id } = await save('mendable', [
      stage('1', 'checkPreconditions', {
        preconditions: [{ type: 'expression', context: { expression: 'false' } }],
      }),
    ]);
    const parent = await orca.run([
      stage('1', 'pipeline', { application: 'demo', pipeline: id }),
      stage('2', 'noop', {}, '1'),
    ]);
    expect(parent.status).toBe('TERMINAL');
    const childId = String(stageAt(parent, '1').context['executionId']);
    const child = await orca.platform.executions.load(childId);
    await orca.platform.executionCommands.restartStage(
      childId,
      stageAt(child, '1').id,
      { authentication: ann },
      { stages: [{ refId: '1', preconditions: [] }] },
    );
    const followed = await orca.until(parent.id, (state) => state.status === 'SUCCEEDED');
    expect(stageAt(followed, '1')).toMatchObject({
      attempt: 2,
      status: 'SUCCEEDED',
      context: { executionId: childId, status: 'SUCCEEDED' },
    });
    expect(stageAt(followed, '2').status).toBe('SUCCEEDED');
  });
});

describe('a pipeline', () => {
  it('runs as often at once as it allows, and without a limit as often as it is asked to', async () => {
    const free = { id: 'free', stages: [stage('1', 'manualJudgment')] };
    for (const id of [await orca.start(free), await orca.start(free), await orca.start(free)])
      await judging(id);
    const two = { ...free, id: 'two', maxConcurrentExecutions: 2, keepWaitingPipelines: true };
    const first = await orca.start(two);
    const second = await orca.start(two);
    await judging(first);
    await judging(second);
    const third = await orca.start(two);
    await expect
      .poll(async () => (await orca.platform.items.openOf(`execution-${third}`))[0]?.dueAt ?? 0)
      .toBeGreaterThan(Date.now() + 20_000);
    expect((await orca.platform.executions.load(third)).status).toBe('NOT_STARTED');
    await judge(second);
    await judge(third);
    expect((await orca.ended(third)).status).toBe('SUCCEEDED');
  });

  it('that is cancelled before it starts never runs, and lets the next one in line go', async () => {
    const config = { id: 'early', limitConcurrent: true, keepWaitingPipelines: true };
    const first = await orca.start({ ...config, stages: [stage('1', 'manualJudgment')] });
    await judging(first);
    const second = await orca.start({ ...config, stages: [stage('1', 'noop')] });
    const third = await orca.start({ ...config, stages: [stage('1', 'noop')] });
    await orca.platform.executionCommands.cancel(second, { authentication: ann }, 'not needed');
    await judge(first);
    expect((await orca.ended(third)).status).toBe('SUCCEEDED');
    const cancelled = await orca.platform.executions.load(second);
    expect([cancelled.status, cancelled.startTime, stageAt(cancelled, '1').status]).toEqual([
      'CANCELED',
      undefined,
      'NOT_STARTED',
    ]);
  });
});
