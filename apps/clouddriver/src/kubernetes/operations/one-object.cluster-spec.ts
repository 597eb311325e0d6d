import { readFileSync } from 'node:fs';
import { type JsonObject } from '@gennaker/kernel';
import { labelsOf, type Manifest, metadataOf, objectAt, specOf, templateOf } from '@gennaker/manifest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OperationsHarness } from './operations.suite.js';
import { NoTrafficGuards, TrafficGuards } from './traffic-guards.js';

const kubeconfig = readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
let harness: OperationsHarness;
let guarded = false;

beforeAll(async () => {
  harness = await OperationsHarness.start(kubeconfig);
  harness.guards = new (class extends TrafficGuards {
    override of() {
      return guarded
        ? Promise.resolve([{ account: 'test', location: '*', stack: '', detail: '' }])
        : new NoTrafficGuards().of();
    }
  })();
  await harness.startWorker();
});

beforeEach(() => {
  guarded = false;
});

afterAll(() => harness.stop());

const workload = (
  kind: string,
  name: string,
  spec: JsonObject = {},
  annotations: JsonObject = {},
): Manifest => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: harness.namespace, annotations },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'nginx:1' }] },
    },
    ...spec,
  },
});

const deploy = (...manifests: Manifest[]) => harness.result('deployManifest', { manifests });
const on = (manifestName: string, more: JsonObject = {}): JsonObject => ({
  manifestName,
  location: harness.namespace,
  ...more,
});
const imageOf = (manifest: Manifest | undefined): unknown =>
  JSON.stringify(templateOf(manifest ?? {})?.['spec']).match(/"image":"([^"]+)"/)?.[1];

async function stable(name: string): Promise<void> {
  await harness.result('waitForManifestToStabilize', {
    manifestNamesByNamespace: { [harness.namespace]: [name] },
  });
}

describe('scaleManifest', () => {
  it('sets the size, by default to none', async () => {
    await deploy(workload('Deployment', 'sized'));
    const operation = await harness.run('scaleManifest', on('deployment sized', { replicas: '3' }));
    expect(operation.steps[0]).toMatchObject({
      outcome: 'scaled',
      diff: { changes: [{ path: 'spec.replicas', before: 1, after: 3 }] },
    });
    await harness.result('scaleManifest', on('deploy sized'));
    const wrong = await harness.run('scaleManifest', on('deployment sized', { replicas: 'many' }));
    expect(wrong.error?.message).toBe('replicas: must be a number');
    expect(specOf((await harness.get('Deployment', 'sized'))!)['replicas']).toBe(0);
    await harness.result('resizeServerGroup', {
      serverGroupName: 'deployment sized',
      region: harness.namespace,
      capacity: { desired: 2 },
    });
    expect(specOf((await harness.get('Deployment', 'sized'))!)['replicas']).toBe(2);
  });

  it('refuses a kind without size, and an object that is not there', async () => {
    const config = await harness.run('scaleManifest', on('configMap x', { replicas: 1 }));
    expect(config.error?.message).toContain('does not support scale');
    const none = await harness.run('scaleManifest', on('deployment none', { replicas: 1 }));
    expect(none.error?.message).toContain('not found');
  });
});

describe('patchManifest', () => {
  it('patches strategically with artifacts, by merge and by JSON operations', async () => {
    await deploy(workload('Deployment', 'patched'));
    const body = { spec: { template: { spec: { containers: [{ name: 'app', image: 'nginx' }] } } } };
    const image = { type: 'docker/image', name: 'nginx', reference: 'nginx:2' };
    const strategic = await harness.result(
      'patchManifest',
      on('deployment patched', { patchBody: body, allArtifacts: [image], requiredArtifacts: [image] }),
    );
    expect(strategic.boundArtifacts).toMatchObject([image]);
    expect(imageOf(await harness.get('Deployment', 'patched'))).toBe('nginx:2');

    const merge = { metadata: { labels: { tier: 'gold' } } };
    await harness.result(
      'patchManifest',
      on('deployment patched', { patchBody: merge, options: { mergeStrategy: 'merge' } }),
    );
    const operations = [{ op: 'replace', path: '/spec/replicas', value: 2 }];
    await harness.result(
      'patchManifest',
      on('deployment patched', { patchBody: operations, options: { mergeStrategy: 'json' } }),
    );
    const live = await harness.get('Deployment', 'patched');
    expect(labelsOf(live!)).toMatchObject({ tier: 'gold' });
    expect(specOf(live!)['replicas']).toBe(2);
    expect(metadataOf(live!)['annotations']).toMatchObject({
      'kubernetes.io/change-cause': 'patchManifest deployment patched by ann',
    });
  });

  it('refuses to start when a required artifact has no place', async () => {
    const requiredArtifacts = [{ type: 'docker/image', name: 'other', reference: 'other:1' }];
    const operation = await harness.run(
      'patchManifest',
      on('deployment patched', { patchBody: {}, requiredArtifacts }),
    );
    expect(operation.error?.message).toContain('could not be bound');
  });
});

describe('rollouts', () => {
  it('are undone by the number of revisions and by revision', async () => {
    for (const tag of ['1', '2', '3']) {
      await deploy(
        workload('Deployment', 'history', {
          template: {
            metadata: { labels: { app: 'history' } },
            spec: { containers: [{ name: 'app', image: `nginx:${tag}` }] },
          },
        }),
      );
      await stable('deployment history');
    }
    await harness.result('undoRolloutManifest', on('deployment history', { numRevisionsBack: 1 }));
    expect(imageOf(await harness.get('Deployment', 'history'))).toBe('nginx:2');
    await stable('deployment history');
    await harness.result('undoRolloutManifest', on('deployment history', { revision: 1 }));
    expect(imageOf(await harness.get('Deployment', 'history'))).toBe('nginx:1');
    const far = await harness.run('undoRolloutManifest', on('deployment history', { numRevisionsBack: 9 }));
    expect(far.error?.message).toContain('revision(s) in total, cannot rollback 9');
  });

  it('of stateful sets are undone by their controller revisions', async () => {
    for (const tag of ['1', '2']) {
      await deploy(
        workload('StatefulSet', 'db', {
          serviceName: 'db',
          template: {
            metadata: { labels: { app: 'db' } },
            spec: { containers: [{ name: 'app', image: `nginx:${tag}` }] },
          },
        }),
      );
      await stable('statefulSet db');
    }
    await harness.result('undoRolloutManifest', on('statefulSet db', { numRevisionsBack: 1 }));
    expect(imageOf(await harness.get('StatefulSet', 'db'))).toBe('nginx:1');
  });

  it('are paused, resumed and restarted', async () => {
    await deploy(workload('Deployment', 'moody'));
    await harness.result('pauseRolloutManifest', on('deployment moody'));
    expect(specOf((await harness.get('Deployment', 'moody'))!)['paused']).toBe(true);
    const refused = await harness.run('rollingRestartManifest', on('deployment moody'));
    expect(refused.error?.message).toContain('resume it first');
    await harness.result('resumeRolloutManifest', on('deployment moody'));
    await harness.result('rollingRestartManifest', on('deployment moody'));
    const template = templateOf((await harness.get('Deployment', 'moody'))!);
    expect(objectAt(metadataOf(template ?? {}), 'annotations')).toHaveProperty([
      'kubectl.kubernetes.io/restartedAt',
    ]);
    const set = await harness.run('pauseRolloutManifest', on('statefulSet db'));
    expect(set.error?.message).toContain('does not support pause rollout');
  });
});

describe('traffic', () => {
  const service = (): Manifest => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'front', namespace: harness.namespace },
    spec: { selector: { 'front/active': 'yes' }, ports: [{ port: 80 }] },
  });
  const podLabels = async (): Promise<Record<string, string>[]> =>
    (await harness.client.listAll('pods', { namespace: harness.namespace, labelSelector: 'app=green' })).map(
      labelsOf,
    );

  it('is switched on at deploy, off and on again, pods included', async () => {
    await deploy(service());
    const set = workload(
      'ReplicaSet',
      'green',
      { replicas: 2 },
      { 'traffic.spinnaker.io/load-balancers': '["service front"]' },
    );
    const result = await deploy(set);
    expect(JSON.stringify(result.manifests[0])).toContain('"front/active":"yes"');
    await stable('replicaSet green-v000');
    await harness.result('disableManifest', on('replicaSet green-v000'));
    for (const labels of await podLabels()) expect(labels).not.toHaveProperty(['front/active']);
    const again = await harness.run('disableManifest', on('replicaSet green-v000'));
    expect(again.steps.map(({ outcome }) => outcome)).toEqual(['unchanged']);
    await harness.result('enableManifest', on('replicaSet green-v000'));
    for (const labels of await podLabels()) expect(labels).toMatchObject({ 'front/active': 'yes' });
  });

  it('is taken off a part of the pods', async () => {
    await harness.result('disableManifest', on('replicaSet green-v000', { targetPercentage: 50 }));
    const active = (await podLabels()).filter((labels) => labels['front/active'] === 'yes');
    expect(active).toHaveLength(1);
  });

  it('names what it cannot find', async () => {
    const balancer = await harness.run(
      'disableManifest',
      on('replicaSet green-v000', { loadBalancers: ['service none'] }),
    );
    expect(balancer.error?.message).toContain('Could not find load balancer service none');
    const form = await harness.run(
      'disableManifest',
      on('replicaSet green-v000', { loadBalancers: ['none'] }),
    );
    expect(form.error?.problems?.[0]?.message).toContain("form '{kind} {name}'");
    const object = await harness.run('enableManifest', on('replicaSet none'));
    expect(object.error?.message).toContain('Could not find kubernetes manifest');
  });

  it.each([
    ['disableManifest', {}],
    ['deleteManifest', {}],
    ['scaleManifest', { replicas: 0 }],
    ['patchManifest', { patchBody: { spec: { replicas: 0 } } }],
    [
      'patchManifest',
      {
        patchBody: [{ op: 'replace', path: '/spec/replicas', value: 0 }],
        options: { mergeStrategy: 'json' },
      },
    ],
  ])('of a guarded cluster is not ended by %s', async (kind, more) => {
    await harness.result('enableManifest', on('replicaSet green-v000'));
    guarded = true;
    const operation = await harness.run(kind, on('replicaSet green-v000', more));
    expect(operation).toMatchObject({
      status: 'FAILED',
      error: { type: 'kubernetes.traffic_guard' },
      steps: [],
    });
    expect(operation.error?.message).toContain('has traffic guards enabled');
  });

  it('of a guarded cluster is not ended by recreating what serves it, or by a manifest without replicas', async () => {
    await deploy(workload('Deployment', 'shielded'));
    await stable('deployment shielded');
    guarded = true;
    const recreate = { 'strategy.spinnaker.io/recreate': 'true' };
    const manifests = [workload('Deployment', 'shielded', {}, recreate)];
    const operation = await harness.run('deployManifest', { manifests });
    expect(operation).toMatchObject({
      status: 'FAILED',
      error: { type: 'kubernetes.traffic_guard' },
      steps: [],
    });
    const none = await harness.run('deployManifest', {
      manifests: [workload('Deployment', 'shielded', { replicas: 0 })],
    });
    expect(none).toMatchObject({
      status: 'FAILED',
      error: {
        type: 'kubernetes.traffic_guard',
        message: expect.stringContaining('Scaling to zero deployment shielded'),
      },
      steps: [],
    });
    guarded = false;
    await harness.result('deployManifest', { manifests });
  });
});

describe('runJob', () => {
  const job = (metadata: JsonObject): Manifest => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: harness.namespace, ...metadata },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox' }] } } },
  });

  it('fails when the container whose properties are wanted is not there', async () => {
    await harness.result('runJob', { manifest: job({ name: 'silent' }), application: 'app' });
    const wait = { manifestName: 'job silent', location: harness.namespace };
    const operation = await harness.run('waitOnJobCompletion', { ...wait, propertyFile: 'other' });
    expect(operation).toMatchObject({
      status: 'FAILED',
      error: { message: expect.stringContaining("in the log of container other of 'job silent'") },
      results: [{ jobStatus: { jobState: 'Succeeded' } }],
    });
    expect(await harness.result('waitOnJobCompletion', { ...wait, propertyFile: 'app' })).toMatchObject({
      propertyFileContents: {},
    });
  });

  it('makes room for itself under a fixed name, and counts up under a generated one', async () => {
    const run = async (metadata: JsonObject): Promise<Manifest> => {
      const result = await harness.result('runJob', { manifest: job(metadata), application: 'app' });
      expect((result as unknown as JsonObject)['deployedNamesByLocation']).toHaveProperty([
        harness.namespace,
      ]);
      return result.manifests[0]!;
    };
    const first = await run({ name: 'once' });
    const second = await run({ name: 'once' });
    expect(metadataOf(second)['uid']).not.toBe(metadataOf(first)['uid']);
    const names = [await run({ generateName: 'many-' }), await run({ generateName: 'many-' })].map(
      (one) => metadataOf(one)['name'],
    );
    expect(new Set(names).size).toBe(2);
  });

  it('runs Jobs only', async () => {
    const operation = await harness.run('runJob', { manifest: workload('Deployment', 'no') });
    expect(operation.error?.message).toContain('Only kind of Job is accepted');
  });
});
