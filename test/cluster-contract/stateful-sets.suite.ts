import { describe, expect, it } from 'vitest';
import { at, eventually, ownNamespace, ResourceClient } from './cluster.js';
import { behaviour, statefulSet, type WorkloadOptions } from './workloads.js';

const namespace = ownNamespace();
const statefulSets = new ResourceClient('apps/v1', 'statefulsets', namespace);
const pods = new ResourceClient('v1', 'pods', namespace);
const revisions = new ResourceClient('apps/v1', 'controllerrevisions', namespace);
const claims = new ResourceClient('v1', 'persistentvolumeclaims', namespace);

const podsOf = async (name: string) => (await pods.list({ labelSelector: `app=${name}` })).items;
const namesOf = (name: string) => pods.names({ labelSelector: `app=${name}` });
const imagesOf = async (name: string) =>
  Object.fromEntries(
    (await podsOf(name)).map((pod) => [pod.metadata.name, at(pod, 'spec.containers.0.image') as string]),
  );
const setImage = (name: string, image: string) =>
  statefulSets.patch(
    name,
    { spec: { template: { spec: { containers: [{ name: 'app', image }] } } } },
    'strategic',
  );

async function settled(name: string, replicas: number) {
  await eventually(() => statefulSets.get(name)).toSatisfy(({ metadata, status }) => {
    const { observedGeneration, readyReplicas = 0, ...rest } = (status ?? {}) as Record<string, number>;
    return (
      observedGeneration === metadata.generation && readyReplicas === replicas && rest.replicas === replicas
    );
  });
}

async function made(name: string, options: WorkloadOptions) {
  await statefulSets.create(statefulSet(name, options));
  await settled(name, options.replicas ?? 1);
}

const updateStrategy = (type: string, rollingUpdate?: object) => ({
  updateStrategy: { type, ...(rollingUpdate && { rollingUpdate }) },
});

describe.concurrent('a StatefulSet', () => {
  it('makes numbered pods one after the other, each when the one before is ready', async () => {
    await using watch = await pods.watch({ labelSelector: 'app=ordered' });
    await made('ordered', { replicas: 3 });
    expect(await namesOf('ordered')).toEqual(['ordered-0', 'ordered-1', 'ordered-2']);
    const story = watch.events.map(({ type, object }) => {
      const conditions = (at(object, 'status.conditions') ?? []) as { type: string; status: string }[];
      const ready = conditions.some((one) => one.type === 'Ready' && one.status === 'True');
      return `${type === 'ADDED' ? 'added' : ready ? 'ready' : ''} ${object.metadata.name}`;
    });
    expect(story.indexOf('ready ordered-0')).toBeLessThan(story.indexOf('added ordered-1'));
    expect(story.indexOf('ready ordered-1')).toBeLessThan(story.indexOf('added ordered-2'));
  });

  it('names pod and revision in the labels of a pod', async () => {
    await made('labelled', { replicas: 1 });
    const set = await statefulSets.get('labelled');
    const revision = at(set, 'status.currentRevision');
    expect(revision).toMatch(/^labelled-\w+$/);
    expect(await pods.get('labelled-0')).toMatchObject({
      metadata: {
        labels: {
          'statefulset.kubernetes.io/pod-name': 'labelled-0',
          'controller-revision-hash': revision,
        },
        ownerReferences: [{ kind: 'StatefulSet', name: 'labelled' }],
      },
      spec: { hostname: 'labelled-0', subdomain: 'labelled' },
    });
    expect(await revisions.get(revision as string)).toMatchObject({ revision: 1 });
  });

  it('reports the counts that a rollout is judged by', async () => {
    await made('counted', { replicas: 2 });
    const { status } = await statefulSets.get('counted');
    expect(status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      readyReplicas: 2,
      currentReplicas: 2,
      updatedReplicas: 2,
      currentRevision: at({ status }, 'status.updateRevision'),
    });
  });

  it('stops at a pod that does not become ready', async () => {
    await statefulSets.create(statefulSet('stuck', { replicas: 2, annotations: behaviour.neverReady }));
    await eventually(() => podsOf('stuck')).toMatchObject([{ status: { phase: 'Running' } }]);
    expect(await namesOf('stuck')).toEqual(['stuck-0']);
  });

  it('makes all pods at once under Parallel', async () => {
    const annotations = behaviour.neverReady;
    await statefulSets.create(
      statefulSet('parallel', { replicas: 3, annotations, spec: { podManagementPolicy: 'Parallel' } }),
    );
    await eventually(() => namesOf('parallel')).toEqual(['parallel-0', 'parallel-1', 'parallel-2']);
  });

  it('makes a deleted pod anew under its name', async () => {
    await made('healing', { replicas: 1 });
    const before = await pods.get('healing-0');
    await pods.remove('healing-0');
    await eventually(async () => (await podsOf('healing')).map((pod) => pod.metadata.uid)).toSatisfy(
      (uids) => uids.length === 1 && uids[0] !== before.metadata.uid,
    );
  });

  it('scales down from the highest number', async () => {
    await made('shrinking', { replicas: 3 });
    await using watch = await pods.watch({ labelSelector: 'app=shrinking' });
    await statefulSets.patch('shrinking', { spec: { replicas: 1 } }, 'merge', {}, 'scale');
    await eventually(() => namesOf('shrinking')).toEqual(['shrinking-0']);
    await eventually(() => watch.story.filter((line) => line.startsWith('DELETED'))).toEqual([
      'DELETED shrinking-2',
      'DELETED shrinking-1',
    ]);
  });

  it('makes a claim per pod and template', async () => {
    const spec = {
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    };
    await statefulSets.create(statefulSet('storing', { spec }));
    await eventually(() => claims.presence('data-storing-0')).toBe(200);
    await eventually(() => pods.get('storing-0')).toMatchObject({
      spec: {
        volumes: expect.arrayContaining([
          { name: 'data', persistentVolumeClaim: { claimName: 'data-storing-0' } },
        ]),
      },
    });
  });
});

describe.concurrent('a StatefulSet update', () => {
  it('goes from the highest number to the lowest', async () => {
    await made('updated', { replicas: 3 });
    await using watch = await pods.watch({ labelSelector: 'app=updated' });
    await setImage('updated', 'registry.example/app:2');
    await eventually(() => imagesOf('updated')).toEqual({
      'updated-0': 'registry.example/app:2',
      'updated-1': 'registry.example/app:2',
      'updated-2': 'registry.example/app:2',
    });
    await settled('updated', 3);
    expect(watch.story.filter((line) => line.startsWith('DELETED'))).toEqual([
      'DELETED updated-2',
      'DELETED updated-1',
      'DELETED updated-0',
    ]);
    await eventually(() => statefulSets.get('updated')).toSatisfy(
      (set) => at(set, 'status.currentRevision') === at(set, 'status.updateRevision'),
    );
    expect(
      (await revisions.list({ labelSelector: 'app=updated' })).items
        .map((one) => String(one.revision))
        .sort(),
    ).toEqual(['1', '2']);
  });

  it('leaves the pods below its partition', async () => {
    await made('partitioned', { replicas: 3, spec: updateStrategy('RollingUpdate', { partition: 2 }) });
    await setImage('partitioned', 'registry.example/app:2');
    await eventually(() => imagesOf('partitioned')).toEqual({
      'partitioned-0': 'registry.example/app:1',
      'partitioned-1': 'registry.example/app:1',
      'partitioned-2': 'registry.example/app:2',
    });
    await eventually(() => statefulSets.get('partitioned')).toMatchObject({
      status: { updatedReplicas: 1, currentReplicas: 2 },
    });
  });

  it('waits for pods to be deleted under OnDelete', async () => {
    await made('by-hand', { replicas: 2, spec: updateStrategy('OnDelete') });
    const { metadata } = await setImage('by-hand', 'registry.example/app:2');
    await eventually(() => statefulSets.get('by-hand')).toMatchObject({
      status: { observedGeneration: metadata.generation },
    });
    await pods.remove('by-hand-1');
    await eventually(() => imagesOf('by-hand')).toEqual({
      'by-hand-0': 'registry.example/app:1',
      'by-hand-1': 'registry.example/app:2',
    });
  });

  it('may change only the template, replicas and strategy', async () => {
    await made('restricted', { replicas: 0 });
    await expect(statefulSets.patch('restricted', { spec: { serviceName: 'other' } })).rejects.toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('updates to statefulset spec for fields other than') },
    });
  });
});
