import { describe, expect, it } from 'vitest';
import { at, eventually, ownNamespace, ResourceClient, type Draft, type Resource } from './cluster.js';
import { behaviour, deployment, type WorkloadOptions } from './workloads.js';

const namespace = ownNamespace();
const deployments = new ResourceClient('apps/v1', 'deployments', namespace);
const replicaSets = new ResourceClient('apps/v1', 'replicasets', namespace);
const pods = new ResourceClient('v1', 'pods', namespace);
const events = new ResourceClient('v1', 'events', namespace);

const REVISION = 'deployment.kubernetes.io/revision';
const setsOf = async (name: string) => (await replicaSets.list({ labelSelector: `app=${name}` })).items;
const podsOf = async (name: string) => (await pods.list({ labelSelector: `app=${name}` })).items;
const imageOf = (object: Resource) => at(object, 'spec.template.spec.containers.0.image') as string;
const setImage = (name: string, image: string, annotations?: Record<string, string>) =>
  deployments.patch(
    name,
    {
      spec: {
        template: {
          ...(annotations && { metadata: { annotations } }),
          spec: { containers: [{ name: 'app', image }] },
        },
      },
    },
    'strategic',
  );

/** Waits as `kubectl rollout status` does. */
async function rolledOut(name: string, replicas = 1) {
  await eventually(() => deployments.get(name)).toSatisfy(({ metadata, status, spec }) => {
    const counts = (status ?? {}) as Record<string, number>;
    return (
      counts.observedGeneration === metadata.generation &&
      (spec as { replicas: number }).replicas === replicas &&
      (counts.updatedReplicas ?? 0) === replicas &&
      (counts.replicas ?? 0) === replicas &&
      (counts.availableReplicas ?? 0) === replicas
    );
  });
}

/** How many pods there were, and were ready, after each event; a pod that was asked to go does not count. */
function countsOverTime(story: { type: string; object: Resource }[]) {
  const present = new Map<string, boolean>();
  return story.map(({ type, object }) => {
    const conditions = (at(object, 'status.conditions') ?? []) as { type: string; status: string }[];
    const { uid, deletionTimestamp } = object.metadata;
    if (type === 'DELETED' || deletionTimestamp) present.delete(uid);
    else
      present.set(
        uid,
        conditions.some((one) => one.type === 'Ready' && one.status === 'True'),
      );
    return { total: present.size, ready: [...present.values()].filter(Boolean).length };
  });
}

async function deployed(name: string, options: WorkloadOptions = {}) {
  await deployments.create(deployment(name, options));
  await rolledOut(name, options.replicas ?? 1);
}

const condition = (type: string, fields: Draft) => ({
  status: { conditions: expect.arrayContaining([expect.objectContaining({ type, ...fields })]) },
});

describe.concurrent('a rollout', () => {
  it('makes a ReplicaSet and its pods, and becomes available', async () => {
    await deployed('first', { replicas: 2 });
    const [set] = await setsOf('first');
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(set).toMatchObject({
      metadata: {
        name: `first-${hash}`,
        annotations: { [REVISION]: '1' },
        ownerReferences: [{ kind: 'Deployment', name: 'first', controller: true, blockOwnerDeletion: true }],
      },
      spec: { replicas: 2, selector: { matchLabels: { app: 'first', 'pod-template-hash': hash } } },
      status: {
        replicas: 2,
        fullyLabeledReplicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
        observedGeneration: 1,
      },
    });
    for (const pod of await podsOf('first')) {
      expect(pod.metadata.name).toMatch(new RegExp(`^first-${hash}-[a-z0-9]{5}$`));
      expect(pod.metadata.ownerReferences).toMatchObject([{ kind: 'ReplicaSet', name: set?.metadata.name }]);
    }
    const found = await deployments.get('first');
    expect(found).toMatchObject({
      metadata: { annotations: { [REVISION]: '1' } },
      status: {
        observedGeneration: 1,
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
      },
    });
    expect(found).toMatchObject(
      condition('Available', { status: 'True', reason: 'MinimumReplicasAvailable' }),
    );
    expect(found).toMatchObject(
      condition('Progressing', { status: 'True', reason: 'NewReplicaSetAvailable' }),
    );
  });

  it('is not available before its pods are ready', async () => {
    await deployments.create(deployment('unready', { annotations: behaviour.neverReady }));
    await eventually(() => deployments.get('unready')).toMatchObject({
      status: { replicas: 1, unavailableReplicas: 1 },
    });
    expect(await deployments.get('unready')).toMatchObject(
      condition('Available', { status: 'False', reason: 'MinimumReplicasUnavailable' }),
    );
  });

  it('replaces the pods of the old template by those of the new', async () => {
    await deployed('updated', { replicas: 2 });
    await setImage('updated', 'registry.example/app:2');
    await rolledOut('updated', 2);
    const sets = await setsOf('updated');
    const byImage = (image: string) => sets.find((set) => imageOf(set) === image);
    expect(byImage('registry.example/app:1')).toMatchObject({ spec: { replicas: 0 } });
    expect(byImage('registry.example/app:2')).toMatchObject({
      spec: { replicas: 2 },
      metadata: { annotations: { [REVISION]: '2' } },
    });
    await eventually(async () =>
      (await podsOf('updated')).map((pod) => at(pod, 'spec.containers.0.image')),
    ).toEqual(['registry.example/app:2', 'registry.example/app:2']);
  });

  it('never has fewer pods than maxUnavailable leaves, nor more than maxSurge allows', async () => {
    const strategy = { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
    await deployed('careful', { replicas: 3, spec: { strategy } });
    const { metadata } = await pods.list();
    const before = (await podsOf('careful')).map((pod) => ({ type: 'ADDED', object: pod }));
    await using watch = await pods.watch({
      labelSelector: 'app=careful',
      resourceVersion: metadata.resourceVersion,
    });
    await setImage('careful', 'registry.example/app:2');
    await rolledOut('careful', 3);
    const counts = countsOverTime([...before, ...watch.events]).slice(before.length - 1);
    expect(Math.min(...counts.map(({ ready }) => ready))).toBe(3);
    expect(Math.max(...counts.map(({ total }) => total))).toBe(4);
  });

  it('takes all old pods down first under Recreate', async () => {
    await deployed('recreated', { replicas: 2, spec: { strategy: { type: 'Recreate' } } });
    await using watch = await deployments.watch({ fieldSelector: 'metadata.name=recreated' });
    await setImage('recreated', 'registry.example/app:2');
    await rolledOut('recreated', 2);
    const totals = watch.events.map((event) => (event.object.status as { replicas?: number }).replicas ?? 0);
    expect(totals).toContain(0);
    expect(Math.max(...totals)).toBe(2);
  });

  it('waits minReadySeconds before a ready pod counts as available', async () => {
    await deployments.create(deployment('patient', { spec: { minReadySeconds: 2 } }));
    await eventually(() => deployments.get('patient')).toMatchObject({ status: { readyReplicas: 1 } });
    expect(at(await deployments.get('patient'), 'status.availableReplicas') ?? 0).toBe(0);
    await rolledOut('patient');
  });

  it('takes up an unfinished one when the template changes again', async () => {
    await deployed('overtaken');
    await setImage('overtaken', 'registry.example/app:2', behaviour.imagePullError);
    await eventually(() => setsOf('overtaken')).toHaveLength(2);
    await setImage('overtaken', 'registry.example/app:3', behaviour.healthy);
    await rolledOut('overtaken');
    const replicas = (await setsOf('overtaken')).map((set) => [imageOf(set), at(set, 'spec.replicas')]);
    expect(Object.fromEntries(replicas as [string, number][])).toEqual({
      'registry.example/app:1': 0,
      'registry.example/app:2': 0,
      'registry.example/app:3': 1,
    });
  });

  it('keeps as many old ReplicaSets as revisionHistoryLimit says', async () => {
    await deployed('forgetful', { spec: { revisionHistoryLimit: 1 } });
    for (const tag of [2, 3, 4]) {
      await setImage('forgetful', `registry.example/app:${tag}`);
      await rolledOut('forgetful');
    }
    // Which old one is kept is by creation time in some versions, and by revision in others.
    await eventually(async () => (await setsOf('forgetful')).map(imageOf)).toSatisfy(
      (images) => images.length === 2 && images.includes('registry.example/app:4'),
    );
  });

  it('is told in events of the Deployment', async () => {
    await deployed('eventful', { replicas: 2 });
    const query = { fieldSelector: 'involvedObject.name=eventful,involvedObject.kind=Deployment' };
    await eventually(async () => (await events.list(query)).items).toMatchObject([
      {
        reason: 'ScalingReplicaSet',
        type: 'Normal',
        message: expect.stringMatching(/^Scaled up replica set eventful-\w+ (from 0 )?to 2$/),
        source: { component: 'deployment-controller' },
        involvedObject: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'eventful', namespace },
      },
    ]);
  });
});

describe.concurrent('scaling', () => {
  it('up adds pods to the same ReplicaSet, and down takes them away', async () => {
    await deployed('elastic');
    await deployments.patch('elastic', { spec: { replicas: 3 } });
    await rolledOut('elastic', 3);
    expect(await setsOf('elastic')).toHaveLength(1);
    await deployments.patch('elastic', { spec: { replicas: 1 } });
    await rolledOut('elastic', 1);
    await eventually(() => podsOf('elastic')).toHaveLength(1);
    expect((await deployments.get('elastic')).metadata.annotations?.[REVISION]).toBe('1');
  });

  it('to zero leaves a Deployment that is complete', async () => {
    await deployed('emptied');
    await deployments.patch('emptied', { spec: { replicas: 0 } });
    await rolledOut('emptied', 0);
    await eventually(() => podsOf('emptied')).toHaveLength(0);
    expect(await deployments.get('emptied')).toMatchObject(condition('Available', { status: 'True' }));
  });

  it('makes a deleted pod anew', async () => {
    await deployed('healing');
    const [before] = await podsOf('healing');
    await pods.remove(before?.metadata.name ?? '');
    await eventually(async () => (await podsOf('healing')).map((pod) => pod.metadata.uid)).toSatisfy(
      (uids) => uids.length === 1 && uids[0] !== before?.metadata.uid,
    );
    await rolledOut('healing');
  });
});

describe.concurrent('a rollout that fails', () => {
  it('for its image keeps the old pods, and exceeds its deadline', async () => {
    await deployed('unpullable', { replicas: 2, spec: { progressDeadlineSeconds: 2 } });
    await setImage('unpullable', 'registry.example/app:missing', behaviour.imagePullError);
    await eventually(async () =>
      (await podsOf('unpullable')).map((pod) => at(pod, 'status.containerStatuses.0.state.waiting.reason')),
    ).toContain('ImagePullBackOff');
    await eventually(() => deployments.get('unpullable')).toMatchObject(
      condition('Progressing', {
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: expect.stringMatching(/^ReplicaSet "unpullable-\w+" has timed out progressing\.$/),
      }),
    );
    const failed = await deployments.get('unpullable');
    expect(failed).toMatchObject(condition('Available', { status: 'True' }));
    expect(at(failed, 'status.availableReplicas')).toBe(2);
  });

  it('for crashing containers shows restarts and exceeds its deadline', async () => {
    await deployments.create(
      deployment('crashing', { annotations: behaviour.crashLoop, spec: { progressDeadlineSeconds: 2 } }),
    );
    await eventually(() => podsOf('crashing')).toSatisfy(
      ([pod]) => (at(pod, 'status.containerStatuses.0.restartCount') as number) > 0,
    );
    await eventually(() => podsOf('crashing')).toMatchObject([
      {
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              ready: false,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { exitCode: 1, reason: 'Error' } },
            },
          ],
        },
      },
    ]);
    await eventually(() => deployments.get('crashing')).toMatchObject(
      condition('Progressing', { status: 'False', reason: 'ProgressDeadlineExceeded' }),
    );
  });

  it('recovers when the template is mended', async () => {
    await deployed('mended', { spec: { progressDeadlineSeconds: 2 } });
    await setImage('mended', 'registry.example/app:2', behaviour.neverReady);
    await eventually(() => deployments.get('mended')).toMatchObject(
      condition('Progressing', { reason: 'ProgressDeadlineExceeded' }),
    );
    await setImage('mended', 'registry.example/app:3', behaviour.healthy);
    await rolledOut('mended');
    expect(await deployments.get('mended')).toMatchObject(
      condition('Progressing', { status: 'True', reason: 'NewReplicaSetAvailable' }),
    );
  });
});

describe.concurrent('a rollout that is steered', () => {
  it('does not start while paused, and starts when resumed', async () => {
    await deployed('paused');
    await deployments.patch('paused', { spec: { paused: true } });
    await eventually(() => deployments.get('paused')).toMatchObject(
      condition('Progressing', { status: 'Unknown', reason: 'DeploymentPaused' }),
    );
    const changed = await setImage('paused', 'registry.example/app:2');
    await eventually(() => deployments.get('paused')).toMatchObject({
      status: { observedGeneration: changed.metadata.generation },
    });
    expect(await setsOf('paused')).toHaveLength(1);
    await deployments.patch('paused', { spec: { paused: null } });
    await rolledOut('paused');
    expect(await setsOf('paused')).toHaveLength(2);
  });

  it('can be scaled while paused', async () => {
    await deployed('paused-scaled');
    await deployments.patch('paused-scaled', { spec: { paused: true, replicas: 2 } });
    await eventually(() => podsOf('paused-scaled')).toHaveLength(2);
  });

  it('makes all pods anew when restarted', async () => {
    await deployed('restarted');
    const [before] = await podsOf('restarted');
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    await deployments.patch('restarted', { spec: { template: { metadata: { annotations } } } }, 'strategic');
    await rolledOut('restarted');
    await eventually(async () => (await podsOf('restarted')).map((pod) => pod.metadata.uid)).toSatisfy(
      (uids) => uids.length === 1 && uids[0] !== before?.metadata.uid,
    );
    expect((await deployments.get('restarted')).metadata.annotations?.[REVISION]).toBe('2');
  });

  it('goes back to an earlier template as a new revision of the same ReplicaSet', async () => {
    await deployed('undone');
    const [first] = await setsOf('undone');
    await setImage('undone', 'registry.example/app:2');
    await rolledOut('undone');
    const template = structuredClone(at(first, 'spec.template')) as {
      metadata: { labels: Record<string, string> };
    };
    delete template.metadata.labels['pod-template-hash'];
    await deployments.patch('undone', [{ op: 'replace', path: '/spec/template', value: template }], 'json');
    await rolledOut('undone');
    expect(await setsOf('undone')).toHaveLength(2);
    expect(await replicaSets.get(first?.metadata.name ?? '')).toMatchObject({
      metadata: {
        uid: first?.metadata.uid,
        annotations: { [REVISION]: '3', 'deployment.kubernetes.io/revision-history': '1' },
      },
      spec: { replicas: 1 },
    });
  });
});
