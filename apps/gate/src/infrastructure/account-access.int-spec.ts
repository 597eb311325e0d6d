import { Catalog } from '@gennaker/catalog';
import { describeResource, publishAccountViews, ResourceStore } from '@gennaker/inventory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGate, type TestGate } from '../testing/gate.suite.js';

describe('accounts that ask for roles', () => {
  let gate: TestGate;

  beforeAll(async () => {
    gate = await startTestGate({ GATE_TRUST_USER_HEADER: 'true', CLOUDDRIVER_URL: 'http://127.0.0.1:1' });
    const account = (name: string, more: object) => ({
      name,
      type: 'kubernetes' as const,
      cloudProvider: 'kubernetes' as const,
      accountType: name,
      environment: name,
      permissions: {},
      requiredGroupMembership: [],
      primaryAccount: false,
      challengeDestructiveActions: false,
      namespaces: [],
      omitNamespaces: [],
      kinds: [],
      omitKinds: [],
      onlySpinnakerManaged: false,
      spinnakerKindMap: {},
      rawResourcesEndpointConfig: { kindExpressions: [], omitKindExpressions: [] },
      managed: false,
      error: null,
      ...more,
    });
    await publishAccountViews(
      gate.platform.database.pool,
      [
        account('open', {}),
        account('prod', { permissions: { READ: ['Dev', 'ops'], WRITE: ['ops'] } }),
        account('old', { requiredGroupMembership: ['ops'] }),
      ],
      Date.now(),
    );
  });
  afterAll(() => gate.close());

  const as = (roles: string, url: string) =>
    gate.call('GET', url, undefined, { 'x-spinnaker-user': 'ann', 'x-spinnaker-roles': roles });
  const seen = async (roles: string) => {
    const accounts = (await as(roles, '/credentials')).json as { name: string; authorized: boolean }[];
    return Object.fromEntries(accounts.map(({ name, authorized }) => [name, authorized]));
  };

  it('are shown to those who may read them, with whether they may write', async () => {
    expect(await seen('')).toEqual({ open: true });
    expect(await seen('dev')).toEqual({ open: true, prod: false });
    expect(await seen('OPS')).toEqual({ open: true, prod: true, old: true });
  });

  it('are left out of what runs in all accounts', async () => {
    const store = new ResourceStore(gate.platform.database.pool);
    const rows = ['open', 'prod'].map((account) =>
      describeResource(
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: {
            name: 'shop-v000',
            namespace: 'default',
            uid: account,
            resourceVersion: '1',
            annotations: {
              'moniker.spinnaker.io/application': 'shop',
              'moniker.spinnaker.io/cluster': 'shop',
            },
          },
          spec: { replicas: 1 },
        },
        { account, customResources: [], onlySpinnakerManaged: false, now: 1 },
      ),
    );
    await store.upsert(rows.filter((row) => row !== undefined));
    const accountsIn = async (roles: string, url: string): Promise<unknown[]> =>
      ((await as(roles, url)).json as { account: string }[]).map(({ account }) => account);
    for (const url of [
      '/applications/shop/serverGroups',
      '/serverGroups?applications=shop',
      '/applications/shop/rawResources',
    ]) {
      expect([url, await accountsIn('', url)]).toEqual([url, ['open']]);
      expect([url, new Set(await accountsIn('dev', url))]).toEqual([url, new Set(['open', 'prod'])]);
    }
    expect((await as('', '/applications/shop/clusters')).json).toEqual({ open: ['shop'] });
    const whole = async (roles: string) =>
      (await as(roles, '/applications/shop')).json as { attributes: object; clusters: object };
    expect((await whole('')).attributes).toMatchObject({ accounts: 'open' });
    expect(Object.keys((await whole('')).clusters)).toEqual(['open']);
    expect(Object.keys((await whole('dev')).clusters)).toEqual(['open', 'prod']);
    const namesIn = async (roles: string, account: string) =>
      ((await as(roles, `/applications?account=${account}`)).json as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await namesIn('', 'OPEN')).toEqual(['shop']);
    expect(await namesIn('', 'prod')).toEqual([]);
    expect(await namesIn('dev', 'prod')).toEqual(['shop']);
    expect(await namesIn('dev', 'none')).toEqual([]);
    expect((await as('', '/applications/shop/clusters/prod')).status).toBe(404);
    expect((await as('dev', '/applications/shop/clusters/prod')).status).toBe(200);
    expect((await as('dev', '/applications/shop/clusters/none')).json).toMatchObject({
      message: 'No clusters found (application: shop, account: none)',
    });
    const one = '/applications/shop/serverGroups/prod/default/replicaSet%20shop-v000';
    expect((await as('', one)).status).toBe(404);
    expect((await as('dev', one)).status).toBe(200);
    expect((await as('', '/applications/shop/clusters/prod/shop')).json).toEqual({});
  });

  it('are left out of what a project has', async () => {
    const { database, journal, clock } = gate.platform;
    const pods = ['open', 'prod'].map((account) =>
      describeResource(
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {
            name: 'pod',
            namespace: 'default',
            uid: `pod-${account}`,
            resourceVersion: '1',
            ownerReferences: [{ kind: 'ReplicaSet', name: 'shop-v000', uid: account, controller: true }],
          },
          status: { phase: 'Running' },
        },
        { account, customResources: [], onlySpinnakerManaged: false, now: 1 },
      ),
    );
    await new ResourceStore(database.pool).upsert(pods.filter((row) => row !== undefined));
    const clusters = ['open', 'prod', 'none'].map((account) => ({ account, stack: '*', detail: '*' }));
    await new Catalog(database.pool, journal.store, clock).projects.save(
      {
        id: 'p',
        name: 'p',
        email: 'a@b.cd',
        config: { applications: ['Shop'], clusters, pipelineConfigs: [] },
      },
      { author: 'ann' },
    );
    const of = async (roles: string) =>
      (await as(roles, '/projects/p/clusters')).json as {
        account: string;
        applications: { application: string; clusters: object[] }[];
      }[];
    const regions = async (roles: string) =>
      (await of(roles)).map(({ account, applications: [shop] }) => [account, shop?.clusters.length]);
    expect(await regions('')).toEqual([
      ['open', 1],
      ['prod', 0],
      ['none', 0],
    ]);
    expect(await regions('dev')).toEqual([
      ['open', 1],
      ['prod', 1],
      ['none', 0],
    ]);
    expect((await of('dev'))[1]).toMatchObject({
      applications: [{ application: 'shop', clusters: [{ region: 'default', instanceCounts: { up: 1 } }] }],
      instanceCounts: { total: 1, up: 1 },
    });
  });

  it('show what is in them to nobody else', async () => {
    for (const url of [
      '/manifests/prod/default/pod%20x',
      '/instances/prod/default/x/console',
      '/credentials/prod',
      '/loadBalancers/prod/default/service%20x',
    ]) {
      expect([url, (await as('', url)).status]).toEqual([url, 403]);
      expect([url, (await as('dev', url)).status]).not.toEqual([url, 403]);
    }
    const plan = { account: 'prod', manifests: [] };
    const headers = { 'x-spinnaker-user': 'ann', 'x-spinnaker-roles': 'dev' };
    expect((await gate.call('POST', '/manifests/plan', plan, headers)).status).toBe(403);
  });
});
