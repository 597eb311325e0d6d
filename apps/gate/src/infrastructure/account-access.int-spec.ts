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
    const one = '/applications/shop/serverGroups/prod/default/replicaSet%20shop-v000';
    expect((await as('', one)).status).toBe(404);
    expect((await as('dev', one)).status).toBe(200);
    expect((await as('', '/applications/shop/clusters/prod/shop')).json).toEqual({});
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
