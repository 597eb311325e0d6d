import type { JsonObject } from '@gennaker/kernel';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import type { ResourceRegistry } from './resource-registry.js';
import { pathNotFound } from './status-error.js';

export const GIT_VERSION = 'v1.31.0+playground';

/** The answer of `/version`: says what this is. */
export const VERSION_INFO: JsonObject = {
  major: '1',
  minor: '31',
  gitVersion: GIT_VERSION,
  gitCommit: 'simulation',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'gennaker-playground/simulation',
};

const SUBRESOURCE_KINDS: Readonly<
  Record<string, { group?: string; version?: string; kind: string; verbs: string[] }>
> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  log: { kind: 'Pod', verbs: ['get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  finalize: { kind: 'Namespace', verbs: ['update'] },
};

export class Discovery {
  constructor(private readonly registry: ResourceRegistry) {}

  coreVersions(): JsonObject {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
    };
  }

  groupList(): JsonObject {
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [...this.groups()].map(([name, v]) => groupOf(name, v)),
    };
  }

  group(name: string): JsonObject {
    const versions = this.groups().get(name);
    if (!versions) throw pathNotFound();
    return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name, versions) };
  }

  resources(group: string, version: string): JsonObject {
    const infos = this.registry.all().filter((info) => info.group === group && info.version === version);
    if (infos.length === 0) throw pathNotFound();
    return {
      kind: 'APIResourceList',
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: apiVersionOf({ group, version }),
      resources: infos.flatMap((info) => [mainEntry(info), ...subresourceEntries(info)]),
    };
  }

  /** Aggregated discovery (`APIGroupDiscoveryList`), which newer clients ask for first. */
  aggregated(core: boolean): JsonObject {
    const groups = core ? new Map([['', ['v1']]]) : this.groups();
    return {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: [...groups].map(([name, versions]) => ({
        metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
        versions: versions.map((version) => ({
          version,
          freshness: 'Current',
          resources: this.registry
            .all()
            .filter((info) => info.group === name && info.version === version)
            .map(aggregatedEntry),
        })),
      })),
    };
  }

  /** Groups with their versions, the preferred one first; without the core group. */
  private groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const { group, version } of this.registry.all()) {
      if (group === '') continue;
      const versions = groups.get(group) ?? [];
      if (!versions.includes(version)) versions.push(version);
      groups.set(group, versions);
    }
    for (const versions of groups.values()) versions.sort(byPriority);
    return groups;
  }
}

/** v2 before v1 before v1beta2 before v1beta1 before v1alpha1, as Kubernetes orders versions. */
function byPriority(a: string, b: string): number {
  const rank = (version: string): number[] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (!match) return [0, 0, 0];
    const stability = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1;
    return [stability, Number(match[1]), Number(match[3] ?? 0)];
  };
  const left = rank(a);
  const right = rank(b);
  for (let index = 0; index < left.length; index++) {
    const delta = (right[index] ?? 0) - (left[index] ?? 0);
    if (delta !== 0) return delta;
  }
  return a < b ? -1 : 1;
}

function groupOf(name: string, versions: string[]): JsonObject {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

function mainEntry(info: ResourceInfo): JsonObject {
  return {
    name: info.plural,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
    storageVersionHash: Buffer.from(`${info.storage}/${info.storageVersion}`).toString('base64').slice(0, 12),
  };
}

function subresourceEntries(info: ResourceInfo): JsonObject[] {
  return info.subresources.map((subresource) => {
    const special = SUBRESOURCE_KINDS[subresource];
    return {
      name: `${info.plural}/${subresource}`,
      singularName: '',
      namespaced: info.namespaced,
      ...(special?.group === undefined ? {} : { group: special.group, version: special.version }),
      kind: special?.kind ?? info.kind,
      verbs: special?.verbs ?? ['get', 'patch', 'update'],
    };
  });
}

function aggregatedEntry(info: ResourceInfo): JsonObject {
  return {
    resource: info.plural,
    responseKind: { group: info.group, version: info.version, kind: info.kind },
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
    ...(info.categories.length > 0 ? { categories: info.categories } : {}),
    subresources: info.subresources.map((subresource) => {
      const special = SUBRESOURCE_KINDS[subresource];
      return {
        subresource,
        responseKind: {
          group: special?.group ?? info.group,
          version: special?.version ?? info.version,
          kind: special?.kind ?? info.kind,
        },
        verbs: special?.verbs ?? ['get', 'patch', 'update'],
      };
    }),
  };
}
