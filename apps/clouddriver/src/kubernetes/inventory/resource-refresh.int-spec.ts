import { storedManifest } from '@gennaker/inventory';
import { type Playground, startPlayground } from '@gennaker/playground';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from './inventory.suite.js';
import { ResourceRefresh } from './resource-refresh.js';

describe('the inventory of a cluster whose watch is late', () => {
  let playground: Playground;
  let harness: Harness;
  let refresh: ResourceRefresh;

  beforeAll(async () => {
    playground = await startPlayground();
    // Nobody watches in this test: what is stored is stored by the refresh.
    harness = await startHarness(playground.kubeconfig());
    refresh = new ResourceRefresh(harness.registry, harness.database.pool, harness.clock);
    await harness.database.pool.query(
      `insert into clouddriver.shard (account, api_group, kind) values ('test', '', 'ConfigMap')`,
    );
  });
  afterAll(async () => {
    await harness.stop();
    await playground.stop();
  });

  const request = (name: string) => ({ account: 'test', location: 'default', name });
  const stored = (name: string) =>
    storedManifest(harness.database.pool, { account: 'test', region: 'default', name });
  const settings = (colour: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { colour },
  });

  it('shows a new, a changed and a deleted object as soon as somebody asks for it', async () => {
    await harness.client.create(settings('red'));
    expect(await refresh.refresh(request('configMap settings'))).toEqual({
      configMap: ['test/default/configMap settings'],
    });
    expect((await stored('configMap settings'))?.manifest).toMatchObject({ data: { colour: 'red' } });

    await harness.client.replace(settings('blue'));
    await refresh.refresh(request('configMap settings'));
    expect((await stored('configMap settings'))?.manifest).toMatchObject({ data: { colour: 'blue' } });

    await harness.client.delete({ kind: 'ConfigMap', namespace: 'default', name: 'settings' });
    expect(await refresh.refresh(request('configMap settings'))).toEqual({});
    expect(await stored('configMap settings')).toBeUndefined();
  });

  it('keeps nothing that nobody watches, and refuses an account that is not there', async () => {
    const metadata = { name: 'hidden', namespace: 'default' };
    await harness.client.create({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { a: 'b' } });
    expect(await refresh.refresh(request('secret hidden'))).toEqual({});
    expect(await stored('secret hidden')).toBeUndefined();
    await expect(refresh.refresh({ ...request('pod x'), account: 'nobody' })).rejects.toMatchObject({
      status: 404,
    });
  });
});
