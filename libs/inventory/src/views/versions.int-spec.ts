import { connectDatabase, migrate, type Database } from '@gennaker/database';
import { createTestDatabase, type TestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clouddriverMigrations } from '../clouddriver-migrations.js';
import type { ResourceRow } from '../resource-row.js';
import { ResourceStore } from '../resource-store.js';
import { loadBalancers, loadBalancersByKey } from './load-balancers.js';
import { serverGroups, serverGroupsByKey } from './server-groups.js';
import { resource, running, workload } from './shop.suite.js';
import { loadBalancerVersions, serverGroupVersions } from './versions.js';

let test: TestDatabase;
let database: Database;
let store: ResourceStore;

const front = resource('deployment', 'front', workload(2, { app: 'front' }, 'shop/front:2'));
const labels = { app: 'front', tier: 'web' };
const group = resource('replicaSet', 'front-1', workload(2, labels, 'shop/front:2'), { owner: front });
const other = resource('replicaSet', 'back-1', workload(2, { app: 'back' }, 'shop/back:1'));
const pod = resource('pod', 'front-1-a', running(true), { owner: group, labels });
const service = resource('service', 'front', { spec: { selector: { app: 'front' } } });
const ingress = resource('ingress', 'www', {
  spec: {
    rules: [
      { http: { paths: [{ path: '/', backend: { service: { name: 'front', port: { number: 80 } } } }] } },
    ],
  },
});

beforeAll(async () => {
  test = await createTestDatabase();
  await migrate(test.url, [clouddriverMigrations]);
  database = await connectDatabase({ url: test.url, name: 'test' });
  store = new ResourceStore(database.pool);
  await store.upsert([front, group, other, pod, service, ingress]);
});

afterAll(async () => {
  await database.close();
  await test.drop();
});

let writes = 1_000;

/** The object again, as it is after a change. */
async function touch(row: ResourceRow): Promise<void> {
  writes += 1;
  await store.upsert([{ ...row, resource_version: String(writes) }]);
}

const groupVersions = () => serverGroupVersions(database.pool, ['shop'], {});
const balancerVersions = () => loadBalancerVersions(database.pool, 'shop');

/** The uids whose fingerprints are other ones after the work. */
async function changed(
  versions: () => Promise<{ key: string; uid: string; fingerprint: string }[]>,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const before = new Map((await versions()).map(({ key, fingerprint }) => [key, fingerprint]));
  await work();
  return (await versions())
    .filter(({ key, fingerprint }) => before.get(key) !== fingerprint)
    .map(({ uid }) => uid);
}

describe('versions of server groups', () => {
  it('stand in the order of the server groups, which can be had by them', async () => {
    const versions = await groupVersions();
    const views = await serverGroupsByKey(database.pool, versions);
    expect(versions.map(({ key }) => views.get(key))).toEqual(await serverGroups(database.pool, ['shop']));
  });

  it('stay while nothing changes, and while something else does', async () => {
    expect(await changed(groupVersions, async () => touch(ingress))).toEqual([]);
  });

  it('change with the server group, its pods, its load balancers and its manager', async () => {
    for (const row of [group, pod, service, front]) {
      expect(await changed(groupVersions, async () => touch(row))).toEqual([group.uid]);
    }
  });

  it('change when a pod comes or goes', async () => {
    const second = resource('pod', 'front-1-b', running(true), { owner: group, labels });
    expect(await changed(groupVersions, async () => store.upsert([second]))).toEqual([group.uid]);
    expect(await changed(groupVersions, async () => store.delete([second]))).toEqual([group.uid]);
  });

  it('are those of the accounts and clusters that are asked for', async () => {
    expect(await serverGroupVersions(database.pool, ['shop'], { accounts: ['other'] })).toEqual([]);
    const clusters = [`${group.account}:${group.cluster}`];
    expect(await serverGroupVersions(database.pool, ['shop'], { clusters })).toMatchObject([
      { uid: group.uid },
    ]);
  });
});

describe('versions of load balancers', () => {
  it('stand in the order of the load balancers, which can be had by them', async () => {
    const versions = await balancerVersions();
    const views = await loadBalancersByKey(database.pool, versions);
    expect(versions.map(({ key }) => views.get(key))).toEqual(await loadBalancers(database.pool, 'shop'));
  });

  it('hold those of other applications that select a server group of this one', async () => {
    const foreign = resource(
      'service',
      'mesh',
      { spec: { selector: { app: 'back' } } },
      { application: 'mesh' },
    );
    expect(await changed(balancerVersions, async () => store.upsert([foreign]))).toEqual([foreign.uid]);
  });

  it('change with the load balancer itself, and with the workloads and pods behind it', async () => {
    expect(await changed(balancerVersions, async () => touch(ingress))).toEqual([ingress.uid]);
    for (const row of [group, pod]) {
      expect((await changed(balancerVersions, async () => touch(row))).sort()).toEqual(
        [service.uid, ingress.uid].sort(),
      );
    }
    expect(await changed(balancerVersions, async () => touch(front))).toEqual([]);
  });

  it('are those of the accounts that may be seen', async () => {
    expect(await loadBalancerVersions(database.pool, 'shop', ['other'])).toEqual([]);
  });
});
