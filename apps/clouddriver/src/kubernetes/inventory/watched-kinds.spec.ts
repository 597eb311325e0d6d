import { describe, expect, it } from 'vitest';
import { parseAccountDefinition } from '../accounts/account-definition.js';
import type { ApiResource, Discovered } from '../client/api-discovery.js';
import { planWatches } from './watched-kinds.js';

const served = (apiVersion: string, kind: string, extra: Partial<ApiResource> = {}): ApiResource => {
  const [version, group = ''] = apiVersion.split('/').toReversed() as [string, string?];
  return {
    group,
    version,
    apiVersion,
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [],
    namespaced: true,
    verbs: ['get', 'list', 'watch'],
    subresources: [],
    preferred: true,
    ...extra,
  };
};

const cluster: Discovered = {
  resources: [
    served('extensions/v1beta1', 'Ingress'),
    served('networking.k8s.io/v1', 'Ingress'),
    served('networking.k8s.io/v1beta1', 'Ingress', { preferred: false }),
    served('v1', 'Pod'),
    served('v1', 'Event'),
    served('v1', 'Namespace', { namespaced: false }),
    served('apps/v1', 'Deployment'),
    served('v1', 'Binding', { verbs: ['create'] }),
    served('example.com/v1', 'Widget'),
    served('example.com/v1', 'Gadget'),
    served('custom.metrics.k8s.io/v1', 'MetricValue'),
  ],
  failed: [],
};

const plan = (account: object = {}, options: object = {}) =>
  planWatches(cluster, parseAccountDefinition({ name: 'a', kubeconfigFile: '/f', ...account }), {
    maxKinds: 100,
    customKinds: true,
    ...options,
  });
const kinds = (account: object = {}, options: object = {}): string[] =>
  plan(account, options)
    .kinds.map((kind) => `${kind.apiVersion} ${kind.kind}`)
    .sort();

describe('what is watched of an account', () => {
  it("is each of Spinnaker's kinds once, in the version to prefer, and every custom kind", () => {
    expect(kinds()).toEqual([
      'apps/v1 Deployment',
      'example.com/v1 Gadget',
      'example.com/v1 Widget',
      'networking.k8s.io/v1 Ingress',
      'v1 Namespace',
      'v1 Pod',
    ]);
  });

  it('is what the account is limited to', () => {
    expect(kinds({ kinds: ['pod', 'Widget.example.com'] })).toEqual(['example.com/v1 Widget', 'v1 Pod']);
    expect(kinds({ omitKinds: ['pod', 'Widget.example.com'] })).not.toContain('v1 Pod');
  });

  it('is no kind that its caching policies leave no room for', () => {
    const cachingPolicies = [{ kubernetesKind: 'po', maxEntriesPerAgent: 0 }];
    expect(kinds({ cachingPolicies, kinds: ['pod', 'deployment'] })).toEqual(['apps/v1 Deployment']);
    expect(() => plan({ cachingPolicies: [{ kubernetesKind: 'pod', maxEntriesPerAgent: 500 }] })).toThrow(
      'cachingPolicies.0.maxEntriesPerAgent: must be 0, which keeps the kind out of the inventory',
    );
  });

  it('is its own custom resources first when there is no room for all', () => {
    const account = { customResources: [{ kubernetesKind: 'Gadget.example.com' }] };
    expect(kinds(account, { customKinds: false })).toContain('example.com/v1 Gadget');
    const { leftOut } = plan(account, { maxKinds: 5 });
    expect(leftOut).toEqual(['Widget.example.com']);
  });

  it('is one watch over the cluster, or one per namespace; cluster-wide kinds only when they are asked for', () => {
    expect(plan().kinds.every((kind) => kind.scopes.length === 1 && kind.scopes[0] === null)).toBe(true);
    const limited = plan({ namespaces: ['a', 'b'] }).kinds;
    expect(limited.find((kind) => kind.kind === 'Pod')?.scopes).toEqual(['a', 'b']);
    expect(limited.some((kind) => kind.kind === 'Namespace')).toBe(false);
    expect(kinds({ namespaces: ['a'], kinds: ['namespace'] })).toEqual(['v1 Namespace']);
  });
});
