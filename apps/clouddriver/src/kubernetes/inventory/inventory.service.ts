import { ResourceStore, type ChangedResource, type ShardKey } from '@gennaker/inventory';
import type { Clock } from '@gennaker/kernel';
import type { LiveBus } from '@gennaker/messaging';
import { gauge, logger } from '@gennaker/observability';
import type pg from 'pg';
import type { AccountRegistry } from '../accounts/account-registry.js';
import type { KubernetesAccount } from '../accounts/kubernetes-account.js';
import { AccountSupervisor } from './account-supervisor.js';
import { ResourceSink } from './resource-sink.js';
import { LEASE_SECONDS, SUPERVISOR, ShardLeases, type Lease, type ShardState } from './shard-leases.js';
import { ShardWatcher } from './shard-watcher.js';
import type { WatchedKind } from './watched-kinds.js';

export interface InventoryOptions {
  /** Unique among replicas; the same again after a restart, if it can be had, so that nobody waits for old leases. */
  replica: string;
  maxKinds: number;
  customKinds: boolean;
  /** Objects per page of a list. */
  pageSize: number;
}

interface Held {
  lease: Lease;
  account: KubernetesAccount;
  worker: ShardWatcher | AccountSupervisor;
}

const HEARTBEAT_MS = (LEASE_SECONDS * 1000) / 5;
const log = logger('inventory');
const idOf = (key: ShardKey): string => `${key.account}/${key.api_group}/${key.kind}`;

/**
 * The inventory of this replica: holds leases on its fair share of all shards, and runs a watcher for each. Where two
 * replicas overlap for a moment both write the same facts, so nothing depends on a lease being exclusive.
 */
export class InventoryService {
  private readonly leases: ShardLeases;
  private readonly store: ResourceStore;
  private readonly sink: ResourceSink;
  private readonly held = new Map<string, Held>();
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private first = true;
  private stopped = true;
  private unsubscribe = (): void => undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly accounts: AccountRegistry,
    private readonly bus: LiveBus,
    private readonly clock: Clock,
    private readonly options: InventoryOptions,
  ) {
    this.leases = new ShardLeases(pool, options.replica);
    this.store = new ResourceStore(pool);
    this.sink = new ResourceSink(this.store, {
      batch: 500,
      limit: 5_000,
      onChanged: (c) => this.announce(c),
    });
    gauge({
      name: 'gennaker_inventory_shards',
      help: 'Kinds that this replica watches, by account and state',
      labels: ['account', 'state'],
      collect: (metric) => {
        metric.reset();
        for (const { lease, worker } of this.held.values()) {
          if (worker instanceof ShardWatcher) metric.inc({ account: lease.account, state: worker.state });
        }
      },
    });
    gauge({
      name: 'gennaker_inventory_silence_seconds',
      help: 'Longest time since a watch of an account last said anything',
      labels: ['account'],
      collect: (metric) => {
        metric.reset();
        for (const { lease, worker } of this.held.values()) {
          if (!(worker instanceof ShardWatcher) || worker.lastEventAt === 0) continue;
          const silence = (this.clock.now() - worker.lastEventAt) / 1000;
          metric.set({ account: lease.account }, silence);
        }
      },
    });
  }

  /** Begins to watch; returns when this replica holds what there is for it to hold. */
  async start(): Promise<void> {
    this.stopped = false;
    this.unsubscribe = this.accounts.onChange(() => this.wake());
    await this.tick();
    this.timer = setInterval(() => this.wake(), HEARTBEAT_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.unsubscribe();
    clearInterval(this.timer);
    await this.turn;
    await Promise.all([...this.held.values()].map(({ worker }) => worker.stop()));
    this.held.clear();
    await this.sink.drain();
    await this.sink.stop();
    await this.leases.leave().catch((error: unknown) => log.warn('cannot give back leases', { error }));
  }

  /** One round now instead of at the next heartbeat. */
  wake(): void {
    void this.tick();
  }

  private tick(): Promise<void> {
    this.turn = this.turn.then(async () => {
      if (this.stopped) return;
      try {
        await this.balance();
      } catch (error) {
        log.error('cannot renew leases', { error });
      }
    });
    return this.turn;
  }

  private async balance(): Promise<void> {
    const accounts = this.accounts.list();
    const names = accounts.map((account) => account.name);
    const alive = await this.leases.announce(this.first);
    this.first = false;
    await this.leases.ensureAccounts(names);
    await this.keepHeld(await this.leases.renew());
    const share = Math.ceil((await this.leases.count(names)) / Math.max(1, alive));
    await this.giveUp([...this.held.values()].slice(share));
    const claimed = await this.leases.claim(names, share - this.held.size);
    for (const lease of claimed) this.take(lease);
    const known = this.accounts.all().map((entry) => entry.name);
    for (const account of await this.leases.abandoned(known)) await this.forgetAccount(account);
  }

  /** Stops what is no longer ours, what is to be watched differently, and accounts that changed or went away. */
  private async keepHeld(leases: Lease[]): Promise<void> {
    const renewed = new Map(leases.map((lease) => [idOf(lease), lease]));
    for (const [id, held] of this.held) {
      const lease = renewed.get(id);
      const account = this.accounts.find(held.lease.account);
      const same =
        lease?.epoch === held.lease.epoch &&
        lease.definition === held.lease.definition &&
        account === held.account;
      if (same) continue;
      this.held.delete(id);
      await held.worker.stop();
      // An account that is merely unusable keeps its rows; one that was taken out does not.
      if (this.accounts.entry(held.lease.account) === undefined) await this.forgetAccount(held.lease.account);
      else if (lease !== undefined) this.take(lease);
    }
    // Leases of a round that failed half-way.
    for (const [id, lease] of renewed) if (!this.held.has(id)) this.take(lease);
  }

  private async giveUp(surplus: Held[]): Promise<void> {
    for (const held of surplus) {
      this.held.delete(idOf(held.lease));
      await held.worker.stop();
    }
    await this.leases.release(surplus.map(({ lease }) => lease));
  }

  private async forgetAccount(account: string): Promise<void> {
    await this.leases.forgetAccount(account);
    this.announce(await this.store.forget(account));
  }

  private take(lease: Lease): void {
    const account = this.accounts.find(lease.account);
    if (account === undefined || this.stopped) return;
    const worker = lease.kind === SUPERVISOR ? this.supervisor(lease, account) : this.watcher(lease, account);
    this.held.set(idOf(lease), { lease, account, worker });
    worker.start();
  }

  private supervisor(lease: Lease, account: KubernetesAccount): AccountSupervisor {
    return new AccountSupervisor({
      account: account.definition,
      client: account.client,
      maxKinds: this.options.maxKinds,
      customKinds: this.options.customKinds,
      plan: async (kinds, keepGroups) => {
        const wanted = kinds.map((kind) => ({
          api_group: kind.api_group,
          kind: kind.kind,
          definition: JSON.stringify(kind),
        }));
        const dropped = await this.leases.plan(account.name, wanted, keepGroups);
        this.wake();
        return dropped;
      },
      forget: async (shards) => this.announce(await this.store.forget(account.name, shards)),
      report: (state, error, synced) => this.report(lease, state, error, synced),
    });
  }

  private watcher(lease: Lease, account: KubernetesAccount): ShardWatcher {
    const { definition } = account;
    return new ShardWatcher({
      lease,
      owner: this.options.replica,
      kind: JSON.parse(lease.definition) as WatchedKind,
      limits: definition,
      describe: {
        account: account.name,
        customResources: definition.customResources,
        onlySpinnakerManaged: definition.onlySpinnakerManaged,
      },
      client: account.client,
      sink: this.sink,
      report: (state, error, synced) => this.report(lease, state, error, synced),
      now: () => this.clock.now(),
      pageSize: this.options.pageSize,
    });
  }

  private report(lease: Lease, state: ShardState, error: string | null, synced?: boolean): void {
    this.leases.report(lease, { state, error, synced, now: this.clock.now() }).catch((failure: unknown) => {
      log.warn('cannot report the state of a shard', {
        account: lease.account,
        kind: lease.kind,
        error: failure,
      });
    });
  }

  /** Pokes whoever looks at the applications that changed. */
  private announce(changed: ChangedResource[]): void {
    const applications = new Set(changed.flatMap(({ application }) => application ?? []));
    const version = this.clock.now();
    for (const application of applications) {
      this.bus.publish({ stream: `inventory-${application}`, version, application });
    }
  }
}
