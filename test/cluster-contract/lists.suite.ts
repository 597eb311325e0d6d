import { beforeAll, describe, expect, it } from 'vitest';
import { createNamespace, eventually, ownNamespace, ResourceClient, send } from './cluster.js';
import { configMap, pod } from './workloads.js';

const namespace = ownNamespace();
const configMaps = new ResourceClient('v1', 'configmaps', namespace);
const everywhere = new ResourceClient('v1', 'configmaps');

describe('a list', () => {
  it('has the version of the moment and items without kind', async () => {
    await configMaps.create(configMap('listed', {}, { labels: { form: 'listed' } }));
    const list = await configMaps.list({ labelSelector: 'form=listed' });
    expect(list).toMatchObject({
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
      items: [{ metadata: { name: 'listed', namespace } }],
    });
    expect(list.items[0]).not.toHaveProperty('kind');
  });

  it('is empty, and not an error, where nothing is', async () => {
    const list = await new ResourceClient('apps/v1', 'deployments', 'nowhere-at-all').list();
    expect(list).toMatchObject({ kind: 'DeploymentList', items: [] });
  });

  it('takes version 0 for any version', async () => {
    expect((await configMaps.list({ resourceVersion: '0' })).kind).toBe('ConfigMapList');
  });

  it('spans all namespaces when none is named', async () => {
    const other = `${namespace}-other`;
    await createNamespace(other);
    await configMaps.create(configMap('here', {}, { labels: { span: namespace } }));
    await new ResourceClient('v1', 'configmaps', other).create(
      configMap('there', {}, { labels: { span: namespace } }),
    );
    expect(await everywhere.names({ labelSelector: `span=${namespace}` })).toEqual(['here', 'there']);
    await new ResourceClient('v1', 'namespaces').remove(other);
  });
});

describe('paging', () => {
  const names = Array.from({ length: 7 }, (_, index) => `page-${index}`);
  const labelSelector = 'paged=yes';

  beforeAll(async () => {
    for (const name of names) await configMaps.create(configMap(name, {}, { labels: { paged: 'yes' } }));
  });

  it('goes through all items once, in pages of the asked size', async () => {
    const seen: string[] = [];
    const sizes: number[] = [];
    let next: string | undefined;
    do {
      const page = await configMaps.list({ labelSelector, limit: 3, continue: next });
      sizes.push(page.items.length);
      seen.push(...page.items.map((item) => item.metadata.name));
      next = page.metadata.continue;
    } while (next);
    expect(seen).toEqual(names);
    expect(sizes).toEqual([3, 3, 1]);
  });

  it('shows on later pages the state of the first', async () => {
    const first = await configMaps.list({ labelSelector, limit: 3 });
    await configMaps.create(configMap('page-9', {}, { labels: { paged: 'yes' } }));
    const rest = await configMaps.list({ labelSelector, limit: 100, continue: first.metadata.continue });
    expect(rest.items.map((item) => item.metadata.name)).toEqual(names.slice(3));
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    await configMaps.remove('page-9');
  });

  it('tells how many items remain when nothing is selected', async () => {
    const all = await configMaps.list();
    const page = await configMaps.list({ limit: 2 });
    expect(page.metadata.remainingItemCount).toBe(all.items.length - 2);
  });

  it('has no token on the last page', async () => {
    const page = await configMaps.list({ labelSelector, limit: 100 });
    expect(page.metadata.continue ?? '').toBe('');
  });

  it('refuses a token that it did not give with 400', async () => {
    await expect(configMaps.list({ limit: 3, continue: 'made-up' })).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest', message: expect.stringContaining('continue') },
    });
  });

  it('refuses a limit that is no number', async () => {
    await expect(configMaps.list({ limit: 'many' })).rejects.toMatchObject({ status: 400 });
  });
});

describe('label selectors', () => {
  beforeAll(async () => {
    for (const [name, labels] of Object.entries({
      'web-blue': { set: 's', tier: 'web', colour: 'blue' },
      'web-green': { set: 's', tier: 'web', colour: 'green' },
      'db-blue': { set: 's', tier: 'db', colour: 'blue' },
      plain: { set: 's' },
    })) {
      await configMaps.create(configMap(name, {}, { labels }));
    }
  });

  it.each([
    ['tier=web', ['web-blue', 'web-green']],
    ['tier==web', ['web-blue', 'web-green']],
    ['tier!=web', ['db-blue', 'plain']],
    ['tier in (web, db),colour=blue', ['db-blue', 'web-blue']],
    ['tier notin (web)', ['db-blue', 'plain']],
    ['tier', ['db-blue', 'web-blue', 'web-green']],
    ['!tier', ['plain']],
    ['tier=web,colour=red', []],
  ])('%s', async (selector, expected) => {
    expect(await configMaps.names({ labelSelector: `set=s,${selector}` })).toEqual(expected);
  });

  it.each(['tier in web', 'a=b=c', '=x'])('refuses %s with 400', async (selector) => {
    await expect(configMaps.list({ labelSelector: selector })).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest' },
    });
  });
});

describe('field selectors', () => {
  const pods = new ResourceClient('v1', 'pods', namespace);

  it('find an object by name', async () => {
    await configMaps.create(configMap('by-name'));
    expect(await configMaps.names({ fieldSelector: 'metadata.name=by-name' })).toEqual(['by-name']);
  });

  it('leave an object out by name', async () => {
    await configMaps.create(configMap('kept', {}, { labels: { out: 'yes' } }));
    await configMaps.create(configMap('left-out', {}, { labels: { out: 'yes' } }));
    const query = { labelSelector: 'out=yes', fieldSelector: 'metadata.name!=left-out' };
    expect(await configMaps.names(query)).toEqual(['kept']);
  });

  it('find objects by namespace', async () => {
    const list = await everywhere.list({ fieldSelector: `metadata.namespace=${namespace}` });
    expect(new Set(list.items.map((item) => item.metadata.namespace))).toEqual(new Set([namespace]));
  });

  it('find pods by phase and by node', async () => {
    await pods.create(pod('placed'));
    await pods.create(pod('unplaced', { podSpec: { nodeSelector: { none: 'such' } } }));
    await eventually(() => pods.names({ fieldSelector: 'status.phase=Running' })).toEqual(['placed']);
    expect(await pods.names({ fieldSelector: 'status.phase=Pending' })).toEqual(['unplaced']);
    const { spec } = await pods.get('placed');
    const { nodeName } = spec as { nodeName: string };
    expect(await pods.names({ fieldSelector: `spec.nodeName=${nodeName},status.phase!=Failed` })).toEqual([
      'placed',
    ]);
  });

  it('refuse a field that a kind is not selectable by', async () => {
    await expect(configMaps.list({ fieldSelector: 'data.a=b' })).rejects.toMatchObject({
      status: 400,
      body: { reason: 'BadRequest', message: expect.stringContaining('data.a') },
    });
  });

  it('refuse what is no selector', async () => {
    const { status } = await send('GET', configMaps.path, { query: { fieldSelector: 'metadata.name' } });
    expect(status).toBe(400);
  });
});
