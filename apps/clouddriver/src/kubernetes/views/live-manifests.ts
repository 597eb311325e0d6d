import { REPLACERS, customReplacer, findArtifacts, type Artifact } from '@gennaker/artifact';
import { storedManifest, type Queryable } from '@gennaker/inventory';
import { InvalidInputError, NotFoundError, type JsonObject } from '@gennaker/kernel';
import {
  fullResourceName,
  kindFrom,
  kindOfManifest,
  kindProperties,
  manifestStatus,
  nameOf,
  namespaceOf,
  parseFullResourceName,
  parseKind,
  printKind,
  textAt,
  metadataOf,
  type ManifestStatus,
} from '@gennaker/manifest';
import { kubernetesMoniker, type Moniker } from '@gennaker/moniker';
import type { AccountRegistry } from '../accounts/account-registry.js';
import { kindAllowed, namespaceAllowed } from '../accounts/account-rules.js';
import type { KubernetesAccount } from '../accounts/kubernetes-account.js';
import type { KubernetesObject } from '../client/kubernetes-client.types.js';
import { shown } from '../operations/shown-manifests.js';
import { asking } from './cluster-errors.js';
import { byAge, membersOf, oldestFirst, parseCriteria, pickManifest } from './manifest-target.js';
import { podMetrics, type ContainerMetrics } from './pod-metrics.js';

export interface ManifestView {
  account: string;
  /** `deployment x`. */
  name: string;
  location: string;
  cloudProvider: 'kubernetes';
  moniker: Moniker;
  manifest: JsonObject;
  status: ManifestStatus;
  artifacts: Artifact[];
  events: JsonObject[];
  warnings: JsonObject[];
  metrics: ContainerMetrics[];
}

export interface ManifestRef {
  kind: string;
  namespace: string;
  name: string;
}

interface Location {
  account: string;
  /** `_` or empty for cluster-wide objects. */
  location: string;
}

const MOST_EVENTS = 500;

/** Manifests as the cluster has them right now, for deploys and for people who want to know. */
export class LiveManifests {
  constructor(
    private readonly accounts: AccountRegistry,
    private readonly db: Queryable,
  ) {}

  /**
   * One object with its status, artifacts, events and metrics.
   *
   * @param options.live false reads the inventory's copy: no question to the cluster, at most a moment old
   * @throws NotFoundError for an object, kind or account that is not there, or that the account does not show
   */
  async find(
    id: Location & { name: string },
    options: { includeEvents: boolean; live: boolean; signal?: AbortSignal },
  ): Promise<ManifestView> {
    const account = this.accounts.get(id.account);
    const { kind, name } = parseFullResourceName(id.name);
    const namespace = namespaceFrom(id.location);
    const what = `Manifest (account: ${id.account}, location: ${id.location}, name: ${id.name})`;
    if (
      !kindAllowed(account.definition, kind) ||
      (namespace !== '' && !namespaceAllowed(account.definition, namespace))
    ) {
      throw new NotFoundError(
        'manifest.not_shown',
        `${what} not found: the account is limited to other kinds or namespaces`,
      );
    }
    const ref = { kind: printKind(kind), namespace, name };
    const manifest = options.live
      ? await asking(account.name, what, () => account.client.get(ref, { signal: options.signal }))
      : (await storedManifest(this.db, { account: account.name, region: namespace, name: id.name }))
          ?.manifest;
    if (manifest === undefined) throw new NotFoundError('kubernetes.not_found', `${what} not found`);
    const [events, metrics] = await Promise.all([
      options.includeEvents ? this.events(account, manifest, options.signal) : [],
      account.definition.metrics && ref.kind === 'pod'
        ? podMetrics(account.client, namespace, name, options.signal)
        : [],
    ]);
    return { ...this.view(account, manifest), events, metrics };
  }

  /** The events of an object, oldest first. */
  async events(
    account: KubernetesAccount,
    manifest: JsonObject,
    signal?: AbortSignal,
  ): Promise<JsonObject[]> {
    const namespace = namespaceOf(manifest);
    const fields = [
      `involvedObject.name=${nameOf(manifest)}`,
      `involvedObject.kind=${textAt(manifest, 'kind')}`,
      `involvedObject.namespace=${namespace}`,
      `involvedObject.uid=${textAt(metadataOf(manifest), 'uid')}`,
    ];
    const page = await asking(account.name, 'the kind event', () =>
      account.client.list('Event', {
        apiVersion: 'v1',
        namespace: namespace || undefined,
        fieldSelector: fields.join(','),
        limit: MOST_EVENTS,
        signal,
      }),
    );
    const timeOf = (event: JsonObject): string =>
      textAt(event, 'lastTimestamp') ||
      textAt(event, 'eventTime') ||
      textAt(metadataOf(event), 'creationTimestamp');
    return page.items.sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
  }

  /**
   * The object of a cluster that the criteria mean, among those that are there right now.
   *
   * @throws NotFoundError when there are too few to choose from
   */
  async dynamic(
    of: Location & { kind: string; application: string; cluster: string; criteria: string },
    signal?: AbortSignal,
  ): Promise<ManifestRef> {
    const criteria = parseCriteria(of.criteria);
    const members = await this.members(of, byAge(criteria), signal);
    return refOf(pickManifest(members, criteria));
  }

  /** All objects of a kind in a cluster, oldest first. */
  async ofCluster(
    of: Location & { kind: string; application: string; cluster: string },
    signal?: AbortSignal,
  ): Promise<ManifestRef[]> {
    return oldestFirst(await this.members(of, true, signal)).map(refOf);
  }

  private async members(
    of: Location & { kind: string; application: string; cluster: string },
    metadataOnly: boolean,
    signal?: AbortSignal,
  ): Promise<JsonObject[]> {
    const account = this.accounts.get(of.account);
    const kind = printKind(parseKind(of.kind));
    const namespace = namespaceFrom(of.location);
    const resource = await asking(account.name, `the kind ${kind} in account ${account.name}`, () =>
      account.client.resource(kind, undefined, signal),
    );
    if (resource.namespaced && namespace === '') {
      throw new InvalidInputError('manifest.location_missing', [
        { path: 'location', message: `must be a namespace: ${kind} is namespaced` },
      ]);
    }
    const found: KubernetesObject[] = [];
    await asking(account.name, `the kind ${kind} in account ${account.name}`, async () => {
      const options = { namespace: resource.namespaced ? namespace : undefined, metadataOnly, signal };
      for await (const page of account.client.pages(kind, options)) {
        found.push(...(membersOf(page.items, of.application, of.cluster) as KubernetesObject[]));
      }
    });
    return found;
  }

  private view(account: KubernetesAccount, manifest: JsonObject): Omit<ManifestView, 'events' | 'metrics'> {
    const properties = kindProperties(kindOfManifest(manifest), account.definition.customResources);
    return {
      account: account.name,
      name: fullResourceName(manifest),
      location: namespaceOf(manifest),
      cloudProvider: 'kubernetes',
      moniker: kubernetesMoniker(manifest),
      manifest: shown(manifest),
      status: manifestStatus(manifest),
      artifacts: findArtifacts(manifest, [
        ...properties.replacers.map((name) => REPLACERS[name]),
        ...properties.customReplacers.map(customReplacer),
      ]),
      warnings: [],
    };
  }
}

function namespaceFrom(location: string): string {
  return location === '_' ? '' : location;
}

function refOf(manifest: JsonObject): ManifestRef {
  const kind = printKind(kindFrom(textAt(manifest, 'kind'), kindOfManifest(manifest).group));
  return { kind, namespace: namespaceOf(manifest), name: nameOf(manifest) };
}
