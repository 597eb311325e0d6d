import { describeResource, type DescribeContext, type ResourceRow } from '@gennaker/inventory';
import { messageOf } from '@gennaker/kernel';
import { counter, logger } from '@gennaker/observability';
import { namespaceAllowed, type AccountLimits } from '../accounts/account-rules.js';
import type { KubernetesClient } from '../client/kubernetes-client.js';
import type { KubernetesObject } from '../client/kubernetes-client.types.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import type { ResourceSink } from './resource-sink.js';
import { sleep } from './sleep.js';
import type { Lease, ShardState } from './shard-leases.js';
import type { WatchedKind } from './watched-kinds.js';

export interface ShardWatcherOptions {
  lease: Lease;
  owner: string;
  kind: WatchedKind;
  limits: AccountLimits;
  describe: Omit<DescribeContext, 'now'>;
  client: KubernetesClient;
  sink: ResourceSink;
  report: (state: ShardState, error: string | null, synced?: boolean) => void;
  now: () => number;
  /** Objects per page of a list. */
  pageSize?: number;
}

const FIRST_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 30_000;
/** Permissions change rarely; asking for them all the time fills the cluster's audit log. */
const FORBIDDEN_BACK_OFF_MS = 60_000;

const log = logger('inventory');
const events = counter({
  name: 'gennaker_inventory_events_total',
  help: 'Changes received from clusters',
  labels: ['account', 'kind', 'type'],
});
const relists = counter({
  name: 'gennaker_inventory_lists_total',
  help: 'Complete lists read from clusters',
  labels: ['account', 'kind'],
});

/**
 * Keeps the rows of one kind of one account equal to the cluster: lists, then watches from there; lists again only when
 * the server has forgotten the version (410). While the cluster cannot be read the rows stay and the shard says so.
 */
export class ShardWatcher {
  private readonly stopping = new AbortController();
  private readonly states = new Map<string | null, { state: ShardState; error: string | null }>();
  private running: Promise<void> | undefined;
  private reported: string | undefined;
  /** When the cluster last told us anything, bookmarks included; milliseconds since the epoch. */
  lastEventAt = 0;

  constructor(private readonly options: ShardWatcherOptions) {}

  start(): this {
    const { kind } = this.options;
    for (const scope of kind.scopes) this.states.set(scope, { state: 'SYNCING', error: null });
    this.running = Promise.all(kind.scopes.map((scope) => this.keep(scope))).then(() => undefined);
    return this;
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the watch was stopped'));
    await this.running;
  }

  get state(): ShardState {
    const states = [...this.states.values()].map((s) => s.state);
    const worst: ShardState[] = ['DEGRADED', 'FORBIDDEN', 'SYNCING', 'PENDING', 'SYNCED'];
    return worst.find((state) => states.includes(state)) ?? 'PENDING';
  }

  private async keep(scope: string | null): Promise<void> {
    const { signal } = this.stopping;
    let version: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      const heardBefore = this.lastEventAt;
      const began = performance.now();
      try {
        version ??= await this.list(scope, signal);
        for await (version of this.watch(scope, version, signal)) failures = 0;
        // A server that ends each watch at once must not be asked in a tight loop.
        if (performance.now() - began < 1_000) await pause(undefined, (failures += 1), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof KubernetesApiError && error.expired) {
          version = undefined;
          if (failures === 0) {
            failures = 1;
            continue;
          }
        }
        // A stream that told us something and then broke is nothing to worry about, until it cannot be had again.
        if (this.lastEventAt === heardBefore || failures > 0) this.failed(scope, error);
        failures += 1;
        await pause(error, failures, signal);
      }
    }
  }

  /** Reads everything, page by page, and takes out what is no longer there. Answers with the version to watch from. */
  private async list(scope: string | null, signal: AbortSignal): Promise<string> {
    const { lease, owner, kind, client, sink, now } = this.options;
    const listedFrom = now();
    const namespaces: string[] = [];
    const names: string[] = [];
    let version = '';
    relists.inc({ account: lease.account, kind: kind.kind });
    const pages = client.pages(kind.kind, {
      apiVersion: kind.apiVersion,
      namespace: scope ?? undefined,
      limit: this.options.pageSize ?? 500,
      signal,
      timeoutMs: 60_000,
    });
    for await (const page of pages) {
      const rows = page.items.flatMap((item) => this.row(item) ?? []);
      for (const row of rows) {
        namespaces.push(row.namespace);
        names.push(row.name);
      }
      await sink.putListed(rows);
      version = page.resourceVersion;
      this.lastEventAt = now();
    }
    const { account, api_group, epoch } = lease;
    await sink.sweep({
      account,
      api_group,
      kind: kind.kind,
      namespace: scope,
      owner,
      epoch,
      listedFrom,
      listed: { namespaces, names },
    });
    this.become(scope, 'SYNCED', null, true);
    return version;
  }

  /** Takes in changes; gives the version reached after each. Ends when the server ends the watch. */
  private async *watch(scope: string | null, from: string, signal: AbortSignal): AsyncGenerator<string> {
    const { lease, kind, client, sink, now } = this.options;
    const stream = client.watch(kind.kind, {
      apiVersion: kind.apiVersion,
      namespace: scope ?? undefined,
      resourceVersion: from,
      signal,
      onOpen: () => {
        this.lastEventAt = now();
        this.become(scope, 'SYNCED', null);
      },
    });
    for await (const { type, object } of stream) {
      this.lastEventAt = now();
      if (type !== 'BOOKMARK') {
        events.inc({ account: lease.account, kind: kind.kind, type });
        const row = type === 'DELETED' ? undefined : this.row(object);
        if (row !== undefined) await sink.put(row);
        else await sink.remove(this.keyOf(object));
      }
      const reached = object.metadata?.resourceVersion;
      if (reached) yield reached;
    }
  }

  private row(object: KubernetesObject): ResourceRow | undefined {
    const { describe, limits, now } = this.options;
    const namespace = object.metadata?.namespace ?? '';
    if (namespace !== '' && !namespaceAllowed(limits, namespace)) return undefined;
    return describeResource(object, { ...describe, now: now() });
  }

  private keyOf(object: KubernetesObject): Parameters<ResourceSink['remove']>[0] {
    const { lease, kind } = this.options;
    return {
      account: lease.account,
      api_group: lease.api_group,
      kind: kind.kind,
      namespace: object.metadata?.namespace ?? '',
      name: object.metadata?.name ?? '',
      uid: object.metadata?.uid ?? '',
    };
  }

  private failed(scope: string | null, error: unknown): void {
    const forbidden = error instanceof KubernetesApiError && error.status === 403;
    const { lease, kind } = this.options;
    if (!forbidden) {
      log.warn('cannot read a kind of a cluster', { account: lease.account, kind: kind.kind, scope, error });
    }
    this.become(scope, forbidden ? 'FORBIDDEN' : 'DEGRADED', messageOf(error).slice(0, 1000));
  }

  private become(scope: string | null, state: ShardState, error: string | null, synced = false): void {
    this.states.set(scope, { state, error });
    const whole = this.state;
    const text = [...this.states.values()].find((s) => s.state === whole)?.error ?? null;
    const key = `${whole} ${text ?? ''}`;
    if (this.reported === key && !synced) return;
    this.reported = key;
    this.options.report(whole, text, synced && whole === 'SYNCED');
  }
}

async function pause(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
  const forbidden = error instanceof KubernetesApiError && error.status === 403;
  const ceiling = forbidden
    ? FORBIDDEN_BACK_OFF_MS
    : Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1));
  // Spread, so that the kinds of one cluster do not all come back in the same instant.
  const wait = ceiling / 2 + (Math.random() * ceiling) / 2;
  await sleep(wait, signal);
}
