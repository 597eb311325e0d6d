import { describe, expect, it } from 'vitest';
import { eventually, ownNamespace, ResourceClient, type Watch } from './cluster.js';
import { configMap } from './workloads.js';

const namespace = ownNamespace();
const configMaps = new ResourceClient('v1', 'configmaps', namespace);
const labels = (set: string) => ({ labels: { set } });

function story(watch: Watch) {
  return eventually(() => watch.story);
}

async function versionNow(): Promise<string> {
  return (await configMaps.list()).metadata.resourceVersion;
}

describe('a watch', () => {
  it('tells each change after the version it starts from, in order', async () => {
    const resourceVersion = await versionNow();
    await configMaps.create(configMap('told', { a: '1' }, labels('told')));
    await using watch = await configMaps.watch({ resourceVersion, labelSelector: 'set=told' });
    await configMaps.patch('told', { data: { a: '2' } });
    await configMaps.remove('told');
    await story(watch).toEqual(['ADDED told', 'MODIFIED told', 'DELETED told']);
    expect(watch.events[1]?.object).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '2' } });
    const versions = watch.events.map((event) => Number(event.object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    expect(new Set(versions).size).toBe(3);
  });

  it('starts with what exists when it has no version', async () => {
    await configMaps.create(configMap('there', {}, labels('there')));
    await using watch = await configMaps.watch({ labelSelector: 'set=there' });
    await story(watch).toEqual(['ADDED there']);
    await configMaps.patch('there', { data: { a: '1' } });
    await story(watch).toEqual(['ADDED there', 'MODIFIED there']);
  });

  it('misses nothing and doubles nothing between a list and a watch from its version', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `burst-${index}`);
    const creating = Promise.all(
      names.map((name) => configMaps.create(configMap(name, {}, labels('burst')))),
    );
    const list = await configMaps.list({ labelSelector: 'set=burst' });
    await using watch = await configMaps.watch({
      labelSelector: 'set=burst',
      resourceVersion: list.metadata.resourceVersion,
    });
    await creating;
    const before = list.items.map((item) => `ADDED ${item.metadata.name}`);
    await eventually(() => [...before, ...watch.story].sort()).toEqual(
      names.map((name) => `ADDED ${name}`).sort(),
    );
  });

  it('shows an object that leaves the selection as deleted, and one that enters as added', async () => {
    await configMaps.create(configMap('moving', {}, labels('inside')));
    await using watch = await configMaps.watch({
      resourceVersion: await versionNow(),
      labelSelector: 'set=inside',
    });
    await configMaps.patch('moving', { metadata: { labels: { set: 'outside' } } });
    await configMaps.patch('moving', { data: { unseen: 'yes' } });
    await configMaps.patch('moving', { metadata: { labels: { set: 'inside' } } });
    await story(watch).toEqual(['DELETED moving', 'ADDED moving']);
  });

  it('follows one object by name', async () => {
    await configMaps.create(configMap('followed'));
    await configMaps.create(configMap('ignored'));
    await using watch = await configMaps.watch({
      resourceVersion: await versionNow(),
      fieldSelector: 'metadata.name=followed',
    });
    await configMaps.patch('ignored', { data: { a: '1' } });
    await configMaps.patch('followed', { data: { a: '1' } });
    await story(watch).toEqual(['MODIFIED followed']);
  });

  it('spans all namespaces when none is named', async () => {
    const everywhere = new ResourceClient('v1', 'configmaps');
    await using watch = await everywhere.watch({
      resourceVersion: await versionNow(),
      labelSelector: `set=${namespace}`,
    });
    await configMaps.create(configMap('spanned', {}, labels(namespace)));
    await story(watch).toEqual(['ADDED spanned']);
  });

  it('shows an object with a finalizer as modified first when it is deleted', async () => {
    await configMaps.create(configMap('held', {}, { ...labels('held'), finalizers: ['example.org/hold'] }));
    await using watch = await configMaps.watch({
      resourceVersion: await versionNow(),
      labelSelector: 'set=held',
    });
    await configMaps.remove('held');
    await configMaps.patch('held', { metadata: { finalizers: null } });
    await story(watch).toEqual(['MODIFIED held', 'DELETED held']);
    expect(watch.events[0]?.object.metadata.deletionTimestamp).toEqual(expect.any(String));
  });

  it('ends by itself after the time asked for', async () => {
    await using watch = await configMaps.watch({ timeoutSeconds: 1, labelSelector: 'set=nothing' });
    await eventually(() => watch.ended).toBe(true);
    expect(watch.story).toEqual([]);
  });

  it('sends bookmarks with the version reached when asked to', async () => {
    await using watch = await configMaps.watch({
      resourceVersion: await versionNow(),
      allowWatchBookmarks: true,
      timeoutSeconds: 5,
    });
    const made = await configMaps.create(configMap('marked'));
    await eventually(() => watch.story).toContain('BOOKMARK');
    const bookmark = watch.events.find((event) => event.type === 'BOOKMARK')?.object;
    expect(bookmark).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    expect(Number(bookmark?.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(made.metadata.resourceVersion),
    );
  });

  it('sends no bookmark unasked', async () => {
    await using watch = await configMaps.watch({ resourceVersion: await versionNow(), timeoutSeconds: 4 });
    await configMaps.create(configMap('unmarked'));
    await eventually(() => watch.ended).toBe(true);
    expect(watch.story).not.toContain('BOOKMARK');
  });

  it('says 410 Gone for a version that is too old', async () => {
    await using watch = await configMaps.watch({ resourceVersion: '1' });
    await story(watch).toEqual(['ERROR']);
    expect(watch.events[0]?.object).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      reason: 'Expired',
      code: 410,
      message: expect.stringContaining('too old resource version'),
    });
  });

  it('refuses a version that is none', async () => {
    // 1.20 answers 500 here.
    const status = expect.toBeOneOf([400, 500]);
    await expect(configMaps.watch({ resourceVersion: 'yesterday' })).rejects.toMatchObject({ status });
  });
});
