import { parseKind } from '@gennaker/manifest';
import { describe, expect, it } from 'vitest';
import { parseAccountDefinition, redactAccountDefinition } from './account-definition.js';
import { kindAllowed, mayWrite } from './account-rules.js';

const account = (extra: object = {}) =>
  parseAccountDefinition({ name: 'prod', kubeconfigFile: '/etc/kube/config', ...extra });
const write = (extra: object, kind: string, namespace: string, name?: string) =>
  mayWrite(account(extra), { kind: parseKind(kind), namespace, name });

describe('what an account may write', () => {
  it('is everything when it has no limits', () => {
    expect(write({}, 'deployment', 'anywhere')).toEqual({ allowed: true });
    expect(write({}, 'clusterRole', '')).toEqual({ allowed: true });
  });

  it.each([
    ['deployment', 'shop', true],
    ['deployment', 'other', false],
    ['deployment', '', false],
    ['clusterRole', '', false],
  ])('with namespaces [shop]: %s in "%s" is %s', (kind, namespace, allowed) => {
    const verdict = write({ namespaces: ['shop'] }, kind, namespace);
    expect(verdict.allowed).toBe(allowed);
    if (!verdict.allowed)
      expect(verdict).toMatchObject({ code: 'wrongNamespace', message: expect.stringContaining('shop') });
  });

  it('lets an account with namespaces write the Namespace object of one of them only', () => {
    expect(write({ namespaces: ['shop'] }, 'namespace', '', 'shop').allowed).toBe(true);
    expect(write({ namespaces: ['shop'] }, 'namespace', '', 'bank').allowed).toBe(false);
  });

  it('lets an account with namespaces write cluster-wide kinds that it lists', () => {
    expect(write({ namespaces: ['shop'], kinds: ['clusterRole'] }, 'clusterRole', '').allowed).toBe(true);
  });

  it('refuses an omitted namespace', () => {
    expect(write({ omitNamespaces: ['kube-system'] }, 'pod', 'kube-system')).toMatchObject({
      code: 'omittedNamespace',
    });
    expect(write({ omitNamespaces: ['kube-system'] }, 'pod', 'shop').allowed).toBe(true);
  });

  it.each([
    [{ kinds: ['Deployment.apps', 'cm'] }, 'deployment', true],
    [{ kinds: ['Deployment.apps', 'cm'] }, 'configMap', true],
    [{ kinds: ['Deployment.apps', 'cm'] }, 'secret', false],
    [{ omitKinds: ['secret'] }, 'Secret', false],
    [{ omitKinds: ['Certificate.cert-manager.io'] }, 'Certificate.cert-manager.io', false],
    [{ omitKinds: ['Certificate.cert-manager.io'] }, 'Certificate.example.com', true],
  ])('with %j: the kind %s is %s', (limits, kind, allowed) => {
    expect(kindAllowed(account(limits), parseKind(kind))).toBe(allowed);
    expect(write(limits, kind, 'x').allowed).toBe(allowed);
  });
});

describe('an account definition', () => {
  const problems = (input: object): string[] => {
    try {
      parseAccountDefinition(input);
      return [];
    } catch (error) {
      return (error as { problems: { path: string }[] }).problems.map((p) => p.path);
    }
  };

  it.each([
    ['both lists of namespaces', { namespaces: ['a'], omitNamespaces: ['b'] }, ['omitNamespaces']],
    ['both lists of kinds', { kinds: ['pod'], omitKinds: ['job'] }, ['omitKinds']],
    ['two sources', { kubeconfigContents: 'x' }, ['kubeconfigContents']],
    ['no source', { kubeconfigFile: undefined }, ['kubeconfigFile']],
    ['a kind that is none', { kinds: ['not a kind'] }, ['kinds.0']],
    [
      'a custom resource twice',
      { customResources: [{ kubernetesKind: 'A.b.c' }, { kubernetesKind: 'a.b.c' }] },
      ['customResources.1.kubernetesKind'],
    ],
    ['a bad name', { name: '../x' }, ['name']],
    [
      'a bad expression',
      { rawResourcesEndpointConfig: { kindExpressions: ['('] } },
      ['rawResourcesEndpointConfig.kindExpressions.0'],
    ],
  ])('with %s is refused, naming the field', (_what, extra, paths) => {
    expect(problems({ name: 'prod', kubeconfigFile: '/f', ...extra })).toEqual(paths);
  });

  it('is shown without its credentials', () => {
    const definition = parseAccountDefinition({ name: 'a', kubeconfigContents: 'token: hunter2' });
    expect(JSON.stringify(redactAccountDefinition(definition))).not.toContain('hunter2');
  });
});
