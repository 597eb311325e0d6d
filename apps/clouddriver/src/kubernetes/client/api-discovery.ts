import { isObject } from '@gennaker/kernel';
import { KubernetesApiError } from './kubernetes-error.js';
import type { KubernetesTransport } from './kubernetes-transport.js';

/** A kind as one API server serves it in one version. */
export interface ApiResource {
  /** Empty for the core group. */
  group: string;
  version: string;
  /** `v1`, `apps/v1`. */
  apiVersion: string;
  kind: string;
  /** The name in the path: `deployments`. */
  plural: string;
  singular: string;
  shortNames: readonly string[];
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly string[];
  /** True in the version that the server prefers within the group. */
  preferred: boolean;
}

/** Groups that only mirror kinds which live elsewhere; they come last when a kind is asked for by its name alone. */
const MIRRORS = new Set(['extensions', 'events.k8s.io', 'metrics.k8s.io']);
const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const AGGREGATED_BETA = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

export interface Discovered {
  resources: ApiResource[];
  /** Group versions that could not be read, mostly those of an aggregated API server that is down. */
  failed: { groupVersion: string; message: string }[];
}

/**
 * Reads every kind that the server serves: in two requests where it knows aggregated discovery (1.26 and later), else
 * with one request per group version. A group that cannot be read is reported in `failed` and does not hide the rest.
 */
export async function discover(transport: KubernetesTransport, signal?: AbortSignal): Promise<Discovered> {
  const accept = `${AGGREGATED},${AGGREGATED_BETA},application/json`;
  const [core, groups] = await Promise.all([
    transport.send({ method: 'GET', path: '/api', accept, signal }),
    transport.send({ method: 'GET', path: '/apis', accept, signal }),
  ]);
  const documents = [core, groups].map((response) => JSON.parse(response.text) as Record<string, unknown>);
  if (documents.every((document) => document['kind'] === 'APIGroupDiscoveryList')) {
    return aggregated(documents);
  }
  return unaggregated(transport, documents, signal);
}

interface AggregatedResource {
  resource: string;
  singularResource?: string;
  shortNames?: string[];
  scope?: string;
  verbs?: string[];
  responseKind?: { kind?: string };
  subresources?: { subresource: string }[];
}

interface AggregatedGroup {
  metadata?: { name?: string };
  versions?: {
    version: string;
    freshness?: string;
    resources?: AggregatedResource[];
  }[];
}

function aggregated(documents: Record<string, unknown>[]): Discovered {
  const resources: ApiResource[] = [];
  const failed: Discovered['failed'] = [];
  for (const group of documents.flatMap((document) => (document['items'] ?? []) as AggregatedGroup[])) {
    for (const [index, version] of (group.versions ?? []).entries()) {
      const of = { group: group.metadata?.name ?? '', version: version.version, preferred: index === 0 };
      if (version.freshness === 'Stale') {
        failed.push({ groupVersion: apiVersionOf(of), message: 'the server of this group is down' });
      }
      for (const resource of version.resources ?? []) resources.push(aggregatedResource(resource, of));
    }
  }
  return { resources, failed };
}

function aggregatedResource(
  resource: AggregatedResource,
  of: Pick<ApiResource, 'group' | 'version' | 'preferred'>,
): ApiResource {
  return {
    ...of,
    apiVersion: apiVersionOf(of),
    kind: resource.responseKind?.kind ?? '',
    plural: resource.resource,
    singular: resource.singularResource ?? '',
    shortNames: resource.shortNames ?? [],
    namespaced: resource.scope === 'Namespaced',
    verbs: resource.verbs ?? [],
    subresources: (resource.subresources ?? []).map((sub) => sub.subresource),
  };
}

function apiVersionOf(of: { group: string; version: string }): string {
  return of.group === '' ? of.version : `${of.group}/${of.version}`;
}

interface GroupVersions {
  group: string;
  versions: { groupVersion: string; version: string; preferred: boolean }[];
}

function groupVersions(documents: Record<string, unknown>[]): GroupVersions[] {
  return documents.flatMap((document): GroupVersions[] => {
    if (Array.isArray(document['versions'])) {
      const versions = document['versions'] as string[];
      return [
        {
          group: '',
          versions: versions.map((version, index) => ({
            groupVersion: version,
            version,
            preferred: index === 0,
          })),
        },
      ];
    }
    if (document['kind'] === 'APIGroupDiscoveryList') {
      return ((document['items'] ?? []) as AggregatedGroup[]).map((group) => {
        const name = group.metadata?.name ?? '';
        const versions = (group.versions ?? []).map(({ version }, index) => ({
          groupVersion: name === '' ? version : `${name}/${version}`,
          version,
          preferred: index === 0,
        }));
        return { group: name, versions };
      });
    }
    const groups = (document['groups'] ?? []) as {
      name: string;
      versions: { groupVersion: string; version: string }[];
      preferredVersion?: { version: string };
    }[];
    return groups.map((group) => ({
      group: group.name,
      versions: group.versions.map((v) => ({
        ...v,
        preferred: v.version === (group.preferredVersion?.version ?? group.versions[0]?.version),
      })),
    }));
  });
}

async function unaggregated(
  transport: KubernetesTransport,
  documents: Record<string, unknown>[],
  signal?: AbortSignal,
): Promise<Discovered> {
  const failed: Discovered['failed'] = [];
  const all = groupVersions(documents).flatMap(({ group, versions }) =>
    versions.map((v) => ({ group, ...v })),
  );
  const lists = await Promise.all(
    all.map(async ({ group, groupVersion, version, preferred }) => {
      const path = group === '' ? `/api/${version}` : `/apis/${groupVersion}`;
      try {
        const { text } = await transport.send({ method: 'GET', path, signal });
        return resourcesOf(JSON.parse(text) as Record<string, unknown>, { group, version, preferred });
      } catch (error) {
        if (!(error instanceof KubernetesApiError)) throw error;
        failed.push({ groupVersion, message: error.message });
        return [];
      }
    }),
  );
  return { resources: lists.flat(), failed };
}

function resourcesOf(
  document: Record<string, unknown>,
  of: { group: string; version: string; preferred: boolean },
): ApiResource[] {
  const items = (Array.isArray(document['resources']) ? document['resources'] : []).filter(isObject);
  return items
    .filter((item) => !String(item['name']).includes('/'))
    .map((item) => {
      const plural = String(item['name']);
      const prefix = `${plural}/`;
      return {
        ...of,
        apiVersion: apiVersionOf(of),
        kind: String(item['kind']),
        plural,
        singular: String(item['singularName'] ?? ''),
        shortNames: (item['shortNames'] ?? []) as string[],
        namespaced: item['namespaced'] === true,
        verbs: (item['verbs'] ?? []) as string[],
        subresources: items
          .map((other) => String(other['name']))
          .filter((name) => name.startsWith(prefix))
          .map((name) => name.slice(prefix.length)),
      };
    });
}

/** Lookups over what was discovered. Names are compared without regard to case, as kubectl does. */
export class ResourceIndex {
  private readonly byName = new Map<string, ApiResource[]>();

  constructor(readonly discovered: Discovered) {
    for (const resource of discovered.resources) {
      const names = [resource.kind, resource.plural, resource.singular, ...resource.shortNames];
      for (const name of new Set(names.map((n) => n.toLowerCase()))) {
        if (name === '') continue;
        const list = this.byName.get(name);
        if (list === undefined) this.byName.set(name, [resource]);
        else list.push(resource);
      }
    }
    for (const list of this.byName.values()) list.sort((a, b) => rank(a) - rank(b));
  }

  /**
   * @param kind a kind, plural, singular or short name, with or without `.group`: `Deployment`, `deploy`,
   *   `rollouts.argoproj.io`.
   * @param apiVersion picks one version; without it the server's preferred version of the first group that has the kind.
   */
  find(kind: string, apiVersion?: string): ApiResource | undefined {
    const wanted = kind.toLowerCase();
    const whole = this.pick(this.byName.get(wanted), apiVersion);
    if (whole !== undefined) return whole;
    const dot = wanted.indexOf('.');
    if (dot === -1) return undefined;
    const group = wanted.slice(dot + 1);
    const named = this.byName.get(wanted.slice(0, dot))?.filter((r) => r.group === group);
    return this.pick(named, apiVersion);
  }

  private pick(list: ApiResource[] | undefined, apiVersion: string | undefined): ApiResource | undefined {
    return apiVersion === undefined ? list?.[0] : list?.find((r) => r.apiVersion === apiVersion);
  }
}

function rank(resource: ApiResource): number {
  const mirror = MIRRORS.has(resource.group) ? 4 : 0;
  const foreign = resource.group === '' || isNativeGroup(resource.group) ? 0 : 2;
  return mirror + foreign + (resource.preferred ? 0 : 1);
}

/** True for groups that Kubernetes itself serves: no dot at all (`apps`), or under `k8s.io`. */
function isNativeGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}
