/** One served resource: what discovery says about it and how its objects are stored. */
export interface ResourceInfo {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  /** `status`, `scale`, `log` and so on. */
  subresources: readonly string[];
  /** Storage name, `group/plural`: the same for all versions. */
  storage: string;
  /** Version in which objects are stored; others are converted when served. */
  storageVersion: string;
  /** Name of the type in the generated schema; undefined for custom resources. */
  schemaType: string | undefined;
  verbs: readonly string[];
}

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

interface Options {
  short?: string[];
  categories?: string[];
  sub?: string[];
  cluster?: boolean;
  type?: string;
  verbs?: string[];
  storageVersion?: string;
  singular?: string;
}

/** `define('apps/v1', 'Deployment', 'deployments', {...})`. */
function define(groupVersion: string, kind: string, plural: string, options: Options = {}): ResourceInfo {
  const [group, version] = groupVersion.includes('/')
    ? (groupVersion.split('/') as [string, string])
    : ['', groupVersion];
  return {
    group,
    version,
    kind,
    plural,
    singular: options.singular ?? kind.toLowerCase(),
    shortNames: options.short ?? [],
    categories: options.categories ?? [],
    namespaced: options.cluster !== true,
    subresources: options.sub ?? [],
    storage: `${group}/${plural}`,
    storageVersion: options.storageVersion ?? version,
    schemaType: options.type ?? kind,
    verbs: options.verbs ?? ALL_VERBS,
  };
}

const all = ['all'];
const extensions = ['api-extensions'];
const workload = { categories: all, sub: ['status', 'scale'] };
const review = { cluster: true, verbs: ['create'] };
const AUTHORIZATION = 'authorization.k8s.io/v1';
const RBAC = 'rbac.authorization.k8s.io/v1';
const STORAGE = 'storage.k8s.io/v1';
const NETWORKING = 'networking.k8s.io/v1';
const ADMISSION = 'admissionregistration.k8s.io/v1';

/** Every built-in resource that the playground serves, in the order of discovery. */
export const BUILTIN_RESOURCES: readonly ResourceInfo[] = [
  define('v1', 'Binding', 'bindings', { verbs: ['create'] }),
  define('v1', 'ConfigMap', 'configmaps', { short: ['cm'] }),
  define('v1', 'Endpoints', 'endpoints', { short: ['ep'] }),
  define('v1', 'Event', 'events', { short: ['ev'], type: 'CoreV1Event' }),
  define('v1', 'LimitRange', 'limitranges', { short: ['limits'] }),
  define('v1', 'Namespace', 'namespaces', {
    short: ['ns'],
    cluster: true,
    sub: ['status', 'finalize'],
    verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
  }),
  define('v1', 'Node', 'nodes', { short: ['no'], cluster: true, sub: ['status'] }),
  define('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { short: ['pvc'], sub: ['status'] }),
  define('v1', 'PersistentVolume', 'persistentvolumes', { short: ['pv'], cluster: true, sub: ['status'] }),
  define('v1', 'Pod', 'pods', {
    short: ['po'],
    categories: all,
    sub: ['status', 'log', 'eviction', 'binding', 'exec', 'attach', 'portforward', 'ephemeralcontainers'],
  }),
  define('v1', 'PodTemplate', 'podtemplates'),
  define('v1', 'ReplicationController', 'replicationcontrollers', { short: ['rc'], ...workload }),
  define('v1', 'ResourceQuota', 'resourcequotas', { short: ['quota'], sub: ['status'] }),
  define('v1', 'Secret', 'secrets'),
  define('v1', 'ServiceAccount', 'serviceaccounts', { short: ['sa'], sub: ['token'] }),
  define('v1', 'Service', 'services', { short: ['svc'], categories: all, sub: ['status'] }),
  define(ADMISSION, 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', {
    cluster: true,
    categories: extensions,
  }),
  define(ADMISSION, 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', {
    cluster: true,
    categories: extensions,
  }),
  define(ADMISSION, 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
    cluster: true,
    categories: extensions,
    sub: ['status'],
  }),
  define(ADMISSION, 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', {
    cluster: true,
    categories: extensions,
  }),
  define('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    short: ['crd', 'crds'],
    cluster: true,
    categories: extensions,
    sub: ['status'],
  }),
  define('apiregistration.k8s.io/v1', 'APIService', 'apiservices', {
    cluster: true,
    categories: extensions,
    sub: ['status'],
  }),
  define('apps/v1', 'ControllerRevision', 'controllerrevisions'),
  define('apps/v1', 'DaemonSet', 'daemonsets', { short: ['ds'], categories: all, sub: ['status'] }),
  define('apps/v1', 'Deployment', 'deployments', { short: ['deploy'], ...workload }),
  define('apps/v1', 'ReplicaSet', 'replicasets', { short: ['rs'], ...workload }),
  define('apps/v1', 'StatefulSet', 'statefulsets', { short: ['sts'], ...workload }),
  define('authentication.k8s.io/v1', 'SelfSubjectReview', 'selfsubjectreviews', review),
  define('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', review),
  define(AUTHORIZATION, 'LocalSubjectAccessReview', 'localsubjectaccessreviews', { verbs: ['create'] }),
  define(AUTHORIZATION, 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', review),
  define(AUTHORIZATION, 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', review),
  define(AUTHORIZATION, 'SubjectAccessReview', 'subjectaccessreviews', review),
  define('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    short: ['hpa'],
    categories: all,
    sub: ['status'],
    type: 'V2HorizontalPodAutoscaler',
  }),
  define('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    short: ['hpa'],
    categories: all,
    sub: ['status'],
    storageVersion: 'v2',
  }),
  define('batch/v1', 'CronJob', 'cronjobs', { short: ['cj'], categories: all, sub: ['status'] }),
  define('batch/v1', 'Job', 'jobs', { categories: all, sub: ['status'] }),
  define('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', {
    short: ['csr'],
    cluster: true,
    sub: ['status', 'approval'],
  }),
  define('coordination.k8s.io/v1', 'Lease', 'leases'),
  define('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  define(NETWORKING, 'IngressClass', 'ingressclasses', { cluster: true }),
  define(NETWORKING, 'Ingress', 'ingresses', { short: ['ing'], sub: ['status'] }),
  define(NETWORKING, 'NetworkPolicy', 'networkpolicies', { short: ['netpol'] }),
  define('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', { cluster: true }),
  define('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { short: ['pdb'], sub: ['status'] }),
  define(RBAC, 'ClusterRoleBinding', 'clusterrolebindings', { cluster: true }),
  define(RBAC, 'ClusterRole', 'clusterroles', { cluster: true }),
  define(RBAC, 'RoleBinding', 'rolebindings'),
  define(RBAC, 'Role', 'roles'),
  define('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { short: ['pc'], cluster: true }),
  define(STORAGE, 'CSIDriver', 'csidrivers', { cluster: true }),
  define(STORAGE, 'CSINode', 'csinodes', { cluster: true }),
  define(STORAGE, 'CSIStorageCapacity', 'csistoragecapacities'),
  define(STORAGE, 'StorageClass', 'storageclasses', { short: ['sc'], cluster: true }),
  define(STORAGE, 'VolumeAttachment', 'volumeattachments', { cluster: true, sub: ['status'] }),
];

export function apiVersionOf(info: { group: string; version: string }): string {
  return info.group === '' ? info.version : `${info.group}/${info.version}`;
}
