import type { KubeObject } from '../model/objects.js';
import { parseQuantity } from '../model/quantity.js';
import type { Pod } from '../model/workloads.js';
import { behaviourOf } from '../pods/behaviour.js';
import type { Store } from '../store/store.js';
import type { ResourceInfo } from './resource-catalog.js';
import { badRequest, forbidden, notFound, StatusError } from './status-error.js';

const NAMESPACES: ResourceInfo['storage'] = '/namespaces';
const NAMESPACE_SUBJECT = { group: '', plural: 'namespaces', kind: 'Namespace' };

/** What the admission chain refuses before a new object is stored. */
export function admitCreate(info: ResourceInfo, object: KubeObject, store: Store): void {
  if (info.namespaced) admitNamespace(info, object, store);
  const { deny } = behaviourOf(object);
  if (deny !== undefined) {
    throw new StatusError(
      403,
      'Forbidden',
      `admission webhook "policy.playground.gennaker.io" denied the request: ${deny}`,
    );
  }
  if (info.storage === '/pods') admitPod(info, object as Pod, store);
  if (info.namespaced) admitQuota(info, object, store);
}

function admitNamespace(info: ResourceInfo, object: KubeObject, store: Store): void {
  const name = object.metadata.namespace ?? '';
  const namespace = store.get(NAMESPACES, undefined, name);
  if (!namespace) throw notFound(NAMESPACE_SUBJECT, name);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  throw forbidden(info, object.metadata.name, why, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${name} is being terminated`,
      field: 'metadata.namespace',
    },
  ]);
}

function admitPod(info: ResourceInfo, pod: Pod, store: Store): void {
  const { namespace, name } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? 'default';
  if (account !== 'default' && !store.get('/serviceaccounts', namespace, account)) {
    const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
    throw forbidden(info, name, why);
  }
  const priorityClass = pod.spec['priorityClassName'];
  if (typeof priorityClass === 'string' && priorityClass !== '') {
    const known = store.get('scheduling.k8s.io/priorityclasses', undefined, priorityClass);
    if (!known) throw forbidden(info, name, `no PriorityClass with name ${priorityClass} was found`);
  }
  const { quota } = behaviourOf(pod);
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller);
  if (quota === undefined) return;
  const siblings = store
    .list<Pod>('/pods', namespace)
    .filter(
      (other) =>
        other.status?.phase !== 'Succeeded' &&
        other.status?.phase !== 'Failed' &&
        (owner === undefined ||
          other.metadata.ownerReferences?.some((reference) => reference.uid === owner.uid)),
    );
  if (siblings.length >= quota) {
    const why = `exceeded quota: playground, requested: pods=1, used: pods=${siblings.length}, limited: pods=${quota}`;
    throw forbidden(info, name, why);
  }
}

interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, string> };
}

function admitQuota(info: ResourceInfo, object: KubeObject, store: Store): void {
  const { namespace, name } = object.metadata;
  for (const quota of store.list<ResourceQuota>('/resourcequotas', namespace)) {
    const exceeded = Object.entries(quota.spec?.hard ?? {}).flatMap(([resource, text]) => {
      const limit = parseQuantity(text);
      const wanted = usageOf(info.storage, object, resource);
      if (limit === undefined || wanted === 0) return [];
      const used = quotaUsage(store, namespace ?? '', resource);
      return used + wanted > limit ? [{ resource, wanted, used, text }] : [];
    });
    if (exceeded.length === 0) continue;
    const list = (pick: (entry: (typeof exceeded)[number]) => unknown): string =>
      exceeded.map((entry) => `${entry.resource}=${String(pick(entry))}`).join(',');
    const why =
      `exceeded quota: ${quota.metadata.name}, requested: ${list((e) => e.wanted)}, ` +
      `used: ${list((e) => e.used)}, limited: ${list((e) => e.text)}`;
    throw forbidden(info, name, why);
  }
}

/** How much of a quota's resource is used in a namespace now. */
export function quotaUsage(store: Store, namespace: string, resource: string): number {
  let used = 0;
  for (const storage of storagesOf(resource, store)) {
    for (const object of store.list(storage, namespace)) used += usageOf(storage, object, resource);
  }
  return used;
}

const PLAIN_COUNTS = [
  'services',
  'configmaps',
  'secrets',
  'persistentvolumeclaims',
  'resourcequotas',
  'replicationcontrollers',
];

function storagesOf(resource: string, store: Store): string[] {
  if (!resource.startsWith('count/')) return PLAIN_COUNTS.includes(resource) ? [`/${resource}`] : ['/pods'];
  return store.resources().filter((storage) => countName(storage) === resource);
}

function countName(storage: string): string {
  const [group = '', plural = ''] = storage.split('/');
  return group === '' ? `count/${plural}` : `count/${plural}.${group}`;
}

function usageOf(storage: string, object: KubeObject, resource: string): number {
  if (countName(storage) === resource) return 1;
  if (PLAIN_COUNTS.includes(resource)) return storage === `/${resource}` ? 1 : 0;
  if (storage !== '/pods') return 0;
  const pod = object as Pod;
  if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return 0;
  if (resource === 'pods') return 1;
  const [list, name] = resource.includes('.')
    ? (resource.split('.') as [string, string])
    : ['requests', resource];
  if (list !== 'requests' && list !== 'limits') return 0;
  return pod.spec.containers.reduce(
    (sum, container) => sum + (parseQuantity(container.resources?.[list]?.[name]) ?? 0),
    0,
  );
}

/** Namespaces that the cluster itself needs cannot be deleted. */
export function admitDelete(info: ResourceInfo, name: string): void {
  const isNeeded = info.storage === NAMESPACES && ['default', 'kube-system', 'kube-public'].includes(name);
  if (isNeeded) throw forbidden(info, name, 'this namespace may not be deleted');
}

export function requireNamespaceMatch(requested: string | undefined, object: KubeObject): void {
  const own = object.metadata.namespace;
  if (requested !== undefined && own !== undefined && own !== '' && own !== requested) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}
