import { describe, expect, it } from 'vitest';
import { at, ownNamespace, ResourceClient, send, type Draft } from './cluster.js';
import { configMap, deployment } from './workloads.js';

const namespace = ownNamespace();
const configMaps = new ResourceClient('v1', 'configmaps', namespace);
const deployments = new ResourceClient('apps/v1', 'deployments', namespace);

const idle = (name: string, podSpec: Draft = {}) => deployment(name, { replicas: 0, podSpec });
const podSpec = (object: unknown) => at(object, 'spec.template.spec') as Record<string, unknown>;

describe('a JSON patch', () => {
  it('adds, replaces, removes, moves, copies and tests', async () => {
    await configMaps.create(configMap('operated', { a: '1', b: '2', c: '3' }));
    const patched = await configMaps.patch(
      'operated',
      [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: 'one' },
        { op: 'remove', path: '/data/b' },
        { op: 'move', from: '/data/c', path: '/data/d' },
        { op: 'copy', from: '/data/a', path: '/data/e' },
        { op: 'add', path: '/metadata/labels', value: { 'example.org/key': 'x' } },
        { op: 'add', path: '/metadata/labels/example.org~1other', value: 'y' },
      ],
      'json',
    );
    expect(patched).toMatchObject({
      data: { a: 'one', d: '3', e: 'one' },
      metadata: { labels: { 'example.org/key': 'x', 'example.org/other': 'y' } },
    });
    expect(patched.data).not.toHaveProperty('b');
    expect(patched.data).not.toHaveProperty('c');
  });

  it('reaches into arrays and appends to them', async () => {
    await deployments.create(idle('arrays'));
    const patched = await deployments.patch(
      'arrays',
      [
        { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'a:2' },
        { op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'side', image: 's:1' } },
      ],
      'json',
    );
    expect(podSpec(patched).containers).toMatchObject([
      { name: 'app', image: 'a:2' },
      { name: 'side', image: 's:1' },
    ]);
  });

  it('changes nothing when a test fails, and says 422', async () => {
    await configMaps.create(configMap('tested', { a: '1' }));
    const patch = [
      { op: 'replace', path: '/data/a', value: '2' },
      { op: 'test', path: '/data/a', value: '1' },
    ];
    await expect(configMaps.patch('tested', patch, 'json')).rejects.toMatchObject({
      status: 422,
      body: { reason: 'Invalid' },
    });
    expect((await configMaps.get('tested')).data).toEqual({ a: '1' });
  });

  it('refuses to remove what is not there', async () => {
    await configMaps.create(configMap('lacking', { a: '1' }));
    await expect(
      configMaps.patch('lacking', [{ op: 'remove', path: '/data/b' }], 'json'),
    ).rejects.toMatchObject({ status: 422 });
  });

  it('refuses a body that is no list of operations with 400', async () => {
    await configMaps.create(configMap('shapeless', { a: '1' }));
    await expect(configMaps.patch('shapeless', { data: {} }, 'json')).rejects.toMatchObject({ status: 400 });
  });
});

describe('a merge patch', () => {
  it('sets fields, removes those that are null, and leaves the others', async () => {
    await configMaps.create(configMap('merged', { a: '1', b: '2', c: '3' }));
    const patched = await configMaps.patch('merged', { data: { a: 'one', b: null } });
    expect(patched.data).toEqual({ a: 'one', c: '3' });
  });

  it('replaces lists whole', async () => {
    await deployments.create(
      idle('lists', {
        containers: [
          { name: 'app', image: 'a:1' },
          { name: 'side', image: 's:1' },
        ],
      }),
    );
    const patched = await deployments.patch('lists', {
      spec: { template: { spec: { containers: [{ name: 'only', image: 'o:1' }] } } },
    });
    expect(podSpec(patched).containers).toMatchObject([{ name: 'only', image: 'o:1' }]);
  });

  it('is validated like any other write', async () => {
    await deployments.create(idle('checked'));
    await expect(deployments.patch('checked', { spec: { replicas: -1 } })).rejects.toMatchObject({
      status: 422,
      body: { reason: 'Invalid', details: { causes: [{ field: 'spec.replicas' }] } },
    });
  });
});

describe('a strategic merge patch', () => {
  const twoContainers = {
    containers: [
      { name: 'app', image: 'a:1', env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] },
      { name: 'side', image: 's:1' },
    ],
  };
  const patchPodSpec = (name: string, spec: Draft) =>
    deployments.patch(name, { spec: { template: { spec } } }, 'strategic');

  it('merges containers by name, env by name and ports by number', async () => {
    await deployments.create(idle('by-key', twoContainers));
    const patched = await patchPodSpec('by-key', {
      containers: [
        {
          name: 'app',
          image: 'a:2',
          env: [
            { name: 'A', value: 'one' },
            { name: 'B', value: '2' },
          ],
          ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }],
        },
      ],
    });
    const containers = podSpec(patched).containers as Draft[];
    const byName = (name: string) => containers.find((container) => container.name === name);
    expect(containers).toHaveLength(2);
    expect(byName('side')).toMatchObject({ image: 's:1' });
    expect(byName('app')).toMatchObject({ image: 'a:2' });
    expect(byName('app')?.env).toEqual(
      expect.arrayContaining([
        { name: 'A', value: 'one' },
        { name: 'B', value: '2' },
      ]),
    );
    expect(byName('app')?.ports).toEqual(
      expect.arrayContaining([
        { containerPort: 80, name: 'http', protocol: 'TCP' },
        { containerPort: 81, protocol: 'TCP' },
      ]),
    );
  });

  it('deletes one item by $patch: delete', async () => {
    await deployments.create(idle('item-deleted', twoContainers));
    const patched = await patchPodSpec('item-deleted', { containers: [{ name: 'side', $patch: 'delete' }] });
    expect(podSpec(patched).containers).toMatchObject([{ name: 'app' }]);
  });

  it('replaces a list by $patch: replace', async () => {
    await deployments.create(idle('list-replaced', twoContainers));
    const patched = await patchPodSpec('list-replaced', {
      containers: [{ name: 'new', image: 'n:1' }, { $patch: 'replace' }],
    });
    expect(podSpec(patched).containers).toMatchObject([{ name: 'new', image: 'n:1' }]);
    expect(podSpec(patched).containers).toHaveLength(1);
  });

  it('replaces an object by $patch: replace', async () => {
    await deployments.create({
      ...idle('object-replaced'),
      metadata: { name: 'object-replaced', labels: { a: '1', b: '2' } },
    });
    const patched = await deployments.patch(
      'object-replaced',
      { metadata: { labels: { c: '3', $patch: 'replace' } } },
      'strategic',
    );
    expect(patched.metadata.labels).toEqual({ c: '3' });
  });

  it('removes a field that is null', async () => {
    await deployments.create(idle('nulled', { ...twoContainers, hostname: 'web' }));
    expect(podSpec(await patchPodSpec('nulled', { hostname: null }))).not.toHaveProperty('hostname');
  });

  it('replaces lists that have no key', async () => {
    const tolerations = [{ key: 'a', operator: 'Exists' }];
    await deployments.create(idle('atomic', { tolerations }));
    const patched = await patchPodSpec('atomic', { tolerations: [{ key: 'b', operator: 'Exists' }] });
    expect(podSpec(patched).tolerations).toEqual([{ key: 'b', operator: 'Exists' }]);
  });

  it('keeps only the named members of a union by $retainKeys', async () => {
    await deployments.create(idle('retained'));
    const patched = await deployments.patch(
      'retained',
      { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
      'strategic',
    );
    expect(at(patched, 'spec.strategy')).toEqual({ type: 'Recreate' });
  });

  it('orders a list by $setElementOrder', async () => {
    await deployments.create(idle('ordered', twoContainers));
    const patched = await patchPodSpec('ordered', {
      '$setElementOrder/containers': [{ name: 'side' }, { name: 'new' }, { name: 'app' }],
      containers: [{ name: 'new', image: 'n:1' }],
    });
    expect((podSpec(patched).containers as Draft[]).map(({ name }) => name)).toEqual(['side', 'new', 'app']);
  });

  it('merges finalizers as a set, and takes one off by $deleteFromPrimitiveList', async () => {
    await configMaps.create(configMap('set', {}, { finalizers: ['example.org/a'] }));
    const added = await configMaps.patch('set', { metadata: { finalizers: ['example.org/b'] } }, 'strategic');
    expect(added.metadata.finalizers).toEqual(expect.arrayContaining(['example.org/a', 'example.org/b']));
    const removed = await configMaps.patch(
      'set',
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.org/a'] } },
      'strategic',
    );
    expect(removed.metadata.finalizers).toEqual(['example.org/b']);
    await configMaps.patch('set', { metadata: { finalizers: null } });
  });

  it('refuses an unknown directive', async () => {
    await deployments.create(idle('directive'));
    await expect(
      deployments.patch('directive', { spec: { strategy: { $patch: 'sideways' } } }, 'strategic'),
    ).rejects.toMatchObject({ status: expect.any(Number) });
  });
});

describe('any patch', () => {
  it('changes no version when it changes nothing', async () => {
    const made = await configMaps.create(configMap('unchanged', { a: '1' }));
    const patched = await configMaps.patch('unchanged', { data: { a: '1' } });
    expect(patched.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  it('is refused with 409 when it names a stale version', async () => {
    const made = await configMaps.create(configMap('versioned', { a: '1' }));
    await configMaps.patch('versioned', { data: { a: '2' } });
    const { resourceVersion } = made.metadata;
    await expect(
      configMaps.patch('versioned', { metadata: { resourceVersion }, data: { a: '3' } }),
    ).rejects.toMatchObject({ status: 409, body: { reason: 'Conflict' } });
  });

  it('is refused when it changes the name', async () => {
    await configMaps.create(configMap('christened'));
    await expect(configMaps.patch('christened', { metadata: { name: 'renamed' } })).rejects.toMatchObject({
      status: expect.toBeOneOf([400, 422]),
    });
  });

  it('answers 404 when there is nothing to patch', async () => {
    await expect(configMaps.patch('absent', { data: {} })).rejects.toMatchObject({ status: 404 });
  });

  it('of an unknown type is refused with 415', async () => {
    await configMaps.create(configMap('typed'));
    const { status, body } = await send('PATCH', configMaps.at('typed'), {
      body: {},
      type: 'application/json',
    });
    expect(status).toBe(415);
    expect(body).toMatchObject({ reason: 'UnsupportedMediaType' });
  });

  it('with malformed JSON is refused', async () => {
    await configMaps.create(configMap('broken'));
    const { status } = await send('PATCH', configMaps.at('broken'), {
      body: '{"data":',
      type: 'application/merge-patch+json',
    });
    // 1.20 answers 500 here.
    expect(status).toBeOneOf([400, 500]);
  });

  it('goes on when others write at the same time', async () => {
    await configMaps.create(configMap('busy'));
    const keys = Array.from({ length: 10 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => configMaps.patch('busy', { data: { [key]: 'x' } })));
    expect(Object.keys((await configMaps.get('busy')).data as object).sort()).toEqual(keys);
  });
});
