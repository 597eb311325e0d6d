import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { catalogMigrations } from '@gennaker/catalog';
import { type ExecutionState, isComplete, stagesOf } from '@gennaker/execution';
import { clouddriverMigrations } from '@gennaker/inventory';
import { type JsonObject } from '@gennaker/kernel';
import { annotationsOf, labelsOf, type Manifest } from '@gennaker/manifest';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, type Platform } from '@gennaker/platform';
import { createTestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clouddriverConfigFrom } from '../../clouddriver/src/clouddriver.config.js';
import { ClouddriverService } from '../../clouddriver/src/clouddriver.service.js';
import { orcaConfigSchema } from '../../orca/src/orca.config.js';
import { OrcaService } from '../../orca/src/orca.service.js';
import { submit, untilExecution } from '../../orca/src/testing/executions.js';

const namespace = `stages-${randomBytes(4).toString('hex')}`;
let platform: Platform;
let orca: OrcaService;
let clouddriver: ClouddriverService;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await createTestDatabase();
  drop = () => database.drop();
  platform = await createPlatform(
    {
      service: 'stages-test',
      databaseUrl: database.url,
      databasePoolSize: 20,
      redis: { url: process.env['REDIS_URL']!, tls: false },
      queuePrefix: `test-${randomUUID()}`,
    },
    [operationMigrations, catalogMigrations, clouddriverMigrations],
  );
  const account = { name: 'test', kubeconfigContents: readFileSync(process.env['KUBECONFIG']!, 'utf8') };
  clouddriver = new ClouddriverService(
    platform,
    clouddriverConfigFrom({ CLOUDDRIVER_INVENTORY: 'false' }, { accounts: [account] }),
  );
  await clouddriver.start();
  orca = new OrcaService(platform, orcaConfigSchema.parse({ relayIntervalMs: 50 }));
  orca.start();
  await client().create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

afterAll(async () => {
  await client().delete({ kind: 'Namespace', name: namespace });
  await orca.stop();
  await clouddriver.stop();
  await platform.close();
  await drop();
});

const client = () => clouddriver.kubernetes.registry.get('test').client;

const start = (stages: JsonObject[]) => submit(platform, { stages });
const until = (id: string, condition: (state: ExecutionState) => boolean) =>
  untilExecution(platform, id, condition);

async function run(...stages: JsonObject[]): Promise<ExecutionState> {
  const id = await start(stages);
  return until(id, (state) => isComplete(state.status));
}

const stageNamed = (state: ExecutionState, refId: string) =>
  stagesOf(state).find((stage) => stage.refId === refId)!;
const tasks = (state: ExecutionState, refId = '1') =>
  stageNamed(state, refId).tasks.map(({ name, status }) => [name, status]);
const succeeded = (...names: string[]) => names.map((name) => [name, 'SUCCEEDED']);

const workload = (
  kind: string,
  name: string,
  more: JsonObject = {},
  annotations: JsonObject = {},
): Manifest => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace, annotations },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'nginx:1' }] },
    },
    ...more,
  },
});

const stage = (type: string, more: JsonObject = {}): JsonObject => ({
  refId: '1',
  type,
  account: 'test',
  cloudProvider: 'kubernetes',
  ...more,
});
const deploy = (manifests: (Manifest | null)[], more: JsonObject = {}) =>
  stage('deployManifest', { source: 'text', manifests, moniker: { app: 'demo' }, ...more });

describe('the deployManifest stage', () => {
  it('deploys, waits until it is stable, and leaves what it made', async () => {
    const state = await run(deploy([workload('Deployment', 'web')]));
    expect(tasks(state)).toEqual(
      succeeded(
        'resolveDeploySourceManifest',
        'deployManifest',
        'monitorDeploy',
        'promoteOutputs',
        'waitForManifestToStabilize',
        'cleanupArtifacts',
        'monitorCleanup',
        'promoteOutputs',
        'bindProducedArtifacts',
      ),
    );
    expect(stageNamed(state, '1').outputs).toMatchObject({
      'outputs.manifestNamesByNamespace': { [namespace]: ['deployment web'] },
      'outputs.createdArtifacts': [{ type: 'kubernetes/deployment', reference: 'web' }],
      artifacts: [{ reference: 'web' }],
      requiredArtifacts: [],
      optionalArtifacts: [],
    });
    const live = await client().get({ kind: 'Deployment', name: 'web', namespace });
    expect(live.status).toMatchObject({ availableReplicas: 1 });
  });

  it('fails with the cluster’s words', async () => {
    const state = await run(
      deploy([workload('Deployment', 'bad', { selector: { matchLabels: { app: 'other' } } })]),
    );
    expect(state.status).toBe('TERMINAL');
    expect(tasks(state).at(2)).toEqual(['monitorDeploy', 'TERMINAL']);
    expect(JSON.stringify(stageNamed(state, '1').context['exception'])).toContain('selector');
  });

  it('only says what it would do, when it is asked for a plan', async () => {
    const state = await run(deploy([workload('Deployment', 'planned')], { plan: true }));
    expect(tasks(state)).toEqual(succeeded('resolveDeploySourceManifest', 'planManifests', 'monitorPlan'));
    expect(stageNamed(state, '1').outputs).toMatchObject({ plan: { manifests: [{ outcome: 'create' }] } });
    expect(await client().find({ kind: 'Deployment', name: 'planned', namespace })).toBeUndefined();
  });

  it('takes the traffic off what ran before, and deletes what never came up', async () => {
    await client().create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'front', namespace },
      spec: { selector: { 'front/active': 'yes' }, ports: [{ port: 80 }] },
    });
    const trafficManagement = {
      enabled: true,
      options: { enableTraffic: true, services: ['service front'], strategy: 'redblack' },
    };
    const set = workload('ReplicaSet', 'color');
    const first = await run(deploy([set], { trafficManagement }));
    expect(first.status).toBe('SUCCEEDED');
    const second = await run(deploy([set], { trafficManagement }));
    expect(second.status).toBe('SUCCEEDED');
    expect(stagesOf(second).map(({ type, status }) => [type, status])).toEqual([
      ['deployManifest', 'SUCCEEDED'],
      ['disableManifest', 'SUCCEEDED'],
    ]);
    const pods: Manifest[] = await client().listAll('pods', { namespace, labelSelector: 'app=color' });
    expect(pods.filter((pod) => labelsOf(pod)['front/active'] === 'yes')).toHaveLength(1);
    const third = await run(
      deploy([set], {
        trafficManagement: {
          ...trafficManagement,
          options: { ...trafficManagement.options, strategy: 'highlander' },
        },
      }),
    );
    expect(third.status).toBe('SUCCEEDED');
    const left = await client().listAll('replicasets', {
      namespace,
      labelSelector: 'app.kubernetes.io/name=demo',
    });
    expect(
      left
        .filter(({ metadata }) => metadata?.name?.startsWith('color-'))
        .map(({ metadata }) => metadata?.name),
    ).toEqual(['color-v002']);
  });

  it.each([
    ['that get their versions from us', 'tint', 'tint', 'deployment tint'],
    ['of one cluster, whatever their names', 'hue-a', 'hue-b', 'hue'],
  ])('does the same with Deployments %s', async (_which, firstName, secondName, cluster) => {
    const traffic = (strategy: string) => ({
      trafficManagement: {
        enabled: true,
        options: { enableTraffic: true, services: ['service shade'], strategy },
      },
      moniker: { app: 'demo', cluster },
    });
    await client()
      .create({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'shade', namespace },
        spec: { selector: { 'shade/active': 'yes' }, ports: [{ port: 80 }] },
      })
      .catch(() => undefined);
    const named = (name: string): Manifest => {
      const deployment = workload('Deployment', name);
      const versioned = { 'strategy.spinnaker.io/versioned': String(firstName === secondName) };
      return { ...deployment, metadata: { ...(deployment['metadata'] as object), annotations: versioned } };
    };
    expect((await run(deploy([named(firstName)], traffic('redblack')))).status).toBe('SUCCEEDED');
    const second = await run(deploy([named(secondName)], traffic('redblack')));
    expect(stagesOf(second).map(({ type, status }) => [type, status])).toEqual([
      ['deployManifest', 'SUCCEEDED'],
      ['disableManifest', 'SUCCEEDED'],
    ]);
    const third = await run(deploy([named(secondName)], traffic('highlander')));
    expect(third.status).toBe('SUCCEEDED');
    const left: Manifest[] = await client().listAll('deployments', { namespace });
    expect(left.filter((one) => annotationsOf(one)['moniker.spinnaker.io/cluster'] === cluster)).toHaveLength(
      1,
    );
  });

  it('leaves nothing to the stages after it when it says so', async () => {
    const state = await run(deploy([workload('Deployment', 'quiet', { replicas: 0 })], { noOutput: true }));
    expect(stageNamed(state, '1')).toMatchObject({ status: 'SUCCEEDED', outputs: {} });
    expect(stageNamed(state, '1').context['outputs.manifests']).toHaveLength(1);
  });

  it('takes documents that are empty, as a trailing separator leaves them', async () => {
    const { status } = await run(deploy([workload('Deployment', 'alone', { replicas: 0 }), null]));
    expect(status).toBe('SUCCEEDED');
  });

  it('says what it has waited for when its time is over', async () => {
    const spec = {
      template: {
        metadata: { labels: { app: 'late' } },
        spec: { nodeSelector: { disk: 'gold' }, containers: [{ name: 'app', image: 'nginx:1' }] },
      },
    };
    const state = await run(
      deploy([workload('Deployment', 'late', spec)], { stableManifestTimeoutMinutes: 0.03 }),
    );
    expect(state.status).toBe('TERMINAL');
    const exception = JSON.stringify(stageNamed(state, '1').context['exception']);
    expect(exception).toContain('timed out after 2 seconds: deployment late: ');
    expect(exception).toContain('Unschedulable');
  });

  it('stops what it waits for when it is cancelled', async () => {
    const spec = {
      template: {
        metadata: { labels: { app: 'stuck' } },
        spec: { nodeSelector: { disk: 'gold' }, containers: [{ name: 'app', image: 'nginx:1' }] },
      },
    };
    const id = await start([deploy([workload('Deployment', 'stuck', spec)])]);
    const waiting = await until(
      id,
      (state) =>
        stagesOf(state)[0]?.tasks.some(
          ({ name, status }) => name === 'waitForManifestToStabilize' && status === 'RUNNING',
        ) === true,
    );
    await platform.executionCommands.cancel(
      waiting.id,
      { authentication: { user: 'bob', allowedAccounts: [] } },
      'enough',
    );
    const state = await until(id, ({ status }) => isComplete(status));
    expect(state.status).toBe('CANCELED');
    // Asked for already or not: either way the operation ends canceled.
    const last = async (): Promise<string | undefined> => {
      const { rows } = await platform.database.pool.query<{ type: string }>(
        `select type from es.event where stream_id like 'operation-' || $1 || '%waitForManifest%'
         order by version desc limit 1`,
        [stageNamed(state, '1').id],
      );
      return rows[0]?.type;
    };
    await expect.poll(last, { timeout: 20_000 }).toBe('OperationCanceled');
  });
});

describe('the other stages on manifests', () => {
  it('scale, patch, restart, undo and delete', async () => {
    const on = { manifestName: 'deployment web', location: namespace };
    const scaled = await run(stage('scaleManifest', { ...on, replicas: 2 }));
    expect(tasks(scaled)).toEqual(
      succeeded('resolveTargetManifest', 'scaleManifest', 'monitorScale', 'waitForManifestToStabilize'),
    );
    const patched = await run(
      stage('patchManifest', {
        ...on,
        source: 'text',
        patchBody: [{ spec: { template: { metadata: { annotations: { a: 'b' } } } } }],
      }),
    );
    expect(tasks(patched)).toEqual(
      succeeded(
        'resolveTargetManifest',
        'resolvePatchSourceManifest',
        'patchManifest',
        'monitorPatch',
        'promoteOutputs',
        'waitForManifestToStabilize',
        'bindProducedArtifacts',
      ),
    );
    expect(tasks(await run(stage('rollingRestartManifest', on)))).toEqual(
      succeeded('rollingRestartManifest', 'monitorRollingRestart'),
    );
    expect(tasks(await run(stage('undoRolloutManifest', { ...on, numRevisionsBack: 1 })))).toEqual(
      succeeded('undoRolloutManifest', 'monitorUndoRollout', 'waitForManifestToStabilize'),
    );
    const found = await run(stage('findArtifactFromResource', on));
    expect(stageNamed(found, '1').outputs).toMatchObject({
      artifacts: [{ type: 'docker/image', name: 'nginx', reference: 'nginx:1' }],
    });
    const deleted = await run(stage('deleteManifest', on));
    expect(tasks(deleted)).toEqual(
      succeeded('resolveTargetManifest', 'deleteManifest', 'monitorDelete', 'promoteOutputs'),
    );
    expect(await client().find({ kind: 'Deployment', name: 'web', namespace })).toBeUndefined();
  });

  it('choose their target when they run', async () => {
    const state = await run(
      stage('scaleManifest', {
        kind: 'replicaSet',
        app: 'demo',
        cluster: 'replicaSet color',
        criteria: 'newest',
        location: namespace,
        replicas: 0,
      }),
    );
    expect(stageNamed(state, '1').outputs).toMatchObject({ manifestName: 'replicaSet color-v002' });
  });

  it('run a Job to its end', async () => {
    const manifest = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { generateName: 'task-', namespace },
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox' }] } },
      },
    };
    const state = await run(stage('runJob', { source: 'text', manifest, propertyFile: 'app' }));
    expect(state.status).toBe('SUCCEEDED');
    expect(stageNamed(state, '1').context['jobStatus']).toMatchObject({ jobState: 'Succeeded' });
  });
});

describe('the deployCanary stage', () => {
  const on = { manifestName: 'deployment shop', location: namespace, replicas: 1, source: 'text' };
  const next = () =>
    workload('Deployment', 'shop', {
      template: {
        metadata: { labels: { app: 'shop' } },
        spec: { containers: [{ name: 'app', image: 'nginx:2' }] },
      },
    });
  const sides = async (): Promise<string[]> => {
    const live = await client().listAll('deployments', {
      namespace,
      labelSelector: 'canary.spinnaker.io/role',
    });
    return live.map(({ metadata }) => metadata?.name ?? '');
  };

  beforeAll(async () => {
    await run(deploy([workload('Deployment', 'shop')]));
  });

  it('deploys the pair, lets it be, and takes both away', async () => {
    const state = await run(stage('deployCanary', { ...on, manifests: [next()], waitTime: 0.2 }));
    expect(state.status).toBe('SUCCEEDED');
    expect(stageNamed(state, '1').outputs).toMatchObject({
      baseline: 'deployment shop-baseline',
      canary: 'deployment shop-canary',
      canarySize: 1,
    });
    expect(stagesOf(state).map(({ type }) => type)).toEqual([
      'deployCanary',
      'wait',
      'deleteManifest',
      'deleteManifest',
    ]);
    expect(await sides()).toEqual([]);
    expect(await client().find({ kind: 'Deployment', name: 'shop', namespace })).toBeDefined();
  });

  it('takes both away also when it is cancelled', async () => {
    const id = await start([stage('deployCanary', { ...on, manifests: [next()], waitTime: 600 })]);
    await until(id, (state) =>
      stagesOf(state).some(({ type, status }) => type === 'wait' && status === 'RUNNING'),
    );
    expect(await sides()).toHaveLength(2);
    await platform.executionCommands.cancel(id, { authentication: { user: 'bob', allowedAccounts: [] } });
    await until(id, ({ status }) => isComplete(status));
    await expect.poll(sides, { timeout: 20_000 }).toEqual([]);
  });
});
