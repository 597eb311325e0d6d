import { publishAccountViews } from '@gennaker/inventory';
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
