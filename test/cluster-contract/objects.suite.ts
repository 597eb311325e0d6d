import { describe, expect, it } from 'vitest';
import { at, eventually, ownNamespace, ResourceClient, send, type Draft } from './cluster.js';
import { configMap, deployment, job, pod } from './workloads.js';

const namespace = ownNamespace();
const configMaps = new ResourceClient('v1', 'configmaps', namespace);
const deployments = new ResourceClient('apps/v1', 'deployments', namespace);
const services = new ResourceClient('v1', 'services', namespace);
const secrets = new ResourceClient('v1', 'secrets', namespace);
const pods = new ResourceClient('v1', 'pods', namespace);
const jobs = new ResourceClient('batch/v1', 'jobs', namespace);

/** A deployment whose pods no node takes, so that controllers leave it alone. */
const idle = (name: string, spec: Draft = {}) => deployment(name, { replicas: 0, spec });

describe('creating', () => {
  it('answers 201 and fills in identity, version and time', async () => {
    const { status, body } = await send('POST', configMaps.path, { body: configMap('made', { a: '1' }) });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: { a: '1' },
      metadata: {
        name: 'made',
        namespace,
        uid: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
    expect((body as { metadata: object }).metadata).not.toHaveProperty('generation');
  });

  it('starts the generation of a workload at 1', async () => {
    expect((await deployments.create(idle('generation'))).metadata.generation).toBe(1);
  });

  it('gives back on reading what creating answered', async () => {
    const made = await configMaps.create(configMap('read', { a: '1' }));
    expect(await configMaps.get('read')).toEqual(made);
  });

  it('ignores a status that the client sends', async () => {
    const made = await deployments.create({ ...idle('forged'), status: { readyReplicas: 9 } });
    expect(made.status ?? {}).not.toHaveProperty('readyReplicas');
  });

  it('refuses a second object of the same name with 409 AlreadyExists', async () => {
    await configMaps.create(configMap('twice'));
    await expect(configMaps.create(configMap('twice'))).rejects.toMatchObject({
      status: 409,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason: 'AlreadyExists',
        message: 'configmaps "twice" already exists',
        details: { name: 'twice', kind: 'configmaps' },
        code: 409,
      },
    });
  });

  it('makes a name from generateName, another one each time', async () => {
    const draft = { metadata: { generateName: 'made-' }, data: {} };
    const names = [await configMaps.create(draft), await configMaps.create(draft)].map(
      (one) => one.metadata.name,
    );
    expect(names[0]).toMatch(/^made-[a-z0-9]{5}$/);
    expect(names[1]).toMatch(/^made-[a-z0-9]{5}$/);
    expect(names[0]).not.toBe(names[1]);
  });

  it('refuses an object without name and generateName', async () => {
    await expect(configMaps.create({ metadata: {} })).rejects.toMatchObject({
      status: 422,
      body: {
        reason: 'Invalid',
        message: expect.stringContaining('name or generateName is required'),
        details: { causes: [{ field: 'metadata.name', reason: 'FieldValueRequired' }] },
      },
    });
  });

  it('refuses an object in a namespace that does not exist', async () => {
    const elsewhere = new ResourceClient('v1', 'configmaps', 'nowhere-at-all');
    await expect(elsewhere.create(configMap('lost'))).rejects.toMatchObject({
      status: 404,
      body: { reason: 'NotFound', message: 'namespaces "nowhere-at-all" not found' },
    });
  });

  it('refuses an object whose namespace is not the one of the path', async () => {
    const draft = configMap('astray', {}, { namespace: 'default' });
    await expect(configMaps.create(draft)).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest', message: expect.stringContaining('namespace') },
    });
  });

  it('refuses an object of another kind than the path', async () => {
    await expect(configMaps.create(idle('wrong-kind'))).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest' },
    });
  });

  it('takes YAML', async () => {
    const { status, body } = await send('POST', configMaps.path, {
      body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-yaml\ndata:\n  answer: "42"\n',
      type: 'application/yaml',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ data: { answer: '42' } });
  });

  it('refuses malformed JSON with 400', async () => {
    const { status, body } = await send('POST', configMaps.path, { body: '{"metadata": {' });
    expect(status).toBe(400);
    expect(body).toMatchObject({ kind: 'Status', reason: 'BadRequest', code: 400 });
  });

  it('refuses a media type that it does not know with 415', async () => {
    const { status, body } = await send('POST', configMaps.path, { body: 'a,b', type: 'text/csv' });
    expect(status).toBe(415);
    expect(body).toMatchObject({ reason: 'UnsupportedMediaType' });
  });

  it('refuses a body of more than 3 MiB with 413', async () => {
    const { status, body } = await send('POST', configMaps.path, {
      body: configMap('huge', { blob: 'x'.repeat(3 * 1024 * 1024 + 1) }),
    });
    expect(status).toBe(413);
    expect(body).toMatchObject({ reason: 'RequestEntityTooLarge' });
  });
});

describe('defaults', () => {
  it('fill a Deployment as the documentation says', async () => {
    const { replicas: _, ...spec } = idle('defaults').spec;
    const made = await deployments.create({ ...idle('defaults'), spec }, { dryRun: 'All' });
    expect(made.spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        spec: {
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 30,
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          securityContext: {},
          containers: [
            {
              imagePullPolicy: 'IfNotPresent',
              resources: {},
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
            },
          ],
        },
      },
    });
  });

  it('pull an image always when it has no tag or the tag latest', async () => {
    for (const image of ['registry.example/app', 'registry.example/app:latest']) {
      const made = await pods.create(pod('latest', { image }), { dryRun: 'All' });
      expect(made.spec).toMatchObject({ containers: [{ imagePullPolicy: 'Always' }] });
    }
  });

  it('fill probes and ports', async () => {
    const podSpec = {
      containers: [
        {
          name: 'app',
          image: 'a:1',
          ports: [{ containerPort: 80 }],
          readinessProbe: { httpGet: { port: 80 } },
        },
      ],
    };
    const made = await pods.create(pod('probed', { podSpec }), { dryRun: 'All' });
    expect(made.spec).toMatchObject({
      containers: [
        {
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          readinessProbe: {
            httpGet: { path: '/', port: 80, scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
        },
      ],
    });
  });

  it('give a Service its type, address and target ports', async () => {
    const made = await services.create({
      metadata: { name: 'plain' },
      spec: { selector: { app: 'x' }, ports: [{ port: 80 }] },
    });
    expect(made.spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      clusterIP: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    expect(made.status).toEqual({ loadBalancer: {} });
  });

  it('give a NodePort Service a port of the node range', async () => {
    const made = await services.create({
      metadata: { name: 'node-port' },
      spec: { type: 'NodePort', selector: { app: 'x' }, ports: [{ port: 80 }] },
    });
    const [port] = (made.spec as { ports: { nodePort: number }[] }).ports;
    expect(port?.nodePort).toBeGreaterThanOrEqual(30_000);
    expect(port?.nodePort).toBeLessThanOrEqual(32_767);
  });

  it('leave a headless Service without an address', async () => {
    const made = await services.create({
      metadata: { name: 'headless' },
      spec: { clusterIP: 'None', selector: { app: 'x' }, ports: [{ port: 80 }] },
    });
    expect(made.spec).toMatchObject({ clusterIP: 'None' });
  });

  it('encode the stringData of a Secret and give it a type', async () => {
    const made = await secrets.create({ metadata: { name: 'login' }, stringData: { password: 'tiger' } });
    expect(made).toMatchObject({ type: 'Opaque', data: { password: 'dGlnZXI=' } });
    expect(made).not.toHaveProperty('stringData');
  });

  it('fill a Job', async () => {
    const made = await jobs.create(job('defaulted'), { dryRun: 'All' });
    expect(made.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      template: { metadata: { labels: { 'job-name': 'defaulted', 'controller-uid': made.metadata.uid } } },
    });
    // The label's name has got a prefix in newer versions.
    expect(Object.values(at(made, 'spec.selector.matchLabels') as object)).toEqual([made.metadata.uid]);
  });
});

describe('reading', () => {
  it('answers 404 NotFound for what is not there', async () => {
    await expect(deployments.get('missing')).rejects.toMatchObject({
      status: 404,
      body: {
        kind: 'Status',
        status: 'Failure',
        reason: 'NotFound',
        message: 'deployments.apps "missing" not found',
        details: { name: 'missing', group: 'apps', kind: 'deployments' },
        code: 404,
      },
    });
  });
});

describe('replacing', () => {
  it('changes the object and its version', async () => {
    const made = await configMaps.create(configMap('replaced', { a: '1' }));
    const changed = await configMaps.replace('replaced', { ...made, data: { b: '2' } });
    expect(changed).toMatchObject({ data: { b: '2' }, metadata: { uid: made.metadata.uid } });
    expect(changed.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion);
  });

  it('refuses a stale version with 409 Conflict', async () => {
    const made = await configMaps.create(configMap('stale', { a: '1' }));
    await configMaps.replace('stale', { ...made, data: { a: '2' } });
    await expect(configMaps.replace('stale', { ...made, data: { a: '3' } })).rejects.toMatchObject({
      status: 409,
      body: {
        reason: 'Conflict',
        message: expect.stringContaining('the object has been modified'),
        details: { name: 'stale', kind: 'configmaps' },
      },
    });
  });

  it('overwrites when the client gives no version', async () => {
    await configMaps.create(configMap('blind', { a: '1' }));
    expect(await configMaps.replace('blind', configMap('blind', { a: '2' }))).toMatchObject({
      data: { a: '2' },
    });
  });

  it('refuses the uid of another object with 409 Conflict', async () => {
    await configMaps.create(configMap('reborn'));
    const other = configMap('reborn', {}, { uid: '11111111-2222-3333-4444-555555555555' });
    await expect(configMaps.replace('reborn', other)).rejects.toMatchObject({
      status: 409,
      body: { reason: 'Conflict' },
    });
  });

  it('refuses a name that is not the one of the path', async () => {
    await configMaps.create(configMap('named'));
    await expect(configMaps.replace('named', configMap('renamed'))).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest', message: expect.stringContaining('name') },
    });
  });

  it('keeps the version of an object that does not change', async () => {
    const made = await configMaps.create(configMap('same', { a: '1' }));
    const again = await configMaps.replace('same', made);
    expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  it('raises the generation for the spec, and not for labels', async () => {
    const made = await deployments.create(idle('counted'));
    const labelled = await deployments.patch('counted', { metadata: { labels: { a: 'b' } } });
    expect(labelled.metadata.generation).toBe(1);
    const changed = await deployments.patch('counted', { spec: { minReadySeconds: 1 } });
    expect(changed.metadata.generation).toBe(2);
    expect(changed.metadata.uid).toBe(made.metadata.uid);
  });

  it('answers 404 when there is nothing to replace', async () => {
    await expect(
      configMaps.replace('absent', configMap('absent', {}, { resourceVersion: '1' })),
    ).rejects.toMatchObject({ status: 404 });
  });
});

describe('deleting', () => {
  it('answers Success and the object is gone', async () => {
    const made = await configMaps.create(configMap('doomed'));
    expect(await configMaps.remove('doomed')).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'doomed', kind: 'configmaps', uid: made.metadata.uid },
    });
    expect(await configMaps.presence('doomed')).toBe(404);
  });

  it('answers 404 for what is not there', async () => {
    await expect(configMaps.remove('never-was')).rejects.toMatchObject({
      status: 404,
      body: { reason: 'NotFound' },
    });
  });

  it('refuses when the precondition names another uid or version', async () => {
    await configMaps.create(configMap('guarded'));
    for (const preconditions of [{ uid: '11111111-2222-3333-4444-555555555555' }, { resourceVersion: '1' }]) {
      await expect(configMaps.remove('guarded', { preconditions })).rejects.toMatchObject({
        status: 409,
        body: { reason: 'Conflict' },
      });
    }
    expect(await configMaps.presence('guarded')).toBe(200);
  });

  it('keeps an object with a finalizer until the finalizer is taken off', async () => {
    await configMaps.create(configMap('held', {}, { finalizers: ['example.org/hold'] }));
    await configMaps.remove('held');
    const dying = await configMaps.get('held');
    expect(dying.metadata.deletionTimestamp).toEqual(expect.any(String));
    await configMaps.patch('held', { metadata: { finalizers: null } });
    expect(await configMaps.presence('held')).toBe(404);
  });

  it('deletes a collection by label', async () => {
    await configMaps.create(configMap('out-1', {}, { labels: { sweep: 'out' } }));
    await configMaps.create(configMap('out-2', {}, { labels: { sweep: 'out' } }));
    await configMaps.create(configMap('stay', {}, { labels: { sweep: 'stay' } }));
    await configMaps.removeAll({ labelSelector: 'sweep=out' });
    expect(await configMaps.names({ labelSelector: 'sweep' })).toEqual(['stay']);
  });

  it('lets a name be used again, with another uid', async () => {
    const first = await configMaps.create(configMap('phoenix'));
    await configMaps.remove('phoenix');
    const second = await configMaps.create(configMap('phoenix'));
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
  });
});

describe('dry run', () => {
  it('creates nothing', async () => {
    const made = await configMaps.create(configMap('dry'), { dryRun: 'All' });
    expect(made.metadata).toMatchObject({ name: 'dry', uid: expect.any(String) });
    expect(await configMaps.presence('dry')).toBe(404);
  });

  it('finds what is invalid', async () => {
    const { selector: _, ...spec } = idle('dry').spec;
    await expect(deployments.create({ ...idle('dry'), spec }, { dryRun: 'All' })).rejects.toMatchObject({
      status: 422,
    });
  });

  it('finds that the object exists', async () => {
    await configMaps.create(configMap('there'));
    await expect(configMaps.create(configMap('there'), { dryRun: 'All' })).rejects.toMatchObject({
      status: 409,
    });
  });

  it('shows what replacing and patching would give, and changes nothing', async () => {
    const made = await configMaps.create(configMap('shown', { a: '1' }));
    const replaced = await configMaps.replace('shown', { ...made, data: { a: '2' } }, { dryRun: 'All' });
    expect(replaced.data).toEqual({ a: '2' });
    const patched = await configMaps.patch('shown', { data: { b: '3' } }, 'merge', { dryRun: 'All' });
    expect(patched.data).toEqual({ a: '1', b: '3' });
    expect(await configMaps.get('shown')).toEqual(made);
  });

  it('deletes nothing', async () => {
    await configMaps.create(configMap('spared'));
    await configMaps.remove('spared', { dryRun: ['All'] });
    await configMaps.remove('spared', undefined, { dryRun: 'All' });
    expect((await configMaps.get('spared')).metadata).not.toHaveProperty('deletionTimestamp');
  });

  it('refuses any other value than All', async () => {
    await expect(configMaps.create(configMap('dry'), { dryRun: 'Some' })).rejects.toMatchObject({
      status: 422,
      body: { reason: 'Invalid', message: expect.stringContaining('dryRun') },
    });
  });
});

describe('validation', () => {
  const causes = (...fields: string[]) => ({
    status: 422,
    body: {
      reason: 'Invalid',
      details: { causes: expect.arrayContaining(fields.map((field) => expect.objectContaining({ field }))) },
    },
  });

  it('names the field, the value and the reason', async () => {
    await expect(configMaps.create(configMap('Not_A_Name'))).rejects.toMatchObject({
      status: 422,
      body: {
        kind: 'Status',
        status: 'Failure',
        reason: 'Invalid',
        message: expect.stringMatching(
          /^ConfigMap "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name": /,
        ),
        details: {
          name: 'Not_A_Name',
          kind: 'ConfigMap',
          causes: [
            {
              reason: 'FieldValueInvalid',
              field: 'metadata.name',
              message: expect.stringContaining('Invalid value: "Not_A_Name"'),
            },
          ],
        },
        code: 422,
      },
    });
  });

  it('names the group of the kind', async () => {
    await expect(deployments.create(deployment('grouped', { replicas: -1 }))).rejects.toMatchObject({
      body: {
        message: expect.stringMatching(/^Deployment\.apps "grouped" is invalid: spec\.replicas: /),
        details: { group: 'apps', kind: 'Deployment' },
      },
    });
  });

  it('reports all problems at once', async () => {
    const draft = deployment('many', { replicas: -1, podSpec: { containers: [{ name: 'Bad_Name' }] } });
    await expect(deployments.create(draft)).rejects.toMatchObject(
      causes(
        'spec.replicas',
        'spec.template.spec.containers[0].name',
        'spec.template.spec.containers[0].image',
      ),
    );
  });

  it.each([
    ['no selector', idle('v', { selector: undefined }), 'spec.selector'],
    [
      'a selector that misses the template',
      idle('v', { selector: { matchLabels: { app: 'other' } } }),
      'spec.template.metadata.labels',
    ],
    ['an unknown strategy', idle('v', { strategy: { type: 'Sideways' } }), 'spec.strategy'],
    ['no containers', deployment('v', { podSpec: { containers: [] } }), 'spec.template.spec.containers'],
    [
      'two containers of one name',
      deployment('v', {
        podSpec: {
          containers: [
            { name: 'a', image: 'a' },
            { name: 'a', image: 'b' },
          ],
        },
      }),
      'spec.template.spec.containers[1].name',
    ],
    [
      'a port beyond 65535',
      deployment('v', {
        podSpec: { containers: [{ name: 'a', image: 'a', ports: [{ containerPort: 70_000 }] }] },
      }),
      'spec.template.spec.containers[0].ports[0].containerPort',
    ],
    [
      'a restart policy that a Deployment may not have',
      deployment('v', { podSpec: { restartPolicy: 'Never' } }),
      'spec.template.spec.restartPolicy',
    ],
    [
      'a mount of no volume',
      deployment('v', {
        podSpec: { containers: [{ name: 'a', image: 'a', volumeMounts: [{ name: 'x', mountPath: '/x' }] }] },
      }),
      'spec.template.spec.containers[0].volumeMounts[0].name',
    ],
    [
      'surge and unavailability both 0',
      idle('v', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
      'spec.strategy.rollingUpdate.maxUnavailable',
    ],
  ])('refuses a Deployment with %s', async (_, draft, field) => {
    await expect(deployments.create(draft)).rejects.toMatchObject(causes(field));
  });

  it('refuses a label value that is none', async () => {
    await expect(
      configMaps.create(configMap('labelled', {}, { labels: { a: 'not a label' } })),
    ).rejects.toMatchObject(causes('metadata.labels'));
  });

  it('refuses an annotation key that is none', async () => {
    await expect(
      configMaps.create(configMap('annotated', {}, { annotations: { 'a b': 'c' } })),
    ).rejects.toMatchObject(causes('metadata.annotations'));
  });

  it('refuses a ConfigMap key that is none', async () => {
    await expect(configMaps.create(configMap('keyed', { 'a b': 'c' }))).rejects.toMatchObject(
      causes('data[a b]'),
    );
  });

  it('refuses a Service without ports', async () => {
    await expect(
      services.create({ metadata: { name: 'portless' }, spec: { selector: { app: 'x' } } }),
    ).rejects.toMatchObject(causes('spec.ports'));
  });

  it('refuses Secret data that is not base64', async () => {
    await expect(secrets.create({ metadata: { name: 'garbled' }, data: { a: '*' } })).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest' },
    });
  });

  it('refuses a field of the wrong type with 400', async () => {
    await expect(deployments.create(idle('typed', { replicas: 'three' }))).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest' },
    });
  });

  it('refuses to change the selector of a Deployment', async () => {
    await deployments.create(idle('selected'));
    const spec = {
      selector: { matchLabels: { app: 'other' } },
      template: { metadata: { labels: { app: 'other' } } },
    };
    await expect(deployments.patch('selected', { spec })).rejects.toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('field is immutable') },
    });
  });

  it('refuses to change the template of a Job', async () => {
    await jobs.create(job('fixed', { spec: { parallelism: 0 } }));
    const spec = { template: { spec: { containers: [{ name: 'app', image: 'registry.example/app:2' }] } } };
    await expect(jobs.patch('fixed', { spec }, 'strategic')).rejects.toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('field is immutable') },
    });
  });

  it('refuses to change a pod but for its images', async () => {
    await pods.create(pod('settled'));
    await eventually(() => pods.get('settled')).toMatchObject({ status: { phase: 'Running' } });
    await expect(
      pods.patch('settled', { spec: { terminationGracePeriodSeconds: 99 } }),
    ).rejects.toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('pod updates may not change fields other than') },
    });
    const image = { spec: { containers: [{ name: 'app', image: 'registry.example/app:2' }] } };
    expect(await pods.patch('settled', image, 'strategic')).toMatchObject({
      spec: { containers: [{ image: 'registry.example/app:2' }] },
    });
  });

  it('refuses to change an immutable ConfigMap', async () => {
    await configMaps.create({ ...configMap('frozen', { a: '1' }), immutable: true });
    await expect(configMaps.patch('frozen', { data: { a: '2' } })).rejects.toMatchObject(causes('data'));
  });

  it('drops fields that no kind has', async () => {
    const made = await deployments.create({ ...idle('unknown-fields', { sideways: true }), extra: 1 });
    expect(made.spec).not.toHaveProperty('sideways');
    expect(made).not.toHaveProperty('extra');
  });
});
