import { describe, expect, it } from 'vitest';
import {
  at,
  call,
  eventually,
  openStream,
  ownNamespace,
  ResourceClient,
  send,
  servedVersion,
} from './cluster.js';
import { behaviour, deployment, pod } from './workloads.js';

const namespace = ownNamespace();
const pods = new ResourceClient('v1', 'pods', namespace);
const events = new ResourceClient('v1', 'events', namespace);
const deployments = new ResourceClient('apps/v1', 'deployments', namespace);

const unplaceable = { nodeSelector: { none: 'such' } };
const podCondition = (type: string, fields: object) => ({
  status: { conditions: expect.arrayContaining([expect.objectContaining({ type, ...fields })]) },
});
const logOf = async (name: string, query = {}) => (await send('GET', pods.at(name, 'log'), { query })).text;
const running = (name: string) =>
  eventually(() => pods.get(name)).toMatchObject({ status: { phase: 'Running' } });

describe.concurrent('a pod', () => {
  it('is placed, started and becomes ready', async () => {
    const made = await pods.create(pod('plain'));
    expect(made).toMatchObject({ status: { phase: 'Pending', qosClass: 'BestEffort' } });
    await eventually(() => pods.get('plain')).toMatchObject(podCondition('Ready', { status: 'True' }));
    const found = await pods.get('plain');
    expect(found).toMatchObject({
      spec: { nodeName: expect.any(String) },
      status: {
        phase: 'Running',
        podIP: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
        hostIP: expect.any(String),
        startTime: expect.any(String),
        containerStatuses: [
          {
            name: 'app',
            image: 'registry.example/app:1',
            ready: true,
            started: true,
            restartCount: 0,
            state: { running: { startedAt: expect.any(String) } },
          },
        ],
      },
    });
    for (const type of ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready']) {
      expect(found).toMatchObject(podCondition(type, { status: 'True' }));
    }
  });

  it('has a quality of service by its requests and limits', async () => {
    const resources = (values: object) => ({
      containers: [{ name: 'app', image: 'a:1', resources: values }],
    });
    const some = { requests: { cpu: '10m' } };
    const all = { limits: { cpu: '10m', memory: '1Mi' } };
    const burstable = await pods.create(pod('q', { podSpec: resources(some) }), { dryRun: 'All' });
    const guaranteed = await pods.create(pod('q', { podSpec: resources(all) }), { dryRun: 'All' });
    expect([at(burstable, 'status.qosClass'), at(guaranteed, 'status.qosClass')]).toEqual([
      'Burstable',
      'Guaranteed',
    ]);
  });

  it('that no node can take stays pending, and says why', async () => {
    await pods.create(pod('unplaced', { podSpec: unplaceable }));
    await eventually(() => pods.get('unplaced')).toMatchObject(
      podCondition('PodScheduled', {
        status: 'False',
        reason: 'Unschedulable',
        message: expect.stringContaining('nodes are available'),
      }),
    );
    expect(await pods.get('unplaced')).toMatchObject({ status: { phase: 'Pending' } });
    const query = { fieldSelector: 'involvedObject.name=unplaced,reason=FailedScheduling' };
    await eventually(() => events.list(query)).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ type: 'Warning' })]),
    });
  });

  it('waits in ContainerCreating until its container runs', async () => {
    await pods.create(pod('slow', { annotations: { 'playground.gennaker.io/start-delay': '2s' } }));
    await eventually(() => pods.get('slow')).toMatchObject({
      status: {
        phase: 'Pending',
        containerStatuses: [{ ready: false, state: { waiting: { reason: 'ContainerCreating' } } }],
      },
    });
    await running('slow');
  });

  it('runs before it is ready when it is slow to be', async () => {
    await pods.create(pod('warming', { annotations: behaviour.slowReady(2) }));
    await running('warming');
    expect(await pods.get('warming')).toMatchObject(
      podCondition('Ready', { status: 'False', reason: 'ContainersNotReady' }),
    );
    await eventually(() => pods.get('warming')).toMatchObject(podCondition('Ready', { status: 'True' }));
  });

  it('waits for an image that cannot be pulled', async () => {
    await pods.create(pod('imageless', { annotations: behaviour.imagePullError }));
    await eventually(() => pods.get('imageless')).toMatchObject({
      status: {
        phase: 'Pending',
        containerStatuses: [{ ready: false, state: { waiting: { reason: 'ImagePullBackOff' } } }],
      },
    });
  });

  it('runs its init containers first', async () => {
    const initContainers = [{ name: 'setup', image: 'registry.example/setup:1' }];
    await pods.create(pod('prepared', { podSpec: { initContainers } }));
    await eventually(() => pods.get('prepared')).toMatchObject(podCondition('Ready', { status: 'True' }));
    expect(await pods.get('prepared')).toMatchObject({
      status: {
        initContainerStatuses: [{ name: 'setup', ready: true, state: { terminated: { exitCode: 0 } } }],
      },
    });
  });

  it('succeeds when its container ends well and is not restarted', async () => {
    await pods.create(
      pod('finished', { annotations: behaviour.runs(0.2), podSpec: { restartPolicy: 'Never' } }),
    );
    await eventually(() => pods.get('finished')).toMatchObject({ status: { phase: 'Succeeded' } });
    expect(await pods.get('finished')).toMatchObject(
      podCondition('Ready', { status: 'False', reason: 'PodCompleted' }),
    );
  });

  it('fails when its container ends badly and is not restarted', async () => {
    await pods.create(
      pod('broken', { annotations: behaviour.crashes(7), podSpec: { restartPolicy: 'Never' } }),
    );
    await eventually(() => pods.get('broken')).toMatchObject({
      status: {
        phase: 'Failed',
        containerStatuses: [{ restartCount: 0, state: { terminated: { exitCode: 7 } } }],
      },
    });
  });

  it('can be placed by hand on a node', async () => {
    const { items } = await new ResourceClient('v1', 'nodes').list();
    const node = items[0]?.metadata.name;
    await pods.create(pod('bound', { podSpec: { schedulerName: 'nobody' } }));
    await call('POST', pods.at('bound', 'binding'), {
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'bound' },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      },
    });
    expect(await pods.get('bound')).toMatchObject({ spec: { nodeName: node } });
    await running('bound');
  });

  it('is told of in events', async () => {
    await pods.create(pod('eventful'));
    await running('eventful');
    const query = { fieldSelector: 'involvedObject.name=eventful' };
    await eventually(async () => (await events.list(query)).items.map((event) => event.reason)).toEqual(
      expect.arrayContaining(['Scheduled', 'Pulled', 'Created', 'Started']),
    );
    expect((await events.list(query)).items[0]).toMatchObject({
      type: 'Normal',
      message: expect.any(String),
      involvedObject: { kind: 'Pod', name: 'eventful', namespace, uid: expect.any(String) },
    });
  });
});

describe.concurrent('deleting a pod', () => {
  it('gives it its grace period', async () => {
    await pods.create(pod('graceful', { annotations: behaviour.stops(1) }));
    await running('graceful');
    const answer = await pods.remove('graceful');
    expect(answer).toMatchObject({
      kind: 'Pod',
      metadata: { deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 30 },
    });
    expect(await pods.presence('graceful')).toBe(200);
    await eventually(() => pods.presence('graceful')).toBe(404);
  });

  it('takes the grace period of the request', async () => {
    await pods.create(pod('shorter', { annotations: behaviour.stops(1) }));
    await running('shorter');
    expect(await pods.remove('shorter', { gracePeriodSeconds: 7 })).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 7 },
    });
  });

  it('without a grace period removes it at once', async () => {
    await pods.create(pod('forced', { annotations: behaviour.stops(20) }));
    await running('forced');
    await pods.remove('forced', { gracePeriodSeconds: 0 });
    expect(await pods.presence('forced')).toBe(404);
  });

  it('removes it at once when it was never placed', async () => {
    await pods.create(pod('unplaced-too', { podSpec: unplaceable }));
    await pods.remove('unplaced-too');
    expect(await pods.presence('unplaced-too')).toBe(404);
  });
});

describe.concurrent('the log of a pod', () => {
  const text = Array.from({ length: 5 }, (_, index) => `line ${index + 1}`).join('\n');

  it('is what its container wrote', async () => {
    await pods.create(pod('logging', { annotations: behaviour.logs(text) }));
    await running('logging');
    const { status, headers, text: log } = await send('GET', pods.at('logging', 'log'));
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/plain/);
    // A cluster may begin a log with lines of its own.
    expect(log.endsWith(`${text}\n`)).toBe(true);
    expect(await logOf('logging', { container: 'app' })).toBe(log);
  });

  it('can be cut to its last lines or first bytes', async () => {
    await pods.create(pod('cut', { annotations: behaviour.logs(text) }));
    await running('cut');
    expect(await logOf('cut', { tailLines: 2 })).toBe('line 4\nline 5\n');
    expect(await logOf('cut', { limitBytes: 6 })).toBe((await logOf('cut')).slice(0, 6));
    expect(await logOf('cut', { tailLines: 2, limitBytes: 6 })).toBe('line 4');
  });

  it('shows the time of each line when asked to', async () => {
    await pods.create(pod('stamped', { annotations: behaviour.logs('hello') }));
    await running('stamped');
    expect(await logOf('stamped', { timestamps: true })).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z hello\n$/m,
    );
  });

  it('can be followed until the container ends', async () => {
    await pods.create(
      pod('followed', {
        annotations: { ...behaviour.logs('begin'), ...behaviour.logsEvery(200), ...behaviour.runs(2) },
        podSpec: { restartPolicy: 'Never' },
      }),
    );
    await running('followed');
    const stream = await openStream(pods.at('followed', 'log'), { follow: true });
    expect(stream.status).toBe(200);
    await eventually(() => stream.state.text.split('\n').length).toSatisfy((lines) => lines > 4);
    await eventually(() => stream.state.ended).toBe(true);
    expect(stream.state.text).toMatch(/^begin$/m);
    await eventually(() => pods.get('followed')).toMatchObject({ status: { phase: 'Succeeded' } });
  });

  it('of the run before is kept after a crash', async () => {
    await pods.create(
      pod('crashed', { annotations: { ...behaviour.crashLoop, ...behaviour.logs('doomed') } }),
    );
    await eventually(() => pods.get('crashed')).toSatisfy(
      (found) => ((at(found, 'status.containerStatuses.0.restartCount') ?? 0) as number) > 0,
    );
    await eventually(() => logOf('crashed', { previous: true })).toContain('doomed');
  });

  it('of a container that has not started is refused with 400', async () => {
    await pods.create(pod('silent', { annotations: behaviour.imagePullError }));
    await eventually(() => pods.get('silent')).toMatchObject({
      status: { containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    });
    const { status, body } = await send('GET', pods.at('silent', 'log'));
    expect(status).toBe(400);
    expect(body).toMatchObject({
      reason: 'BadRequest',
      message: expect.stringMatching(
        /container "app" in pod "silent" is waiting to start: trying and failing to pull image/,
      ),
    });
  });

  it('of a container that the pod has not is refused with 400', async () => {
    await pods.create(pod('single'));
    await running('single');
    const { status, body } = await send('GET', pods.at('single', 'log'), { query: { container: 'other' } });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      message: expect.stringContaining('container other is not valid for pod single'),
    });
  });

  it('of a pod with several containers is refused with 400 when none is named', async () => {
    const containers = [
      { name: 'app', image: 'a:1' },
      { name: 'side', image: 's:1' },
    ];
    await pods.create(pod('double', { podSpec: { containers } }));
    await running('double');
    const { status, body } = await send('GET', pods.at('double', 'log'));
    expect(status).toBe(400);
    expect(body).toMatchObject({ message: expect.stringContaining('a container name must be specified') });
  });

  it('of a pod that is not there is 404', async () => {
    expect((await send('GET', pods.at('absent', 'log'))).status).toBe(404);
  });
});

describe.concurrent('evicting a pod', () => {
  const evict = async (name: string) => {
    const apiVersion = (await servedVersion(['policy/v1', 'policy/v1beta1'], 'poddisruptionbudgets')) ?? '';
    return call('POST', pods.at(name, 'eviction'), {
      body: { apiVersion, kind: 'Eviction', metadata: { name, namespace } },
    });
  };
  const budgets = async () =>
    new ResourceClient(
      (await servedVersion(['policy/v1', 'policy/v1beta1'], 'poddisruptionbudgets')) ?? 'policy/v1',
      'poddisruptionbudgets',
      namespace,
    );

  it('deletes it when no budget forbids', async () => {
    await pods.create(pod('evicted'));
    await running('evicted');
    expect(await evict('evicted')).toMatchObject({ kind: 'Status', status: 'Success' });
    await eventually(() => pods.presence('evicted')).toBe(404);
  });

  it('is refused with 429 when the budget is used up', async () => {
    await deployments.create(deployment('guarded', { replicas: 2 }));
    const client = await budgets();
    await client.create({
      metadata: { name: 'guarded' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'guarded' } } },
    });
    await eventually(() => client.get('guarded')).toMatchObject({
      status: { currentHealthy: 2, desiredHealthy: 2, expectedPods: 2, disruptionsAllowed: 0 },
    });
    const [name = ''] = await pods.names({ labelSelector: 'app=guarded' });
    await expect(evict(name)).rejects.toMatchObject({
      status: 429,
      body: {
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: { causes: [{ reason: 'DisruptionBudget' }] },
      },
    });
    expect(await pods.presence(name)).toBe(200);
  });

  it('goes through while the budget allows it', async () => {
    await deployments.create(deployment('spared', { replicas: 2 }));
    const client = await budgets();
    await client.create({
      metadata: { name: 'spared' },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'spared' } } },
    });
    await eventually(() => client.get('spared')).toMatchObject({
      status: { currentHealthy: 2, expectedPods: 2, disruptionsAllowed: 1 },
    });
    const [name = ''] = await pods.names({ labelSelector: 'app=spared' });
    expect(await evict(name)).toMatchObject({ status: 'Success' });
  });
});
