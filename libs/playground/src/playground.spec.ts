import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startPlayground } from './playground.js';
import { TestCluster, workload, type Seen } from './testing.js';

const cluster = TestCluster.forFile({ historyLimit: 2_000 });
const NAMESPACE = '/api/v1/namespaces/default';
const APPS = '/apis/apps/v1/namespaces/default';
const BATCH = '/apis/batch/v1/namespaces/default';
const podsOf = (app: string): string => `${NAMESPACE}/pods?labelSelector=app%3D${app}`;

interface Condition {
  type: string;
  status: string;
  reason: string;
}

const condition = (object: Seen, type: string): Condition | undefined =>
  (object.status['conditions'] as Condition[] | undefined)?.find((entry) => entry.type === type);
const waiting = (pod: Seen | undefined): string | undefined =>
  (pod?.status['containerStatuses'] as { state: { waiting?: { reason: string } } }[] | undefined)?.[0]?.state
    .waiting?.reason;

describe('the playground', () => {
  it('says what it is', async () => {
    expect(await cluster.call('GET', '/version')).toMatchObject({ gitVersion: 'v1.31.0+playground' });
  });

  it('keeps the cluster over a restart when it has a data file, and the history does not survive', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playground-'));
    const dataFile = join(folder, 'cluster.json');
    const first = await startPlayground({ dataFile });
    const made = await fetch(`${first.url}${NAMESPACE}/configmaps`, {
      method: 'POST',
      body: JSON.stringify({ metadata: { name: 'kept' }, data: { a: '1' } }),
    });
    const version = ((await made.json()) as Seen).metadata.resourceVersion;
    await first.stop();
    const second = await startPlayground({ dataFile });
    const found = await fetch(`${second.url}${NAMESPACE}/configmaps/kept`);
    expect(await found.json()).toMatchObject({ data: { a: '1' }, metadata: { resourceVersion: version } });
    const stale = await fetch(`${second.url}${NAMESPACE}/configmaps?watch=1&resourceVersion=1`);
    expect(await stale.text()).toContain('"code":410');
    await second.stop();
    await rm(folder, { recursive: true });
  });

  it('names a data file that it cannot read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playground-'));
    const dataFile = join(folder, 'cluster.json');
    await writeFile(dataFile, '{"format":');
    await expect(startPlayground({ dataFile })).rejects.toThrow(`data file ${dataFile} is damaged`);
    await writeFile(dataFile, '{"format":99,"snapshot":{}}');
    await expect(startPlayground({ dataFile })).rejects.toThrow('has format 99; this version reads 1');
    await rm(folder, { recursive: true });
  });

  it('refuses a port that is taken', async () => {
    const port = Number(new URL(cluster.playground.url).port);
    await expect(startPlayground({ port })).rejects.toThrow('EADDRINUSE');
  });
});

describe('watching', () => {
  it('goes on where a list ended, and is told 410 after a compaction', async () => {
    const list = await cluster.call('GET', `${NAMESPACE}/configmaps`);
    await cluster.call('POST', `${NAMESPACE}/configmaps`, {
      metadata: { name: 'watched', labels: { watch: 'yes' } },
    });
    const path = `${NAMESPACE}/configmaps?watch=1&labelSelector=watch%3Dyes&resourceVersion=`;
    const watch = await cluster.watch(path + list.metadata.resourceVersion);
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'watched' } } });
    await cluster.call(
      'PATCH',
      `${NAMESPACE}/configmaps/watched`,
      { metadata: { labels: { watch: 'no' } } },
      'application/merge-patch+json',
    );
    expect(await watch.next()).toMatchObject({ type: 'DELETED' });
    watch.close();
    await cluster.call('POST', '/playground/compact');
    const gone = await cluster.watch(path + list.metadata.resourceVersion);
    expect(await gone.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });

  it('marks the end of the initial events', async () => {
    const watch = await cluster.watch(
      '/api/v1/nodes?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    );
    const types = [await watch.next(), await watch.next(), await watch.next(), await watch.next()];
    expect(types.map((event) => event.type)).toEqual(['ADDED', 'ADDED', 'ADDED', 'BOOKMARK']);
    expect(types[3]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    watch.close();
  });
});

describe('a Deployment', () => {
  it('rolls, keeps its history, and never goes below what may be missing', async () => {
    const draft = workload('Deployment', 'rolling', { 'start-delay': '50ms' }, { replicas: 4 });
    await cluster.call('POST', `${APPS}/deployments`, draft);
    const isDone = (image: string) => (object: Seen) =>
      JSON.stringify(object.spec).includes(image) &&
      object.status['updatedReplicas'] === 4 &&
      object.status['availableReplicas'] === 4 &&
      object.status['replicas'] === 4 &&
      object.status['observedGeneration'] === object.metadata.generation;
    const up = await cluster.until(`${APPS}/deployments/rolling`, isDone('app:1'));
    const watch = await cluster.watch(
      `${APPS}/deployments?watch=1&fieldSelector=metadata.name%3Drolling&resourceVersion=${up.metadata.resourceVersion}`,
    );
    const patch = {
      spec: { template: { spec: { containers: [{ name: 'app', image: 'registry.example/app:2' }] } } },
    };
    await cluster.call(
      'PATCH',
      `${APPS}/deployments/rolling`,
      patch,
      'application/strategic-merge-patch+json',
    );
    const seen: Seen[] = [];
    while (!seen.some(isDone('app:2'))) seen.push((await watch.next()).object);
    watch.close();
    for (const { status } of seen) {
      expect(Number(status['availableReplicas'] ?? 0)).toBeGreaterThanOrEqual(3);
      expect(Number(status['replicas'])).toBeLessThanOrEqual(5);
    }
    expect(seen.at(-1)?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' });
    const sets = await cluster.call('GET', `${APPS}/replicasets?labelSelector=app%3Drolling`);
    expect(sets.items.map((set) => Number(set.spec['replicas'])).sort((a, b) => a - b)).toEqual([0, 4]);
    expect(condition(seen.at(-1) as Seen, 'Progressing')).toMatchObject({ reason: 'NewReplicaSetAvailable' });
  });

  it('stops all old pods before it starts new ones with Recreate', async () => {
    const draft = workload(
      'Deployment',
      'recreated',
      { 'start-delay': '20ms', 'stop-delay': '50ms' },
      { replicas: 2, strategy: { type: 'Recreate' } },
    );
    await cluster.call('POST', `${APPS}/deployments`, draft);
    await cluster.until(`${APPS}/deployments/recreated`, ({ status }) => status['availableReplicas'] === 2);
    const list = await cluster.call('GET', podsOf('recreated'));
    const watch = await cluster.watch(
      `${podsOf('recreated')}&watch=1&resourceVersion=${list.metadata.resourceVersion}`,
    );
    const patch = { spec: { template: { metadata: { labels: { turn: 'second' } } } } };
    await cluster.call('PATCH', `${APPS}/deployments/recreated`, patch, 'application/merge-patch+json');
    const alive = new Set(list.items.map((pod) => pod.metadata.name));
    for (;;) {
      const { type, object } = await watch.next();
      if (type === 'DELETED') alive.delete(object.metadata.name);
      if (type === 'ADDED') break;
    }
    watch.close();
    expect(alive.size).toBe(0);
  });

  it.each([
    ['cannot pull its image', { 'image-pull-error': 'true' }, 'ImagePullBackOff'],
    ['crashes', { 'crash-loop': 'true', 'start-delay': '10ms', 'crash-after': '10ms' }, 'CrashLoopBackOff'],
  ])('that %s exceeds its deadline and says why in its pods', async (name, annotations, reason) => {
    const id = name.includes('pull') ? 'unpulled' : 'crashing';
    const draft = workload('Deployment', id, annotations, {
      progressDeadlineSeconds: 1,
    });
    await cluster.call('POST', `${APPS}/deployments`, draft);
    const failed = await cluster.until(
      `${APPS}/deployments/${id}`,
      (object) => condition(object, 'Progressing')?.reason === 'ProgressDeadlineExceeded',
    );
    expect(condition(failed, 'Available')).toMatchObject({
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
    });
    await cluster.until(podsOf(id), (list) => waiting(list.items[0]) === reason);
  });

  it('shows a quota that is exceeded as a replica failure', async () => {
    await cluster.call(
      'POST',
      `${APPS}/deployments`,
      workload('Deployment', 'limited', { quota: '1' }, { replicas: 3 }),
    );
    const limited = await cluster.until(
      `${APPS}/deployments/limited`,
      (object) => condition(object, 'ReplicaFailure')?.status === 'True',
    );
    expect(condition(limited, 'ReplicaFailure')).toMatchObject({
      reason: 'FailedCreate',
      message: expect.stringContaining('exceeded quota'),
    });
  });

  it('waits while a ConfigMap that it needs is missing', async () => {
    const podSpec = {
      containers: [
        { name: 'app', image: 'registry.example/app:1', envFrom: [{ configMapRef: { name: 'later' } }] },
      ],
    };
    await cluster.call(
      'POST',
      `${APPS}/deployments`,
      workload('Deployment', 'needy', { 'start-delay': '10ms' }, { podSpec }),
    );
    await cluster.until(podsOf('needy'), (list) => waiting(list.items[0]) === 'CreateContainerConfigError');
    await cluster.call('POST', `${NAMESPACE}/configmaps`, { metadata: { name: 'later' } });
    await cluster.until(`${APPS}/deployments/needy`, ({ status }) => status['availableReplicas'] === 1);
  });

  it('is unschedulable with the words of its annotation, and without room on any node', async () => {
    const annotated = workload('Deployment', 'homeless', {
      unschedulable: '3 node(s) had volume node affinity conflict.',
    });
    await cluster.call('POST', `${APPS}/deployments`, annotated);
    const list = await cluster.until(
      podsOf('homeless'),
      ({ items }) => items[0] !== undefined && condition(items[0], 'PodScheduled') !== undefined,
    );
    expect(condition(list.items[0] as Seen, 'PodScheduled')).toMatchObject({
      reason: 'Unschedulable',
      message: '0/3 nodes are available: 3 node(s) had volume node affinity conflict.',
    });
    const podSpec = {
      containers: [
        { name: 'app', image: 'registry.example/app:1', resources: { requests: { cpu: '1000' } } },
      ],
    };
    await cluster.call('POST', `${APPS}/deployments`, workload('Deployment', 'huge', {}, { podSpec }));
    const huge = await cluster.until(
      podsOf('huge'),
      ({ items }) => items[0] !== undefined && condition(items[0], 'PodScheduled') !== undefined,
    );
    expect(condition(huge.items[0] as Seen, 'PodScheduled')).toMatchObject({
      message: expect.stringContaining('0/3 nodes are available: 3 Insufficient cpu.'),
    });
  });
});

describe('server-side apply', () => {
  it('does not fight over what was scaled, and says with whom', async () => {
    const draft = workload('Deployment', 'contested', {}, { replicas: 1 });
    const path = `${APPS}/deployments/contested`;
    const apply = (force: boolean) =>
      cluster.send('PATCH', `${path}?fieldManager=ci&force=${force}`, draft, 'application/apply-patch+yaml');
    expect(await apply(false)).toMatchObject({ status: 201 });
    await cluster.call('PATCH', `${path}/scale`, { spec: { replicas: 3 } }, 'application/merge-patch+json');
    expect(await apply(false)).toMatchObject({
      status: 409,
      body: {
        message:
          'Apply failed with 1 conflict: conflict with "spec" with subresource "scale" using apps/v1: .spec.replicas',
        details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.replicas' }] },
      },
    });
    expect(await apply(true)).toMatchObject({ status: 200, body: { spec: { replicas: 1 } } });
  });
});

describe('other workloads', () => {
  it('a Job fails as often as told and then completes', async () => {
    const draft = workload('Job', 'flaky', {
      'job-fails': '2',
      'start-delay': '10ms',
      'job-duration': '20ms',
    });
    await cluster.call('POST', `${BATCH}/jobs`, draft);
    const done = await cluster.until(
      `${BATCH}/jobs/flaky`,
      (job) => condition(job, 'Complete')?.status === 'True',
    );
    expect(done.status).toMatchObject({ failed: 2, succeeded: 1 });
  });

  it('a StatefulSet starts in order, and a partition keeps the first pods as they are', async () => {
    const draft = workload(
      'StatefulSet',
      'ordered',
      { 'start-delay': '10ms', 'stop-delay': '10ms' },
      {
        replicas: 3,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
      },
    );
    const watch = await cluster.watch(`${podsOf('ordered')}&watch=1`);
    await cluster.call('POST', `${APPS}/statefulsets`, draft);
    await cluster.until(`${APPS}/statefulsets/ordered`, ({ status }) => status['readyReplicas'] === 3);
    const added: string[] = [];
    while (added.length < 3) {
      const { type, object } = await watch.next();
      if (type === 'ADDED') added.push(object.metadata.name);
    }
    watch.close();
    expect(added).toEqual(['ordered-0', 'ordered-1', 'ordered-2']);
    const patch = {
      spec: { template: { spec: { containers: [{ name: 'app', image: 'registry.example/app:2' }] } } },
    };
    await cluster.call(
      'PATCH',
      `${APPS}/statefulsets/ordered`,
      patch,
      'application/strategic-merge-patch+json',
    );
    await cluster.until(
      `${APPS}/statefulsets/ordered`,
      ({ status }) => status['updatedReplicas'] === 1 && status['readyReplicas'] === 3,
    );
    const pods = await cluster.call('GET', podsOf('ordered'));
    const images = pods.items.map(
      (pod) => (pod.spec['containers'] as { image: string }[])[0]?.image.split(':')[1],
    );
    expect(images).toEqual(['1', '1', '2']);
  });

  it('a DaemonSet runs on every node, and leaves one that is cordoned to those already there', async () => {
    await cluster.call(
      'POST',
      `${APPS}/daemonsets`,
      workload('DaemonSet', 'everywhere', { 'start-delay': '10ms' }),
    );
    const set = await cluster.until(
      `${APPS}/daemonsets/everywhere`,
      ({ status }) => status['numberAvailable'] === 3,
    );
    expect(set.status).toMatchObject({ desiredNumberScheduled: 3, updatedNumberScheduled: 3 });
  });

  it('a CronJob starts Jobs by its schedule', async () => {
    const { spec } = workload('Job', 'tick', { 'start-delay': '10ms', 'job-duration': '10ms' });
    const refused = await cluster.send('POST', `${BATCH}/cronjobs`, {
      metadata: { name: 'bad' },
      spec: { schedule: '61 * * * *', jobTemplate: { spec } },
    });
    expect(refused).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('spec.schedule') },
    });
    const made = await cluster.call('POST', `${BATCH}/cronjobs`, {
      metadata: { name: 'nightly' },
      spec: { schedule: '0 3 * * *', timeZone: 'Europe/Berlin', jobTemplate: { spec } },
    });
    expect(made.spec).toMatchObject({ concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3 });
  });
});

describe('pods', () => {
  it('keep the log of the run before a crash, with its exit code', async () => {
    const annotations = {
      'crash-loop': 'true',
      'start-delay': '10ms',
      'crash-after': '10ms',
      logs: 'one\ntwo',
      'crash-message': 'boom',
      'exit-code': '42',
    };
    const draft = workload('Deployment', 'logged', annotations);
    await cluster.call('POST', `${APPS}/deployments`, draft);
    const list = await cluster.until(
      podsOf('logged'),
      ({ items }) => waiting(items[0]) === 'CrashLoopBackOff',
    );
    const pod = list.items[0] as Seen;
    expect(pod.status['containerStatuses']).toMatchObject([
      { lastState: { terminated: { exitCode: 42, reason: 'Error' } } },
    ]);
    const log = await cluster.send(
      'GET',
      `${NAMESPACE}/pods/${pod.metadata.name}/log?previous=true&tailLines=2`,
    );
    expect(log.body.message).toBe('two\nboom\n');
  });

  it('are refused with the words of their annotation', async () => {
    const { spec } = (workload('Deployment', 'x').spec as { template: { spec: object } }).template;
    const refused = await cluster.send('POST', `${NAMESPACE}/pods`, {
      metadata: { name: 'denied', annotations: { 'playground.gennaker.io/deny': 'images must be signed' } },
      spec,
    });
    expect(refused).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining('denied the request: images must be signed') },
    });
  });

  it('are not evicted when their disruption budget forbids it', async () => {
    await cluster.call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
      metadata: { name: 'guarded' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
    });
    await cluster.call(
      'POST',
      `${APPS}/deployments`,
      workload('Deployment', 'guarded', { 'start-delay': '10ms' }),
    );
    const list = await cluster.until(
      podsOf('guarded'),
      ({ items }) => items[0] !== undefined && condition(items[0], 'Ready')?.status === 'True',
    );
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: list.items[0]?.metadata.name },
    };
    const path = `${NAMESPACE}/pods/${list.items[0]?.metadata.name}/eviction`;
    expect(await cluster.send('POST', path, eviction)).toMatchObject({
      status: 429,
      body: { reason: 'TooManyRequests' },
    });
    await cluster.call(
      'PATCH',
      `${APPS}/deployments/guarded/scale`,
      { spec: { replicas: 2 } },
      'application/merge-patch+json',
    );
    await cluster.until(
      '/apis/policy/v1/namespaces/default/poddisruptionbudgets/guarded',
      ({ status }) => status['disruptionsAllowed'] === 1,
    );
    expect(await cluster.send('POST', path, eviction)).toMatchObject({ status: 201 });
  });
});

describe('custom resources', () => {
  it('are served once established, checked, pruned and defaulted by their schema, and gone with their definition', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.sea.example' },
      spec: {
        group: 'sea.example',
        scope: 'Namespaced',
        names: { kind: 'Boat', plural: 'boats', shortNames: ['bo'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: {
                    type: 'object',
                    required: ['sails'],
                    properties: {
                      sails: { type: 'integer', minimum: 1 },
                      hull: { type: 'string', default: 'oak' },
                    },
                  },
                  status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
            },
          },
        ],
      },
    };
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const boats = '/apis/sea.example/v1/namespaces/default/boats';
    await cluster.call('POST', crds, definition);
    await cluster.until(
      `${crds}/boats.sea.example`,
      (object) => condition(object, 'Established')?.status === 'True',
    );
    const boat = (spec: object): object => ({
      apiVersion: 'sea.example/v1',
      kind: 'Boat',
      metadata: { name: 'spray' },
      spec,
    });
    const refused = await cluster.send('POST', boats, boat({ sails: 0 }));
    expect(refused).toMatchObject({ status: 422, body: { details: { causes: [{ field: 'spec.sails' }] } } });
    expect(await cluster.send('POST', boats, boat({}))).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('Required value') },
    });
    const made = await cluster.call('POST', boats, boat({ sails: 2, anchor: 'lost' }));
    expect(made.spec).toEqual({ sails: 2, hull: 'oak' });
    const strategic = await cluster.send(
      'PATCH',
      `${boats}/spray`,
      {},
      'application/strategic-merge-patch+json',
    );
    expect(strategic.status).toBe(415);
    await cluster.call('DELETE', `${crds}/boats.sea.example`);
    await expect.poll(async () => (await cluster.send('GET', boats)).status).toBe(404);
  });
});

describe('the simulated Prometheus', () => {
  it('answers a canary query over the past at once', async () => {
    for (const [version, mean] of [
      ['v1', '100'],
      ['v2', '130'],
    ] as const) {
      const draft = workload('Deployment', `shop-${version}`, {
        'metric.latency': `mean=${mean} sd=1`,
        'metrics-history': '10m',
        'start-delay': '10ms',
      });
      (
        draft['spec'] as { template: { metadata: { labels: Record<string, string> } } }
      ).template.metadata.labels['version'] = version;
      await cluster.call('POST', `${APPS}/deployments`, draft);
      await cluster.until(
        `${APPS}/deployments/shop-${version}`,
        ({ status }) => status['availableReplicas'] === 1,
      );
    }
    const now = Math.floor(Date.now() / 1_000);
    const parameters = new URLSearchParams({
      query: 'avg(latency{app=~"shop-.*"}) by (version)',
      start: String(now - 300),
      end: String(now),
      step: '60',
    });
    const answer = await fetch(
      `${cluster.playground.prometheusUrl}/api/v1/query_range?${parameters.toString()}`,
    );
    const { data } = (await answer.json()) as {
      data: { result: { metric: object; values: [number, string][] }[] };
    };
    expect(data.result.map((series) => series.metric)).toEqual([{ version: 'v1' }, { version: 'v2' }]);
    expect(data.result.map((series) => series.values.length)).toEqual([6, 6]);
    expect(Number(data.result[1]?.values[0]?.[1])).toBeGreaterThan(Number(data.result[0]?.values[0]?.[1]));
  });

  it('says what is wrong with a query', async () => {
    const answer = await fetch(`${cluster.playground.prometheusUrl}/api/v1/query?query=avg(`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ status: 'error', errorType: 'bad_data' });
  });
});
