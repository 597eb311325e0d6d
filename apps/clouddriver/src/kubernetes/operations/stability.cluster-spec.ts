import { readFileSync } from 'node:fs';
import { type JsonObject } from '@gennaker/kernel';
import { type Manifest, nameOf } from '@gennaker/manifest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperationsHarness } from './operations.suite.js';

const kubeconfig = readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
let harness: OperationsHarness;

beforeAll(async () => {
  harness = await OperationsHarness.start(kubeconfig);
  await harness.startWorker();
});

afterAll(() => harness.stop());

const workload = (kind: string, name: string, spec: JsonObject = {}, pod: JsonObject = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: harness.namespace },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'nginx:1' }], ...pod },
    },
    ...spec,
  },
});

const deploy = (...manifests: Manifest[]) => harness.result('deployManifest', { manifests });
const wait = (...names: string[]) =>
  harness.request('waitForManifestToStabilize', { manifestNamesByNamespace: { [harness.namespace]: names } });

/** The first log line of a running operation that holds the text. */
async function said(id: string, text: string): Promise<void> {
  await expect
    .poll(async () => (await harness.operations.get(id)).log.some(({ message }) => message.includes(text)), {
      timeout: 20_000,
    })
    .toBe(true);
}

describe('waiting for stability', () => {
  it('ends when the rollout is complete', async () => {
    await deploy(workload('Deployment', 'good', { replicas: 2 }));
    const operation = await harness.ended(await wait('deployment good'));
    expect(operation).toMatchObject({ status: 'SUCCEEDED', results: [{ failedManifests: [] }] });
    const live = await harness.get('Deployment', 'good');
    expect(live).toMatchObject({ status: { availableReplicas: 2, updatedReplicas: 2 } });
  });

  it('says why a pod cannot be scheduled, in the scheduler’s words, and stops when the object is deleted', async () => {
    await deploy(workload('Deployment', 'homeless', {}, { nodeSelector: { disk: 'gold' } }));
    const id = await wait('deployment homeless');
    await said(id, 'Unschedulable');
    await said(id, 'node');
    await harness.client.delete({ kind: 'Deployment', name: 'homeless', namespace: harness.namespace });
    const operation = await harness.ended(id);
    expect(operation).toMatchObject({ status: 'FAILED', error: { type: 'kubernetes.deleted' } });
  });

  it('reports a paused rollout at once', async () => {
    await deploy(workload('Deployment', 'resting', { paused: true }));
    const operation = await harness.ended(await wait('deployment resting'));
    expect(operation).toMatchObject({ status: 'FAILED', error: { type: 'kubernetes.paused' } });
  });

  it('says what a quota refuses', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'quota', namespace: harness.namespace },
      spec: { hard: { 'count/replicasets.apps': '50', 'requests.cpu': '1' } },
    };
    await deploy(quota);
    await expect
      .poll(async () => (await harness.get('ResourceQuota', 'quota'))?.['status'])
      .toHaveProperty('hard');
    const big = { containers: [{ name: 'app', image: 'nginx:1', resources: { requests: { cpu: '64' } } }] };
    await deploy(
      workload('Deployment', 'greedy', {}, big),
      workload('StatefulSet', 'hungry', { serviceName: 'x' }, big),
    );
    const ids = await Promise.all([wait('deployment greedy'), wait('statefulSet hungry')]);
    for (const id of ids) {
      await said(id, 'exceeded quota');
      await harness.operations.cancel(id, 'ann');
      expect(await harness.ended(id)).toMatchObject({ status: 'CANCELED' });
    }
    await harness.client.delete({ kind: 'ResourceQuota', name: 'quota', namespace: harness.namespace });
  });

  it('says why an image is not there, and how a container crashes, with the end of its log', async () => {
    const behaving = (name: string, behaviour: JsonObject): Manifest => {
      const template = {
        metadata: {
          labels: { app: name },
          annotations: Object.fromEntries(
            Object.entries(behaviour).map(([key, value]) => [`playground.gennaker.io/${key}`, value]),
          ),
        },
        spec: { containers: [{ name: 'app', image: 'nginx:1' }] },
      };
      return workload('Deployment', name, { template, progressDeadlineSeconds: 3 });
    };
    await deploy(
      behaving('missing', { 'image-pull-error': 'true' }),
      behaving('crashing', { 'crash-loop': 'true', logs: 'doomed' }),
    );
    const [missing, crashing] = await Promise.all([wait('deployment missing'), wait('deployment crashing')]);
    await said(missing, 'ImagePull');
    await said(crashing, 'CrashLoopBackOff');
    const failed = await Promise.all([harness.ended(missing), harness.ended(crashing)]);
    for (const { error } of failed) expect(error?.message).toContain('exceeded its progress deadline');
    expect(failed[0]?.error?.message).toContain('container app');
    expect(failed[1]?.error?.message).toContain('doomed');
  });

  it('waits for a Job, and tells the reason of one that fails', async () => {
    const job = (name: string, annotations: JsonObject): Manifest => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: harness.namespace },
      spec: {
        backoffLimit: 0,
        template: {
          metadata: { annotations },
          spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox' }] },
        },
      },
    });
    await deploy(job('fine', {}));
    expect(await harness.ended(await wait('job fine'))).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('takes a custom resource at its conditions', async () => {
    const group = `${harness.namespace}.example.com`;
    await deploy({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things', singular: 'thing' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    const thing = (name: string, conditions: JsonObject[]): Manifest => ({
      apiVersion: `${group}/v1`,
      kind: 'Thing',
      metadata: { name, namespace: harness.namespace },
      status: { conditions },
    });
    const ready = (status: string, message = ''): JsonObject => ({ type: 'Ready', status, message });
    await deploy(
      thing('slow', [ready('False', 'warming up')]),
      thing('stuck', [{ type: 'Stalled', status: 'True', message: 'no way' }]),
    );
    const stuck = await harness.ended(await wait(`Thing.${group} stuck`));
    expect(stuck.error?.message).toContain('no way');
    const id = await wait(`Thing.${group} slow`);
    await said(id, 'warming up');
    await harness.client.patch(
      { kind: `things.${group}`, name: 'slow', namespace: harness.namespace },
      { status: { conditions: [ready('True')] } },
      { type: 'merge' },
    );
    expect(await harness.ended(id)).toMatchObject({ status: 'SUCCEEDED' });
    await harness.result('deleteManifest', { manifestName: `crd things.${group}`, location: '' });
  });

  it('is carried on by another worker', async () => {
    await deploy(workload('Deployment', 'patient', {}, { nodeSelector: { disk: 'gold' } }));
    const id = await wait('deployment patient');
    await said(id, 'Unschedulable');
    await harness.expireLeases();
    await harness.startWorker();
    harness.retireOthers();
    await harness.client.delete({ kind: 'Deployment', name: 'patient', namespace: harness.namespace });
    expect(await harness.ended(id)).toMatchObject({
      status: 'FAILED',
      error: { type: 'kubernetes.deleted' },
    });
  });
});

describe('choosing a target', () => {
  it('takes the newest, the oldest and the largest of a cluster', async () => {
    const set = (replicas: number): Manifest => workload('ReplicaSet', 'fleet', { replicas });
    for (const replicas of [0, 1, 0]) await deploy(set(replicas));
    const choose = async (criteria: string): Promise<string> => {
      const target = await harness.result('resolveTargetManifest', {
        kind: 'replicaSet',
        app: 'app',
        cluster: 'replicaSet fleet',
        location: harness.namespace,
        criteria,
      });
      return String((target as unknown as JsonObject)['name']);
    };
    expect(await choose('largest')).toBe('fleet-v001');
    const none = await harness.run('resolveTargetManifest', {
      kind: 'replicaSet',
      app: 'app',
      cluster: 'replicaSet none',
      location: harness.namespace,
      criteria: 'newest',
    });
    expect(none.error?.message).toContain('No manifests matching newest');
  });
});

describe('cleanupArtifacts', () => {
  it('deletes old versions, but none that a workload still refers to', async () => {
    const config = (value: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'history',
        namespace: harness.namespace,
        annotations: { 'strategy.spinnaker.io/max-version-history': '2' },
      },
      data: { value },
    });
    const volumes = [{ name: 'v', configMap: { name: 'history' } }];
    const user = workload('Deployment', 'reader', { replicas: 0, revisionHistoryLimit: 0 }, { volumes });
    await deploy(config('0'), user);
    await deploy(config('1'));
    await deploy(config('2'));
    const last = await deploy(config('3'));
    await harness.result('cleanupArtifacts', { manifests: last.manifests });
    const left = await harness.client.listAll('configmaps', { namespace: harness.namespace });
    expect(left.map(nameOf).filter((name) => name.startsWith('history'))).toEqual([
      'history-v000',
      'history-v002',
      'history-v003',
    ]);
  });
});
