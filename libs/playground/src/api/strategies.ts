import { jsonEquals } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import type { Job, Pod, PodSpec } from '../model/workloads.js';
import type { Store } from '../store/store.js';
import { invalidValue } from './field-errors.js';
import type { ResourceInfo } from './resource-catalog.js';
import { invalid } from './status-error.js';

const LEFT_OUT_WHEN_EMPTY = [
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** Drops the empty lists and maps that the API's encoding leaves out. Works on the caller's own copy. */
export function tidy(object: KubeObject): void {
  for (const field of LEFT_OUT_WHEN_EMPTY) {
    const value = object.metadata[field];
    if (value !== undefined && Object.keys(value).length === 0) delete object.metadata[field];
  }
  if (object.kind !== 'ConfigMap' && object.kind !== 'Secret') return;
  for (const field of ['data', 'binaryData']) {
    if (object[field] !== undefined && Object.keys(object[field] as object).length === 0)
      delete object[field];
  }
}

const INITIAL_STATUS: Readonly<Record<string, () => Record<string, unknown>>> = {
  '/namespaces': () => ({ phase: 'Active' }),
  '/persistentvolumeclaims': () => ({ phase: 'Pending' }),
  '/persistentvolumes': () => ({ phase: 'Pending' }),
  '/services': () => ({ loadBalancer: {} }),
  '/replicationcontrollers': () => ({ replicas: 0 }),
  '/resourcequotas': () => ({}),
  'apps/deployments': () => ({}),
  'apps/replicasets': () => ({ replicas: 0 }),
  'apps/statefulsets': () => ({ replicas: 0, availableReplicas: 0 }),
  'apps/daemonsets': () => ({
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  }),
  'batch/jobs': () => ({}),
  'batch/cronjobs': () => ({}),
  'networking.k8s.io/ingresses': () => ({ loadBalancer: {} }),
  'policy/poddisruptionbudgets': () => ({
    currentHealthy: 0,
    desiredHealthy: 0,
    disruptionsAllowed: 0,
    expectedPods: 0,
  }),
  'autoscaling/horizontalpodautoscalers': () => ({ desiredReplicas: 0, currentMetrics: null }),
  'apiextensions.k8s.io/customresourcedefinitions': () => ({
    conditions: [],
    acceptedNames: { plural: '', kind: '' },
    storedVersions: [],
  }),
};

/** Status that a new object starts with: what a client sends is not taken over. */
export function resetStatus(info: ResourceInfo, object: KubeObject): void {
  if (info.storage === '/pods') {
    object['status'] = { phase: 'Pending', qosClass: qosClass((object as Pod).spec) };
    return;
  }
  if (!info.subresources.includes('status')) return;
  delete object['status'];
  const initial = INITIAL_STATUS[info.storage]?.();
  if (initial) object['status'] = initial;
}

function qosClass(spec: PodSpec): string {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const has = (list: 'requests' | 'limits'): boolean =>
    containers.some((container) => Object.keys(container.resources?.[list] ?? {}).length > 0);
  if (!has('requests') && !has('limits')) return 'BestEffort';
  const guaranteed = containers.every((container) => {
    const { requests, limits } = container.resources ?? {};
    return limits?.['cpu'] && limits['memory'] && jsonEquals(requests, limits);
  });
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const GENERATED = new Set([
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'batch/cronjobs',
  '/replicationcontrollers',
  'networking.k8s.io/ingresses',
  'networking.k8s.io/networkpolicies',
  'networking.k8s.io/ingressclasses',
  'policy/poddisruptionbudgets',
  'apiextensions.k8s.io/customresourcedefinitions',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
]);

/** Custom resources and the kinds above count their changes in `metadata.generation`. */
export function hasGeneration(info: ResourceInfo): boolean {
  return info.schemaType === undefined || GENERATED.has(info.storage);
}

/** Whether two states differ in what the user asks for, as opposed to metadata and status. */
export function changesGeneration(info: ResourceInfo, before: KubeObject, after: KubeObject): boolean {
  const wish = (object: KubeObject): Record<string, unknown> => {
    const { metadata: _metadata, apiVersion: _apiVersion, ...rest } = object;
    if (info.subresources.includes('status')) delete rest['status'];
    return rest;
  };
  return !jsonEquals(wish(before), wish(after));
}

/** What the server adds to a new object beside defaults: a Job's selector, a Service's addresses. */
export function prepareCreate(info: ResourceInfo, object: KubeObject, store: Store): void {
  if (info.storage === 'batch/jobs') prepareJob(info, object as Job);
  if (info.storage === '/services') prepareService(object, store);
}

/** What the server keeps of the old object when a client leaves it out. */
export function prepareUpdate(info: ResourceInfo, object: KubeObject, old: KubeObject, store: Store): void {
  if (info.storage === '/services') keepAddresses(object, old, store);
  if (info.storage === 'batch/jobs') keepJobLabels(object as Job, old as Job);
  if (info.storage === '/pods') {
    const { spec } = object as Pod;
    const before = (old as Pod).spec;
    if (spec.nodeName === undefined && before.nodeName !== undefined) spec.nodeName = before.nodeName;
  }
}

function keepAddresses(service: KubeObject, old: KubeObject, store: Store): void {
  const spec = service['spec'] as ServiceSpec;
  const before = old['spec'] as ServiceSpec;
  if (!spec.clusterIP && spec.type !== 'ExternalName' && before.clusterIP) {
    spec.clusterIP = before.clusterIP;
    spec.clusterIPs ??= before.clusterIPs;
  }
  for (const port of spec.ports ?? []) {
    const kept = port.nodePort ?? before.ports?.find((other) => other.port === port.port)?.nodePort;
    if (kept === undefined) delete port.nodePort;
    else port.nodePort = kept;
  }
  prepareService(service, store);
}

function keepJobLabels(job: Job, before: Job): void {
  if (before.spec.selector) job.spec.selector ??= before.spec.selector;
  const labels = before.spec.template.metadata?.labels;
  if (!labels || !job.spec.template) return;
  const metadata = (job.spec.template.metadata ??= {});
  metadata.labels = { ...jobLabels(labels), ...metadata.labels };
}

const JOB_LABELS = [
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'job-name',
  'batch.kubernetes.io/job-name',
];

function jobLabels(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => JOB_LABELS.includes(key)));
}

function prepareJob(info: ResourceInfo, job: Job): void {
  const { spec, metadata } = job;
  if (spec.manualSelector || !spec.template) return;
  if (spec.selector) {
    const detail = '`selector` is generated unless `manualSelector` is true';
    throw invalid(info, metadata.name, [invalidValue('spec.selector', spec.selector, detail)]);
  }
  const template = (spec.template.metadata ??= {});
  template.labels = {
    ...template.labels,
    'controller-uid': metadata.uid,
    'batch.kubernetes.io/controller-uid': metadata.uid,
    'job-name': metadata.name,
    'batch.kubernetes.io/job-name': metadata.name,
  };
  spec.selector = { matchLabels: { 'controller-uid': metadata.uid } };
}

interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  clusterIPs?: string[] | undefined;
  ipFamilies?: string[];
  ipFamilyPolicy?: string;
  ports?: { port: number; nodePort?: number | undefined }[];
}

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

function prepareService(service: KubeObject, store: Store): void {
  const spec = service['spec'] as ServiceSpec;
  if (spec.type === 'ExternalName') return;
  const others = store
    .list('/services')
    .filter((other) => other.metadata.uid !== service.metadata.uid)
    .map((other) => other['spec'] as ServiceSpec);
  spec.clusterIP ||= freeAddress(new Set(others.map((other) => other.clusterIP)));
  spec.clusterIPs = [spec.clusterIP];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
  const used = new Set(others.flatMap((other) => (other.ports ?? []).map((port) => port.nodePort)));
  for (const port of spec.ports ?? []) {
    port.nodePort ||= freePort(used);
    used.add(port.nodePort);
  }
}

function freeAddress(used: ReadonlySet<string | undefined>): string {
  for (let index = 10; ; index++) {
    const address = `10.96.${(index >> 8) & 0xff}.${index & 0xff}`;
    if (!used.has(address)) return address;
  }
}

function freePort(used: ReadonlySet<number | undefined>): number {
  for (let port = FIRST_NODE_PORT; port <= LAST_NODE_PORT; port++) if (!used.has(port)) return port;
  throw new Error('all node ports are taken');
}
