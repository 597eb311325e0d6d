import { builtInKinds, isNativeGroup, kindFrom, kindKey, parseKind } from '@gennaker/manifest';
import { kindAllowed } from '../accounts/account-rules.js';
import type { AccountDefinition } from '../accounts/account-definition.js';
import { ResourceIndex, type ApiResource, type Discovered } from '../client/api-discovery.js';

/** A kind of an account that is to be watched, and in which scopes. */
export interface WatchedKind {
  api_group: string;
  kind: string;
  apiVersion: string;
  /** Namespaces to watch one by one; `[null]` for a single watch over the whole cluster. */
  scopes: (string | null)[];
}

export interface WatchPlan {
  kinds: WatchedKind[];
  /** Custom kinds left out because there are too many. */
  leftOut: string[];
}

/** Changes of every second, of no interest to a picture of what is deployed. */
const NEVER_WATCHED = new Set([
  'event',
  'controllerrevision',
  'lease',
  'endpoints',
  'endpointslice',
  'componentstatus',
]);

/**
 * What to watch of an account: the kinds it is limited to, else Spinnaker's kinds, its own custom resources, and as
 * many of the cluster's other custom kinds as `maxKinds` leaves room for.
 */
export function planWatches(
  discovered: Discovered,
  account: AccountDefinition,
  options: { maxKinds: number; customKinds: boolean },
): WatchPlan {
  const index = new ResourceIndex(discovered);
  const unwatched = new Set(
    account.cachingPolicies.map(({ kubernetesKind }) => kindKey(parseKind(kubernetesKind))),
  );
  const chosen = new Map<string, ApiResource>();
  const add = (resource: ApiResource | undefined): void => {
    if (resource === undefined || !watchable(resource)) return;
    const kind = kindFrom(resource.kind, resource.group);
    if (!kindAllowed(account, kind) || unwatched.has(kindKey(kind))) return;
    if (!resource.namespaced && !clusterWideAllowed(account)) return;
    if (!chosen.has(kindKey(kind))) chosen.set(kindKey(kind), resource);
  };
  const listed =
    account.kinds.length > 0 ? account.kinds : account.customResources.map((c) => c.kubernetesKind);
  for (const text of listed) add(findKind(index, text));
  const leftOut: string[] = [];
  if (account.kinds.length === 0) {
    for (const { kind } of builtInKinds()) add(index.find(kind.name));
    if (options.customKinds) {
      for (const resource of discovered.resources) {
        if (!resource.preferred || isNativeGroup(resource.group) || resource.group.endsWith('metrics.k8s.io'))
          continue;
        const key = kindKey(kindFrom(resource.kind, resource.group));
        if (chosen.has(key)) continue;
        if (chosen.size < options.maxKinds) add(resource);
        else if (watchable(resource)) leftOut.push(`${resource.kind}.${resource.group}`);
      }
    }
  }
  return {
    kinds: [...chosen.values()].map((resource) => ({
      api_group: resource.group,
      kind: resource.kind,
      apiVersion: resource.apiVersion,
      scopes: resource.namespaced && account.namespaces.length > 0 ? account.namespaces : [null],
    })),
    leftOut,
  };
}

function watchable(resource: ApiResource): boolean {
  if (NEVER_WATCHED.has(resource.kind.toLowerCase())) return false;
  return resource.verbs.includes('list') && resource.verbs.includes('watch');
}

/** Who is limited to namespaces rarely may list what is cluster-wide, unless the account says so by naming kinds. */
function clusterWideAllowed(account: AccountDefinition): boolean {
  return account.namespaces.length === 0 || account.kinds.length > 0;
}

function findKind(index: ResourceIndex, text: string): ApiResource | undefined {
  const kind = parseKind(text);
  return kind.group === '' ? index.find(kind.name) : index.find(`${kind.name}.${kind.group}`);
}
