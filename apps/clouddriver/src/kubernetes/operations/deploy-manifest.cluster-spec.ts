import { readFileSync } from 'node:fs';
import { type JsonObject } from '@gennaker/kernel';
import { annotationsOf, type Manifest, metadataOf, nameOf, specOf } from '@gennaker/manifest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Death, OperationsHarness } from './operations.suite.js';

const kubeconfig = readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
let harness: OperationsHarness;

beforeAll(async () => {
  harness = await OperationsHarness.start(kubeconfig);
  await harness.startWorker();
});

afterAll(() => harness.stop());

const configMap = (name: string, data: JsonObject, metadata: JsonObject = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: harness.namespace, ...metadata },
  data,
});

const workload = (
  kind: string,
  name: string,
  spec: JsonObject = {},
  metadata: JsonObject = {},
): Manifest => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: harness.namespace, ...metadata },
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

const deploy = (manifests: Manifest[], more: JsonObject = {}) =>
  harness.result('deployManifest', { manifests, ...more });

/** All that is kept of an operation. */
const kept = async (id: string): Promise<string> =>
  JSON.stringify(await harness.journal.store.read(`operation-${id}`));

describe('deployManifest', () => {
  it('creates, leaves alone and changes a Deployment, and says what changed', async () => {
    const created = await deploy([workload('Deployment', 'web')]);
    expect(created.manifestNamesByNamespace).toEqual({ [harness.namespace]: ['deployment web'] });
    expect(created.createdArtifacts).toMatchObject([
      { type: 'kubernetes/deployment', name: 'web', version: '' },
    ]);
    expect(created.manifests[0]).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'spinnaker', 'app.kubernetes.io/name': 'app' },
        annotations: {
          'moniker.spinnaker.io/application': 'app',
          'moniker.spinnaker.io/cluster': 'deployment web',
        },
      },
    });

    const again = await harness.run('deployManifest', { manifests: [workload('Deployment', 'web')] });
    expect(again.steps[0]).toMatchObject({ outcome: 'unchanged' });

    const changed = await harness.run('deployManifest', {
      manifests: [workload('Deployment', 'web', { replicas: 2 })],
    });
    expect(changed.steps[0]).toMatchObject({
      outcome: 'configured',
      diff: { changes: [{ path: 'spec.replicas', before: 1, after: 2 }] },
    });
  });

  it('versions ConfigMaps, reuses unchanged ones and binds what refers to them', async () => {
    const pod = {
      containers: [{ name: 'app', image: 'nginx:1' }],
      volumes: [{ name: 'v', configMap: { name: 'settings' } }],
    };
    const set = workload('ReplicaSet', 'server', {
      template: { metadata: { labels: { app: 'server' } }, spec: pod },
    });
    const first = await deploy([set, configMap('settings', { a: '1' })]);
    expect(first.manifestNamesByNamespace[harness.namespace]).toEqual([
      'configMap settings-v000',
      'replicaSet server-v000',
    ]);
    expect(first.boundArtifacts).toMatchObject([{ reference: 'settings-v000' }]);
    expect(JSON.stringify(first.manifests[1])).toContain('settings-v000');

    const second = await deploy([set, configMap('settings', { a: '1' })]);
    expect(second.manifestNamesByNamespace[harness.namespace]).toEqual([
      'configMap settings-v000',
      'replicaSet server-v001',
    ]);
    const third = await deploy([configMap('settings', { a: '2' })]);
    expect(third.createdArtifacts).toMatchObject([{ version: 'v001', reference: 'settings-v001' }]);
  });

  it('gives two deploys at once two versions', async () => {
    const ids = await Promise.all(
      ['1', '2', '3', '4'].map((value) =>
        harness.request('deployManifest', { manifests: [configMap('race', { value })] }),
      ),
    );
    const ended = await Promise.all(ids.map((id) => harness.ended(id)));
    const names = ended.map(({ results }) => (results[0]!['manifests'] as Manifest[]).map(nameOf));
    expect(new Set(names.flat())).toEqual(new Set(['race-v000', 'race-v001', 'race-v002', 'race-v003']));
  });

  it('waits until the cluster serves a kind and a namespace that the same deploy brings', async () => {
    const group = `${harness.namespace}.example.com`;
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `widgets.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    const widget = {
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata: { name: 'one', namespace: `${harness.namespace}-more` },
      spec: { size: 1 },
    };
    const namespace = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: `${harness.namespace}-more` },
    };
    const result = await deploy([widget, definition, namespace]);
    expect(result.manifestNamesByNamespace).toEqual({
      '': [`namespace ${harness.namespace}-more`, `customResourceDefinition widgets.${group}`],
      [`${harness.namespace}-more`]: [`Widget.${group} one`],
    });
    const changed = await harness.run('deployManifest', { manifests: [{ ...widget, spec: { size: 2 } }] });
    expect(changed.steps[0]).toMatchObject({
      diff: { changes: [{ path: 'spec.size', before: 1, after: 2 }] },
    });
    await harness.result('deleteManifest', {
      manifestName: `customResourceDefinition widgets.${group}`,
      location: '',
    });
    await harness.result('deleteManifest', {
      manifestName: `namespace ${harness.namespace}-more`,
      location: '',
    });
  });

  it('recreates, replaces and applies on the server where a manifest asks for it', async () => {
    const withStrategy = (strategy: string, value: string, data: JsonObject): Manifest =>
      configMap('strategic', data, {
        annotations: {
          'strategy.spinnaker.io/versioned': 'false',
          [`strategy.spinnaker.io/${strategy}`]: value,
        },
      });
    await deploy([withStrategy('replace', 'true', { a: '1', b: '1' })]);
    const replaced = await deploy([withStrategy('replace', 'true', { a: '2' })]);
    expect(replaced.manifests[0]!['data']).toEqual({ a: '2' });
    const recreated = await deploy([withStrategy('recreate', 'true', { a: '3' })]);
    expect(metadataOf(recreated.manifests[0]!)['uid']).not.toBe(metadataOf(replaced.manifests[0]!)['uid']);

    await harness.client.apply(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'owned', namespace: harness.namespace },
        data: { a: 'theirs' },
      },
      { fieldManager: 'somebody' },
    );
    const owned = (value: string): Manifest =>
      configMap(
        'owned',
        { a: 'ours' },
        {
          annotations: {
            'strategy.spinnaker.io/versioned': 'false',
            'strategy.spinnaker.io/server-side-apply': value,
          },
        },
      );
    const refused = await harness.run('deployManifest', { manifests: [owned('true')] });
    expect(refused).toMatchObject({ status: 'FAILED', error: { type: 'kubernetes.apply_conflict' } });
    expect(refused.error?.message).toContain('somebody');
    const forced = await deploy([owned('force-conflicts')]);
    expect(forced.manifests[0]!['data']).toEqual({ a: 'ours' });
  });

  it('does not fight an autoscaler over the size', async () => {
    await deploy([workload('Deployment', 'elastic', { replicas: 1 })]);
    await deploy([
      {
        apiVersion: 'autoscaling/v1',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'elastic', namespace: harness.namespace },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'elastic' },
          minReplicas: 3,
          maxReplicas: 9,
        },
      },
    ]);
    const ref = { kind: 'Deployment', name: 'elastic', namespace: harness.namespace };
    await harness.client.patch(ref, { spec: { replicas: 4 } }, { type: 'merge' });
    const result = await deploy([workload('Deployment', 'elastic', { replicas: 1, minReadySeconds: 1 })]);
    expect(specOf(result.manifests[0]!)['replicas']).toBeGreaterThanOrEqual(3);
  });

  it('takes over what others applied, their removed fields included', async () => {
    const name = 'inherited';
    const applied = { ...configMap(name, { mine: '1', dropped: '1' }) };
    await harness.client.create({
      ...applied,
      metadata: {
        name,
        namespace: harness.namespace,
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(applied)}\n` },
      },
    } as never);
    await harness.client.patch(
      { kind: 'cm', name, namespace: harness.namespace },
      { data: { theirs: '1' } },
      { type: 'merge' },
    );
    const manifest = configMap(
      name,
      { mine: '2' },
      { annotations: { 'strategy.spinnaker.io/versioned': 'false' } },
    );
    const result = await deploy([manifest]);
    expect(result.manifests[0]!['data']).toEqual({ mine: '2', theirs: '1' });
  });

  it('names what is created under a generated name, once per step', async () => {
    const manifest = configMap('', {}, { generateName: 'job-' });
    delete metadataOf(manifest)['name'];
    const result = await deploy([manifest]);
    const name = nameOf(result.manifests[0]!);
    expect(name).toMatch(/^job-[a-z0-9]{5}$/);
    expect(result.createdArtifacts).toMatchObject([{ name, reference: name }]);
  });

  it('keeps a Secret’s values out of its results and events', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token', namespace: harness.namespace },
      stringData: { password: 'hunter2' },
    };
    const id = await harness.request('deployManifest', { manifests: [manifest] });
    await harness.ended(id);
    expect(await kept(id)).not.toMatch(/hunter2|aHVudGVyMg/);
    const live = await harness.get('Secret', 'token-v000');
    expect(live?.['data']).toEqual({ password: 'aHVudGVyMg==' });
  });

  it('keeps the version of an unchanged Secret, and tells a changed one by its values', async () => {
    const secret = (password: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace: harness.namespace },
      stringData: { password },
    });
    const versionOf = async (password: string) => {
      const { createdArtifacts } = await deploy([secret(password)]);
      return createdArtifacts[0]?.['version'];
    };
    expect(await versionOf('first one')).toBe('v000');
    expect(await versionOf('first one')).toBe('v000');
    expect(await versionOf('second one')).toBe('v001');
  });

  it('keeps what a cluster says of a Secret to itself where that repeats what the Secret holds', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'broken', namespace: harness.namespace },
      data: { password: 'hunter2 is no base64' },
    };
    const id = await harness.request('deployManifest', { manifests: [manifest] });
    const { status, error } = await harness.ended(id);
    expect(status).toBe('FAILED');
    expect(error?.message).toContain('Deploy failed for manifest: secret broken-v000');
    expect(await kept(id)).not.toContain('hunter2');
  });

  it('looks up the references to secrets in a Secret, right before it is sent', async () => {
    const reference = 'secret://env/GENNAKER_SECRET_TOKEN';
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'referring', namespace: harness.namespace },
      stringData: { token: reference },
      data: { encoded: reference },
    };
    const id = await harness.request('deployManifest', { manifests: [manifest] });
    await harness.ended(id);
    const encoded = Buffer.from('from the environment').toString('base64');
    const live = await harness.get('Secret', 'referring-v000');
    expect(live?.['data']).toEqual({ token: encoded, encoded });
    expect(await kept(id)).toContain(reference);
    expect(await kept(id)).not.toContain(encoded);
  });

  it('sends no secret that the operators have not set free', async () => {
    const { status, error } = await harness.run('deployManifest', {
      manifests: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'greedy', namespace: harness.namespace },
          stringData: { url: 'secret://env/DATABASE_URL' },
        },
      ],
    });
    expect(status).toBe('FAILED');
    expect(error?.message).toContain(
      'Pipelines of application app may not send the secret env/DATABASE_URL to test',
    );
    expect(await harness.get('Secret', 'greedy-v000')).toBeUndefined();
  });

  it('selects by labels, and says so when nothing fits', async () => {
    const manifests = [
      configMap('chosen', {}, { labels: { tier: 'a' } }),
      configMap('left', {}, { labels: { tier: 'b' } }),
    ];
    const labelSelectors = { selectors: [{ kind: 'EQUALS', key: 'tier', values: ['a'] }] };
    const result = await deploy(manifests, { labelSelectors });
    expect(result.manifestNamesByNamespace[harness.namespace]).toEqual(['configMap chosen-v000']);
    expect(result.createdArtifacts).toMatchObject([{ reference: 'chosen-v000' }]);
    const none = { selectors: [{ kind: 'EQUALS', key: 'tier', values: ['c'] }] };
    const refused = await harness.run('deployManifest', { manifests, labelSelectors: none });
    expect(refused.error?.message).toContain(
      'nothing deployed to account test with label selector(s) tier = c',
    );
    await deploy(manifests, { labelSelectors: none, allowNothingSelected: true });
  });

  it('says what the cluster refuses, and keeps what went before', async () => {
    const bad = workload('Deployment', 'bad', { selector: { matchLabels: { app: 'other' } } });
    const operation = await harness.run('deployManifest', { manifests: [configMap('before', {}), bad] });
    expect(operation.status).toBe('FAILED');
    expect(operation.error?.message).toMatch(
      /^Deploy failed for manifest: deployment bad\. Error: .*selector/,
    );
    expect(await harness.get('ConfigMap', 'before-v000')).toBeDefined();
  });

  it.each<[string, JsonObject, string]>([
    ['no manifests', {}, 'manifests'],
    ['a manifest that is none', { manifests: ['text'] }, 'manifests[0]'],
    [
      'a manifest without kind',
      { manifests: [{ apiVersion: 'v1', metadata: { name: 'x' } }] },
      'manifests[0].kind',
    ],
    ['an unknown strategy', { manifests: [], strategy: 'sideways' }, 'strategy'],
  ])('refuses %s', async (_what, description, path) => {
    const operation = await harness.run('deployManifest', description);
    expect(operation).toMatchObject({ status: 'FAILED', steps: [] });
    expect(operation.error?.problems?.[0]?.path).toBe(path);
  });
});

describe('deleteManifest', () => {
  it('deletes one object and waits until it is gone', async () => {
    await deploy([workload('Deployment', 'short')]);
    const result = await harness.result('deleteManifest', {
      manifestName: 'deployment short',
      location: harness.namespace,
      options: { gracePeriodSeconds: '0' },
    });
    expect(result.manifestNamesByNamespace).toEqual({ [harness.namespace]: ['deployment short'] });
    expect(await harness.get('Deployment', 'short')).toBeUndefined();
  });

  it('takes what is not there for deleted', async () => {
    const result = await harness.result('deleteManifest', {
      manifestName: 'deploy none',
      location: harness.namespace,
    });
    expect(result.manifestNamesByNamespace).toEqual({});
  });

  it('deletes by labels', async () => {
    await deploy([
      configMap('l1', {}, { labels: { gone: 'yes' } }),
      configMap('l2', {}, { labels: { gone: 'no' } }),
    ]);
    const result = await harness.result('deleteManifest', {
      kinds: ['configMap'],
      location: harness.namespace,
      labelSelectors: { selectors: [{ kind: 'EQUALS', key: 'gone', values: ['yes'] }] },
    });
    expect(result.manifestNamesByNamespace).toEqual({ [harness.namespace]: ['configMap l1-v000'] });
    expect(await harness.get('ConfigMap', 'l2-v000')).toBeDefined();
  });

  it('keeps the dependents of an orphaned Deployment', async () => {
    await deploy([workload('Deployment', 'parent')]);
    const sets = async (): Promise<Manifest[]> =>
      harness.client.listAll('replicasets', { namespace: harness.namespace, labelSelector: 'app=parent' });
    await expect.poll(async () => (await sets()).length).toBe(1);
    await harness.result('deleteManifest', {
      manifestName: 'deployment parent',
      location: harness.namespace,
      options: { cascading: false },
    });
    const [left] = await sets();
    expect(left && metadataOf(left)['ownerReferences']).toBeUndefined();
  });

  it('refuses a cascade that is none, and leaves the object', async () => {
    await deploy([configMap('kept', {})]);
    const operation = await harness.run('deleteManifest', {
      manifestName: 'configMap kept-v000',
      location: harness.namespace,
      options: { cascading: 'sideways' },
    });
    expect(operation).toMatchObject({ status: 'FAILED' });
    expect(operation.error?.problems?.[0]?.path).toBe('options.cascading');
    expect(await harness.get('ConfigMap', 'kept-v000')).toBeDefined();
  });
});

describe('a worker that is killed', () => {
  let crashes: OperationsHarness;

  beforeAll(async () => {
    crashes = await OperationsHarness.start(kubeconfig);
  });

  afterAll(() => crashes.stop());

  const manifests = (round: number): Manifest[] => [
    { ...configMap('conf', { a: '1' }), metadata: { name: 'conf', namespace: crashes.namespace } },
    { ...workload('ReplicaSet', 'set'), metadata: { name: 'set', namespace: crashes.namespace } },
    {
      ...workload('Deployment', 'dep'),
      metadata: { name: `dep-${round}`, namespace: crashes.namespace },
    },
    { ...configMap('', {}), metadata: { generateName: 'gen-', namespace: crashes.namespace } },
  ];

  const deaths: Death[] = ['configmaps', 'replicasets', 'deployments'].flatMap((path) => [
    { method: 'POST', path, when: 'before' as const },
    { method: 'POST', path, when: 'after' as const },
  ]);

  it('leaves an operation that another one ends, with every object made once', async () => {
    let round = 0;
    for (const death of deaths) {
      round += 1;
      const { died } = await crashes.startWorker(death);
      crashes.retireOthers();
      const id = await crashes.request('deployManifest', { manifests: manifests(round) });
      await died;
      await crashes.expireLeases();
      await crashes.startWorker();
      const operation = await crashes.ended(id);
      expect(operation.status, JSON.stringify(operation.error)).toBe('SUCCEEDED');
      const list = (kind: string): Promise<Manifest[]> =>
        crashes.client.listAll(kind, { namespace: crashes.namespace });
      const configMaps = (await list('configmaps')).filter((one) => nameOf(one) !== 'kube-root-ca.crt');
      expect(configMaps.filter((one) => nameOf(one).startsWith('conf-'))).toHaveLength(1);
      expect(configMaps.filter((one) => nameOf(one).startsWith('gen-'))).toHaveLength(round);
      const sets = (await list('replicasets')).filter(
        (one) => annotationsOf(one)['artifact.spinnaker.io/name'] === 'set',
      );
      expect(sets).toHaveLength(round);
      const generations = (await list('deployments')).map((one) => metadataOf(one)['generation']);
      expect(generations).toEqual(Array.from({ length: round }, () => 1));
    }
  });

  it('loses no deletion, and does not delete what came after', async () => {
    const ref = { kind: 'cm', name: 'victim', namespace: crashes.namespace };
    const make = () =>
      crashes.client.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'victim', namespace: crashes.namespace },
      });
    await make();
    const { died } = await crashes.startWorker({ method: 'DELETE', path: 'victim', when: 'after' });
    crashes.retireOthers();
    const id = await crashes.request('deleteManifest', {
      manifestName: 'configMap victim',
      location: crashes.namespace,
    });
    await died;
    await make();
    await crashes.expireLeases();
    await crashes.startWorker();
    expect((await crashes.ended(id)).status).toBe('SUCCEEDED');
    expect(await crashes.client.find(ref)).toBeDefined();
  });
});
