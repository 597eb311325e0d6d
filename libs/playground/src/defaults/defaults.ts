import type { KubeObject } from '../model/objects.js';
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  Pod,
  ReplicaSet,
  StatefulSet,
} from '../model/workloads.js';
import { defaultPodSpec, defaultTemplate, setDefault } from './pod-defaults.js';

type Defaulter = (object: KubeObject) => void;

interface ServiceLike extends KubeObject {
  spec: {
    type?: string;
    sessionAffinity?: string;
    internalTrafficPolicy?: string;
    externalTrafficPolicy?: string;
    allocateLoadBalancerNodePorts?: boolean;
    ports?: { port: number; protocol?: string; targetPort?: number | string }[];
  };
}

function defaultDeployment(object: KubeObject): void {
  const { spec } = object as Deployment;
  setDefault(spec, 'replicas', 1);
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'progressDeadlineSeconds', 600);
  const strategy = (spec.strategy ??= {});
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    setDefault(rolling, 'maxSurge', '25%');
    setDefault(rolling, 'maxUnavailable', '25%');
  }
  defaultTemplate(spec.template);
}

function defaultReplicaSet(object: KubeObject): void {
  const { spec, metadata } = object as ReplicaSet;
  setDefault(spec, 'replicas', 1);
  if (!metadata.labels && spec.template?.metadata?.labels) {
    metadata.labels = { ...spec.template.metadata.labels };
  }
  defaultTemplate(spec.template);
}

function defaultReplicationController(object: KubeObject): void {
  const spec = object['spec'] as {
    selector?: Record<string, string>;
    template?: Deployment['spec']['template'];
  };
  if (!spec.selector && spec.template?.metadata?.labels) spec.selector = { ...spec.template.metadata.labels };
  defaultReplicaSet(object);
}

function defaultStatefulSet(object: KubeObject): void {
  const { spec } = object as StatefulSet;
  setDefault(spec, 'replicas', 1);
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = (spec.updateStrategy ??= {});
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') setDefault((strategy.rollingUpdate ??= {}), 'partition', 0);
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  setDefault(retention, 'whenDeleted', 'Retain');
  setDefault(retention, 'whenScaled', 'Retain');
  for (const claim of spec.volumeClaimTemplates ?? []) {
    setDefault(claim, 'apiVersion', 'v1');
    setDefault(claim, 'kind', 'PersistentVolumeClaim');
    const claimSpec = (claim['spec'] ??= {}) as { volumeMode?: string };
    setDefault(claimSpec, 'volumeMode', 'Filesystem');
    claim['status'] ??= { phase: 'Pending' };
  }
  defaultTemplate(spec.template);
}

function defaultDaemonSet(object: KubeObject): void {
  const { spec } = object as DaemonSet;
  setDefault(spec, 'revisionHistoryLimit', 10);
  const strategy = (spec.updateStrategy ??= {});
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type === 'RollingUpdate') {
    const rolling = (strategy.rollingUpdate ??= {});
    setDefault(rolling, 'maxUnavailable', 1);
    setDefault(rolling, 'maxSurge', 0);
  }
  defaultTemplate(spec.template);
}

function defaultJobSpec(spec: Job['spec']): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  setDefault(spec, 'parallelism', 1);
  setDefault(spec, 'backoffLimit', 6);
  setDefault(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  defaultTemplate(spec.template);
}

function defaultCronJob(object: KubeObject): void {
  const { spec } = object as CronJob;
  setDefault(spec, 'concurrencyPolicy', 'Allow');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'successfulJobsHistoryLimit', 3);
  setDefault(spec, 'failedJobsHistoryLimit', 1);
  if (spec.jobTemplate?.spec) defaultTemplate(spec.jobTemplate.spec.template);
}

function defaultService(object: KubeObject): void {
  const { spec } = object as ServiceLike;
  setDefault(spec, 'type', 'ClusterIP');
  setDefault(spec, 'sessionAffinity', 'None');
  if (spec.type !== 'ExternalName') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer')
    setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
  for (const port of spec.ports ?? []) {
    setDefault(port, 'protocol', 'TCP');
    setDefault(port, 'targetPort', port.port);
  }
}

function defaultSecret(object: KubeObject): void {
  setDefault(object, 'type', 'Opaque');
  const text = object['stringData'] as Record<string, string> | undefined;
  if (!text) return;
  const data = { ...(object['data'] as Record<string, string> | undefined) };
  for (const [key, value] of Object.entries(text)) data[key] = Buffer.from(String(value)).toString('base64');
  object['data'] = data;
  delete object['stringData'];
}

function defaultAutoscaler(object: KubeObject): void {
  const spec = object['spec'] as { minReplicas?: number; metrics?: unknown[] };
  setDefault(spec, 'minReplicas', 1);
  setDefault(spec, 'metrics', [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
  ]);
}

function defaultCrd(object: KubeObject): void {
  const spec = object['spec'] as {
    names?: { kind?: string; singular?: string; listKind?: string };
    conversion?: unknown;
  };
  if (spec.names?.kind) {
    setDefault(spec.names, 'singular', spec.names.kind.toLowerCase());
    setDefault(spec.names, 'listKind', `${spec.names.kind}List`);
  }
  setDefault(spec, 'conversion', { strategy: 'None' });
}

function defaultClaim(object: KubeObject): void {
  const spec = object['spec'] as { volumeMode?: string; storageClassName?: string };
  setDefault(spec, 'volumeMode', 'Filesystem');
  setDefault(spec, 'storageClassName', 'standard');
}

function defaultNetworkPolicy(object: KubeObject): void {
  const spec = object['spec'] as { policyTypes?: string[]; egress?: unknown[] };
  setDefault(spec, 'policyTypes', spec.egress ? ['Ingress', 'Egress'] : ['Ingress']);
}

function defaultNamespace(object: KubeObject): void {
  object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
  object['spec'] = { finalizers: ['kubernetes'], ...(object['spec'] as object | undefined) };
}

function defaultSubjects(object: KubeObject): void {
  const roleRef = object['roleRef'] as { apiGroup?: string } | undefined;
  if (roleRef) setDefault(roleRef, 'apiGroup', 'rbac.authorization.k8s.io');
  for (const subject of (object['subjects'] as { kind?: string; apiGroup?: string }[] | undefined) ?? []) {
    if (subject.kind !== 'ServiceAccount') setDefault(subject, 'apiGroup', 'rbac.authorization.k8s.io');
  }
}

function defaultPod(object: KubeObject): void {
  const { spec } = object as Pod;
  defaultPodSpec(spec);
  setDefault(spec, 'enableServiceLinks', true);
  setDefault(spec, 'serviceAccountName', 'default');
  setDefault(spec, 'serviceAccount', spec.serviceAccountName);
  setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority');
  setDefault(spec, 'priority', 0);
  const tolerations = (spec.tolerations ??= []);
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    if (tolerations.some((toleration) => toleration.key === key)) continue;
    tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 } as never);
  }
}

const DEFAULTERS: Readonly<Record<string, Defaulter>> = {
  '/pods': defaultPod,
  '/services': defaultService,
  '/secrets': defaultSecret,
  '/namespaces': defaultNamespace,
  '/persistentvolumeclaims': defaultClaim,
  '/replicationcontrollers': defaultReplicationController,
  'apps/deployments': defaultDeployment,
  'apps/replicasets': defaultReplicaSet,
  'apps/statefulsets': defaultStatefulSet,
  'apps/daemonsets': defaultDaemonSet,
  'batch/jobs': (object) => defaultJobSpec((object as Job).spec),
  'batch/cronjobs': defaultCronJob,
  'autoscaling/horizontalpodautoscalers': defaultAutoscaler,
  'apiextensions.k8s.io/customresourcedefinitions': defaultCrd,
  'networking.k8s.io/networkpolicies': defaultNetworkPolicy,
  'rbac.authorization.k8s.io/rolebindings': defaultSubjects,
  'rbac.authorization.k8s.io/clusterrolebindings': defaultSubjects,
};

const WITHOUT_SPEC = new Set([
  '/secrets',
  '/namespaces',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterrolebindings',
]);

/** Writes the API server's defaults into an object that the caller owns. */
export function applyDefaults(storage: string, object: KubeObject): void {
  const defaulter = DEFAULTERS[storage];
  if (!defaulter) return;
  if (!WITHOUT_SPEC.has(storage) && (typeof object['spec'] !== 'object' || object['spec'] === null)) return;
  defaulter(object);
}
