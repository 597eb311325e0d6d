import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, ownNamespace } from './cluster.js';
import { behaviour, deployment, pod } from './workloads.js';

const namespace = ownNamespace();
const config = new KubeConfig();
const labelled = (name: string, data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { by: 'client-node' } },
  data,
});

beforeAll(() => config.loadFromDefault());

describe('@kubernetes/client-node', () => {
  it('creates, reads, pages, replaces and deletes by its typed API', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const body = { metadata: { name: 'typed' }, data: { a: '1' } };
    const made = await core.createNamespacedConfigMap({ namespace, body });
    expect(made.metadata?.creationTimestamp).toBeInstanceOf(Date);
    const changed = await core.replaceNamespacedConfigMap({
      namespace,
      name: 'typed',
      body: Object.assign(made, { data: { a: '2' } }),
    });
    expect(changed.data).toEqual({ a: '2' });
    const page = await core.listNamespacedConfigMap({ namespace, limit: 1 });
    expect(page.items).toHaveLength(1);
    await core.deleteNamespacedConfigMap({ namespace, name: 'typed' });
    await expect(core.readNamespacedConfigMap({ namespace, name: 'typed' })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('finds the path of any object by discovery, and applies it', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const draft = { ...deployment('dynamic', { replicas: 0 }), metadata: { name: 'dynamic', namespace } };
    await objects.create(draft);
    const apply = (replicas: number, force: boolean) =>
      objects.patch(
        { ...draft, spec: { ...draft.spec, replicas } },
        undefined,
        undefined,
        'client-node',
        force,
        PatchStrategy.ServerSideApply,
      );
    await expect(apply(1, false)).rejects.toMatchObject({ code: 409 });
    expect(await apply(1, true)).toMatchObject({ spec: { replicas: 1 } });
    await objects.delete(draft);
  });

  it('informs of what exists and what changes', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const labelSelector = 'by=client-node';
    await core.createNamespacedConfigMap({ namespace, body: labelled('before', {}) });
    const informer = makeInformer<V1ConfigMap>(
      config,
      `/api/v1/namespaces/${namespace}/configmaps`,
      () => core.listNamespacedConfigMap({ namespace, labelSelector }),
      labelSelector,
    );
    const story: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const) {
      informer.on(verb, (object: V1ConfigMap) => story.push(`${verb} ${object.metadata?.name}`));
    }
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: labelled('after', {}) });
    await core.replaceNamespacedConfigMap({ namespace, name: 'after', body: labelled('after', { a: '1' }) });
    await core.deleteNamespacedConfigMap({ namespace, name: 'before' });
    await eventually(() => story).toEqual(['add before', 'add after', 'update after', 'delete before']);
    await informer.stop();
  });

  it('reads a log', async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedPod({
      namespace,
      body: pod('logging', { annotations: behaviour.logs('hello') }),
    });
    await eventually(() => core.readNamespacedPod({ namespace, name: 'logging' })).toMatchObject({
      status: { phase: 'Running' },
    });
    const sink = new PassThrough();
    let text = '';
    sink.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    await new Log(config).log(namespace, 'logging', 'app', sink, { follow: false });
    await eventually(() => text).toSatisfy((log) => log.endsWith('hello\n'));
  });

  it('reads and writes a scale', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    await apps.createNamespacedDeployment({ namespace, body: deployment('scaled', { replicas: 0 }) });
    const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'scaled' });
    // A server may leave out a zero.
    expect(scale.spec?.replicas ?? 0).toBe(0);
    const changed = await apps.replaceNamespacedDeploymentScale({
      namespace,
      name: 'scaled',
      body: { metadata: { name: 'scaled', namespace }, spec: { replicas: 1 } },
    });
    expect(changed.spec?.replicas).toBe(1);
  });
});
