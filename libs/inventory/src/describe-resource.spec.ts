import { describe, expect, it } from 'vitest';
import { describeResource } from './describe-resource.js';

const context = { account: 'prod', customResources: [], onlySpinnakerManaged: false, now: 1_000 };
const object = (kind: string, metadata: object, body: object = {}, apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: { name: 'x', namespace: 'web', uid: 'u', resourceVersion: '7', ...metadata },
  ...body,
});

describe('the row of an object', () => {
  it('has its name, owners, moniker and times', () => {
    const metadata = {
      creationTimestamp: '2026-01-01T00:00:00Z',
      deletionTimestamp: '2026-01-02T00:00:00Z',
      labels: { a: 'b' },
      annotations: {
        'moniker.spinnaker.io/application': 'shop',
        'moniker.spinnaker.io/cluster': 'replicaSet x',
      },
      ownerReferences: [
        { kind: 'A', uid: 'a' },
        { kind: 'Deployment', uid: 'd', controller: true },
      ],
    };
    expect(describeResource(object('ReplicaSet', metadata, {}, 'apps/v1'), context)).toMatchObject({
      account: 'prod',
      api_group: 'apps',
      kind: 'ReplicaSet',
      api_version: 'apps/v1',
      spinnaker_kind: 'serverGroups',
      application: 'shop',
      cluster: 'replicaSet x',
      created_at: Date.parse('2026-01-01T00:00:00Z'),
      deleting: true,
      controller_uid: 'd',
      owner_uids: ['a', 'd'],
      labels: { a: 'b' },
      observed_at: 1_000,
    });
  });

  it('is left out when the object asks for it, or is not managed where only managed ones count', () => {
    const ignored = object('ConfigMap', { annotations: { 'caching.spinnaker.io/ignore': 'true' } });
    expect(describeResource(ignored, context)).toBeUndefined();
    expect(
      describeResource(object('ConfigMap', {}), { ...context, onlySpinnakerManaged: true }),
    ).toBeUndefined();
  });

  it('never holds what a Secret holds, nor book-keeping', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': '{"data":"hunter2"}',
      kept: 'yes',
    };
    const secret = object(
      'Secret',
      { annotations, managedFields: [{}] },
      { data: { a: 'hunter2' }, stringData: { b: 'hunter2' } },
    );
    const row = describeResource(secret, context);
    expect(JSON.stringify(row)).not.toContain('hunter2');
    expect(row?.manifest).toMatchObject({ metadata: { annotations: { kept: 'yes' } } });
    expect(row?.manifest['metadata']).not.toHaveProperty('managedFields');
  });

  it('takes the kind of a custom resource from the account', () => {
    const customResources = [{ kubernetesKind: 'Rollout.argoproj.io', spinnakerKind: 'serverGroups' }];
    const rollout = object('Rollout', {}, {}, 'argoproj.io/v1alpha1');
    expect(describeResource(rollout, { ...context, customResources })?.spinnaker_kind).toBe('serverGroups');
    expect(describeResource(rollout, context)?.spinnaker_kind).toBe('unclassified');
  });

  it('matches a selector with the labels of the pods that it selects', () => {
    const template = { metadata: { labels: { app: 'x', tier: 'web' } } };
    const workload = describeResource(object('ReplicaSet', {}, { spec: { template } }, 'apps/v1'), context);
    expect(workload?.target_keys).toEqual(['prod/web/app=x', 'prod/web/tier=web']);
    const service = describeResource(object('Service', {}, { spec: { selector: { app: 'x' } } }), context);
    expect(service?.selector_keys).toEqual(['prod/web/app=x']);
    expect(describeResource(object('Service', {}, { spec: {} }), context)?.selector_keys).toBeNull();
  });

  it('shows a pod behind a load balancer by itself only when no workload does', () => {
    const owned = (kind: string) =>
      object('Pod', { labels: { a: 'b' }, ownerReferences: [{ kind, uid: 'o', controller: true }] });
    expect(describeResource(owned('ReplicaSet'), context)?.target_keys).toBeNull();
    expect(describeResource(owned('Workflow'), context)?.target_keys).toEqual(['prod/web/a=b']);
  });

  it('reads the services of an ingress in the old shape and in the new', () => {
    const backends = [
      { serviceName: 'old', servicePort: 80 },
      { service: { name: 'new', port: { number: 80 } } },
    ];
    const rules = [{ http: { paths: backends.map((backend) => ({ backend })) } }];
    const ingress = object(
      'Ingress',
      {},
      { spec: { rules, defaultBackend: { service: { name: 'new' } } } },
      'networking.k8s.io/v1',
    );
    expect(describeResource(ingress, context)?.summary.services).toEqual(['new', 'old']);
  });
});
