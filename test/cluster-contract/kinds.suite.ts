import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ownNamespace, ResourceClient, servedVersion, type Draft } from './cluster.js';

const namespace = ownNamespace();
/** Cluster-wide objects of several runs must not meet. */
const unique = `contract-${randomBytes(4).toString('hex')}`;

interface Kind {
  versions: string[];
  plural: string;
  kind: string;
  body: Draft;
  clusterWide?: true;
}

const subject = { kind: 'ServiceAccount', name: 'default', namespace };
const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }];
const RBAC = 'rbac.authorization.k8s.io';
const port = { name: 'http', port: 80 };

const kinds: Kind[] = [
  { versions: ['v1'], plural: 'secrets', kind: 'Secret', body: { data: { a: 'MQ==' } } },
  { versions: ['v1'], plural: 'serviceaccounts', kind: 'ServiceAccount', body: {} },
  {
    versions: ['v1'],
    plural: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    body: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  },
  {
    versions: ['v1'],
    plural: 'limitranges',
    kind: 'LimitRange',
    body: { spec: { limits: [{ type: 'Container', max: { cpu: '8' } }] } },
  },
  {
    versions: ['v1'],
    plural: 'resourcequotas',
    kind: 'ResourceQuota',
    body: { spec: { hard: { pods: '1000' } } },
  },
  {
    versions: ['v1'],
    plural: 'replicationcontrollers',
    kind: 'ReplicationController',
    body: {
      spec: {
        replicas: 0,
        selector: { app: 'rc' },
        template: {
          metadata: { labels: { app: 'rc' } },
          spec: { containers: [{ name: 'app', image: 'registry.example/app:1' }] },
        },
      },
    },
  },
  {
    versions: ['networking.k8s.io/v1'],
    plural: 'ingresses',
    kind: 'Ingress',
    body: {
      spec: {
        rules: [
          {
            host: 'shop.example.org',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
  },
  {
    versions: ['networking.k8s.io/v1'],
    plural: 'networkpolicies',
    kind: 'NetworkPolicy',
    body: { spec: { podSelector: {}, policyTypes: ['Ingress'] } },
  },
  {
    versions: ['policy/v1', 'policy/v1beta1'],
    plural: 'poddisruptionbudgets',
    kind: 'PodDisruptionBudget',
    body: { spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } } },
  },
  {
    versions: ['autoscaling/v1'],
    plural: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    body: {
      spec: {
        minReplicas: 1,
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        targetCPUUtilizationPercentage: 80,
      },
    },
  },
  {
    versions: ['coordination.k8s.io/v1'],
    plural: 'leases',
    kind: 'Lease',
    body: { spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } },
  },
  { versions: [`${RBAC}/v1`], plural: 'roles', kind: 'Role', body: { rules } },
  {
    versions: [`${RBAC}/v1`],
    plural: 'rolebindings',
    kind: 'RoleBinding',
    body: { subjects: [subject], roleRef: { apiGroup: RBAC, kind: 'Role', name: 'reader' } },
  },
  {
    versions: [`${RBAC}/v1`],
    plural: 'clusterroles',
    kind: 'ClusterRole',
    body: { rules },
    clusterWide: true,
  },
  {
    versions: [`${RBAC}/v1`],
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    body: { subjects: [subject], roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'view' } },
    clusterWide: true,
  },
  {
    versions: ['v1'],
    plural: 'persistentvolumes',
    kind: 'PersistentVolume',
    body: {
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/nowhere' } },
    },
    clusterWide: true,
  },
  {
    versions: ['storage.k8s.io/v1'],
    plural: 'storageclasses',
    kind: 'StorageClass',
    body: { provisioner: 'example.org/none' },
    clusterWide: true,
  },
  {
    versions: ['scheduling.k8s.io/v1'],
    plural: 'priorityclasses',
    kind: 'PriorityClass',
    body: { value: 10 },
    clusterWide: true,
  },
  {
    versions: ['admissionregistration.k8s.io/v1'],
    plural: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    body: { webhooks: [] },
    clusterWide: true,
  },
  {
    versions: ['admissionregistration.k8s.io/v1'],
    plural: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    body: { webhooks: [] },
    clusterWide: true,
  },
  {
    versions: ['networking.k8s.io/v1'],
    plural: 'ingressclasses',
    kind: 'IngressClass',
    body: { spec: { controller: 'example.org/none' } },
    clusterWide: true,
  },
  { versions: ['v1'], plural: 'endpoints', kind: 'Endpoints', body: { subsets: [] } },
  {
    versions: ['v1'],
    plural: 'services',
    kind: 'Service',
    body: { spec: { type: 'LoadBalancer', ports: [port] } },
  },
];

describe.concurrent('the kind', () => {
  it.each(kinds)('$kind is made, read, listed, changed and deleted', async (tested) => {
    // Not one name for all: a Service makes and takes the Endpoints of its name.
    const name = `${unique}-${tested.plural}`;
    const apiVersion = await servedVersion(tested.versions, tested.plural);
    expect(apiVersion).toBeDefined();
    const client = new ResourceClient(
      apiVersion ?? '',
      tested.plural,
      tested.clusterWide ? undefined : namespace,
    );
    const made = await client.create({
      apiVersion,
      kind: tested.kind,
      metadata: { name, labels: { suite: name } },
      ...tested.body,
    });
    expect(made).toMatchObject({ apiVersion, kind: tested.kind, metadata: { name } });
    if (tested.clusterWide) expect(made.metadata).not.toHaveProperty('namespace');
    expect(await client.get(name)).toMatchObject({
      kind: tested.kind,
      metadata: { uid: made.metadata.uid },
    });
    expect(await client.list({ labelSelector: `suite=${name}` })).toMatchObject({
      kind: `${tested.kind}List`,
      items: [{ metadata: { name } }],
    });
    const changed = await client.patch(name, { metadata: { annotations: { 'example.org/seen': 'yes' } } });
    expect(changed.metadata.annotations).toMatchObject({ 'example.org/seen': 'yes' });
    await client.remove(name, { propagationPolicy: 'Background' });
    // A finalizer, such as that of a volume in use, is the business of a controller.
    const left = await client.list({ labelSelector: `suite=${name}` });
    expect(left.items.filter((item) => !item.metadata.deletionTimestamp)).toEqual([]);
  });
});
