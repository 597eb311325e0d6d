import { describe, expect, it } from 'vitest';
import { createNamespace, eventually, ownNamespace, ResourceClient, type Resource } from './cluster.js';
import { configMap, deployment, pod, replicaSet } from './workloads.js';

const namespace = ownNamespace();
const configMaps = new ResourceClient('v1', 'configmaps', namespace);
const deployments = new ResourceClient('apps/v1', 'deployments', namespace);
const replicaSets = new ResourceClient('apps/v1', 'replicasets', namespace);
const pods = new ResourceClient('v1', 'pods', namespace);
const namespaces = new ResourceClient('v1', 'namespaces');

const ownedBy = (...owners: Resource[]) => ({
  ownerReferences: owners.map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name,
    uid: metadata.uid,
    blockOwnerDeletion: true,
  })),
});

describe.concurrent('garbage collection', () => {
  it('deletes dependents in the background', async () => {
    const owner = await configMaps.create(configMap('background'));
    await configMaps.create(configMap('background-child', {}, ownedBy(owner)));
    await configMaps.remove('background', { propagationPolicy: 'Background' });
    expect(await configMaps.presence('background')).toBe(404);
    await eventually(() => configMaps.presence('background-child')).toBe(404);
  });

  it('deletes dependents first in the foreground, and the owner after them', async () => {
    const owner = await configMaps.create(configMap('foreground'));
    const hold = { finalizers: ['example.org/hold'] };
    await configMaps.create(configMap('foreground-child', {}, { ...ownedBy(owner), ...hold }));
    await configMaps.remove('foreground', { propagationPolicy: 'Foreground' });
    const dying = await configMaps.get('foreground');
    expect(dying.metadata).toMatchObject({
      deletionTimestamp: expect.any(String),
      finalizers: ['foregroundDeletion'],
    });
    await eventually(() => configMaps.get('foreground-child')).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
    });
    expect(await configMaps.presence('foreground')).toBe(200);
    await configMaps.patch('foreground-child', { metadata: { finalizers: null } });
    await eventually(() => configMaps.presence('foreground')).toBe(404);
  });

  it('leaves orphans, without their owner', async () => {
    const owner = await configMaps.create(configMap('orphaning'));
    await configMaps.create(configMap('orphan', {}, ownedBy(owner)));
    await configMaps.remove('orphaning', { propagationPolicy: 'Orphan' });
    await eventually(() => configMaps.presence('orphaning')).toBe(404);
    expect((await configMaps.get('orphan')).metadata).not.toHaveProperty('ownerReferences');
  });

  it('keeps a dependent of two owners until both are gone', async () => {
    const first = await configMaps.create(configMap('first-owner'));
    const second = await configMaps.create(configMap('second-owner'));
    await configMaps.create(configMap('two-owners', {}, ownedBy(first, second)));
    await configMaps.remove('first-owner', { propagationPolicy: 'Background' });
    await eventually(() => configMaps.get('two-owners')).toMatchObject({
      metadata: { ownerReferences: [{ name: 'second-owner' }] },
    });
    await configMaps.remove('second-owner', { propagationPolicy: 'Background' });
    await eventually(() => configMaps.presence('two-owners')).toBe(404);
  });

  it('collects a dependent whose owner never was', async () => {
    const ghost = { metadata: { name: 'ghost', uid: '11111111-2222-3333-4444-555555555555' } } as Resource;
    await configMaps.create(configMap('haunted', {}, ownedBy(ghost)));
    await eventually(() => configMaps.presence('haunted')).toBe(404);
  });

  it('takes the ReplicaSets and pods of a deleted Deployment', async () => {
    await deployments.create(deployment('cascading', { replicas: 2 }));
    await eventually(() => pods.names({ labelSelector: 'app=cascading' })).toHaveLength(2);
    await deployments.remove('cascading', { propagationPolicy: 'Background' });
    await eventually(() => replicaSets.names({ labelSelector: 'app=cascading' })).toEqual([]);
    await eventually(() => pods.names({ labelSelector: 'app=cascading' })).toEqual([]);
  });

  it('leaves the ReplicaSets of a Deployment deleted with Orphan', async () => {
    await deployments.create(deployment('leaving', { replicas: 1 }));
    await eventually(() => pods.names({ labelSelector: 'app=leaving' })).toHaveLength(1);
    await deployments.remove('leaving', { propagationPolicy: 'Orphan' });
    await eventually(() => deployments.presence('leaving')).toBe(404);
    const [left] = (await replicaSets.list({ labelSelector: 'app=leaving' })).items;
    expect(left?.metadata).not.toHaveProperty('ownerReferences');
    expect(await pods.names({ labelSelector: 'app=leaving' })).toHaveLength(1);
  });

  it('refuses an unknown policy', async () => {
    await configMaps.create(configMap('policy'));
    await expect(configMaps.remove('policy', { propagationPolicy: 'Sideways' })).rejects.toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('propagationPolicy') },
    });
  });
});

describe.concurrent('adoption', () => {
  it('a ReplicaSet takes a matching pod that nobody owns, and counts it', async () => {
    const orphan = await pods.create(pod('lonely', { labels: { app: 'adopting' } }));
    const set = await replicaSets.create(replicaSet('adopting', { replicas: 2 }));
    await eventually(() => pods.get('lonely')).toMatchObject({
      metadata: {
        uid: orphan.metadata.uid,
        ownerReferences: [{ kind: 'ReplicaSet', uid: set.metadata.uid, controller: true }],
      },
    });
    await eventually(() => pods.names({ labelSelector: 'app=adopting' })).toHaveLength(2);
  });

  it('a ReplicaSet lets a pod go that no longer matches, and makes another', async () => {
    await replicaSets.create(replicaSet('releasing', { replicas: 1 }));
    await eventually(() => pods.names({ labelSelector: 'app=releasing' })).toHaveLength(1);
    const [name = ''] = await pods.names({ labelSelector: 'app=releasing' });
    await pods.patch(name, { metadata: { labels: { app: 'released' } } });
    await eventually(async () => (await pods.get(name)).metadata.ownerReferences).toBe(undefined);
    await eventually(() => pods.names({ labelSelector: 'app=releasing' })).toHaveLength(1);
  });
});

describe.concurrent('a namespace', () => {
  it('is active, and held by the kubernetes finalizer', async () => {
    expect(await namespaces.get(namespace)).toMatchObject({
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  it('gets a default service account', async () => {
    const accounts = new ResourceClient('v1', 'serviceaccounts', namespace);
    await eventually(() => accounts.names()).toContain('default');
  });

  it('takes all it holds along when it is deleted', async () => {
    const name = `${namespace}-full`;
    await createNamespace(name);
    const inside = new ResourceClient('v1', 'configmaps', name);
    const podsInside = new ResourceClient('v1', 'pods', name);
    await inside.create(configMap('content'));
    await new ResourceClient('apps/v1', 'deployments', name).create(deployment('web', { replicas: 2 }));
    await eventually(() => podsInside.names()).toHaveLength(2);
    await namespaces.remove(name);
    await eventually(() => namespaces.presence(name), 60_000).toBe(404);
    expect(await inside.names()).toEqual([]);
    expect(await podsInside.names()).toEqual([]);
  });

  it('is terminating, and takes nothing new, while something holds it', async () => {
    const name = `${namespace}-held`;
    await createNamespace(name);
    const inside = new ResourceClient('v1', 'configmaps', name);
    await inside.create(configMap('holder', {}, { finalizers: ['example.org/hold'] }));
    await namespaces.remove(name);
    await eventually(() => namespaces.get(name)).toMatchObject({ status: { phase: 'Terminating' } });
    await expect(inside.create(configMap('late'))).rejects.toMatchObject({
      status: 403,
      body: {
        reason: 'Forbidden',
        message: expect.stringContaining('because it is being terminated'),
        details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
      },
    });
    await inside.patch('holder', { metadata: { finalizers: null } });
    await eventually(() => namespaces.presence(name), 60_000).toBe(404);
  });

  it.each(['default', 'kube-system'])('named %s may not be deleted', async (name) => {
    await expect(namespaces.remove(name)).rejects.toMatchObject({
      status: 403,
      body: { reason: 'Forbidden' },
    });
  });

  it('must be named as a DNS label', async () => {
    await expect(namespaces.create({ metadata: { name: 'with.dots' } })).rejects.toMatchObject({
      status: 422,
    });
  });
});
