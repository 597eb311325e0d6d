import { type JsonObject } from '@gennaker/kernel';

/** A kind, told apart by its name and its API group; native groups and API versions do not count. */
export interface KubernetesKind {
  /** As Spinnaker prints it: `replicaSet`, or a custom resource's kind as it was written. */
  name: string;
  /** Empty for the kinds that Kubernetes brings along. */
  group: string;
}

const NATIVE_GROUPS = new Set([
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'core',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'settings.k8s.io',
  'storage.k8s.io',
]);

export function isNativeGroup(group: string): boolean {
  return NATIVE_GROUPS.has(group);
}

const CANONICAL = [
  'apiService',
  'clusterRole',
  'clusterRoleBinding',
  'configMap',
  'controllerRevision',
  'cronJob',
  'customResourceDefinition',
  'daemonSet',
  'deployment',
  'event',
  'horizontalpodautoscaler',
  'ingress',
  'job',
  'limitRange',
  'mutatingWebhookConfiguration',
  'namespace',
  'networkPolicy',
  'persistentVolume',
  'persistentVolumeClaim',
  'pod',
  'podDisruptionBudget',
  'podPreset',
  'podSecurityPolicy',
  'replicaSet',
  'role',
  'roleBinding',
  'secret',
  'service',
  'serviceAccount',
  'statefulSet',
  'storageClass',
  'validatingWebhookConfiguration',
] as const;

const ALIASES: Record<string, string> = {
  cm: 'configMap',
  crd: 'customResourceDefinition',
  deploy: 'deployment',
  ds: 'daemonSet',
  hpa: 'horizontalpodautoscaler',
  netpol: 'networkPolicy',
  ns: 'namespace',
  po: 'pod',
  pv: 'persistentVolume',
  pvc: 'persistentVolumeClaim',
  rs: 'replicaSet',
  sa: 'serviceAccount',
  sc: 'storageClass',
  sts: 'statefulSet',
  svc: 'service',
};

const BY_LOWER_CASE = new Map<string, string>([
  ...CANONICAL.map((name): [string, string] => [name.toLowerCase(), name]),
  ...Object.entries(ALIASES),
]);

/** A kind of a name and an API group (without version). */
export function kindFrom(name: string, group: string): KubernetesKind {
  if (!isNativeGroup(group)) return { name, group };
  return { name: BY_LOWER_CASE.get(name.toLowerCase()) ?? name, group: '' };
}

/** Reads `deployment`, `Deployment.apps`, `cm` or `Certificate.cert-manager.io`; case and native groups do not matter. */
export function parseKind(text: string): KubernetesKind {
  const dot = text.indexOf('.');
  return dot < 0
    ? kindFrom(text.trim(), '')
    : kindFrom(text.slice(0, dot).trim(), text.slice(dot + 1).trim());
}

/** The API group of `apps/v1`; empty for `v1`. */
export function groupOfApiVersion(apiVersion: unknown): string {
  if (typeof apiVersion !== 'string') return '';
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

export function kindOfManifest(manifest: JsonObject): KubernetesKind {
  const kind = typeof manifest['kind'] === 'string' ? manifest['kind'] : 'none';
  return kindFrom(kind, groupOfApiVersion(manifest['apiVersion']));
}

/** `deployment`, or `Certificate.cert-manager.io`. */
export function printKind({ name, group }: KubernetesKind): string {
  return group === '' ? name : `${name}.${group}`;
}

/** The key that equal kinds share. */
export function kindKey({ name, group }: KubernetesKind): string {
  return `${name.toLowerCase()}.${group}`;
}

export function sameKind(a: KubernetesKind, b: KubernetesKind): boolean {
  return kindKey(a) === kindKey(b);
}

export function isKind(manifest: JsonObject, name: (typeof CANONICAL)[number]): boolean {
  const kind = kindOfManifest(manifest);
  return kind.group === '' && kind.name === name;
}
