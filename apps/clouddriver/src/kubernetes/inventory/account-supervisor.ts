import { messageOf, timeLimit } from '@gennaker/kernel';
import type { ShardKey } from '@gennaker/inventory';
import { logger } from '@gennaker/observability';
import type { AccountDefinition } from '../accounts/account-definition.js';
import type { KubernetesClient } from '../client/kubernetes-client.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';
import { sleep } from './sleep.js';
import type { ShardState } from './shard-leases.js';
import { planWatches, type WatchedKind } from './watched-kinds.js';

export interface AccountSupervisorOptions {
  account: AccountDefinition;
  client: KubernetesClient;
  maxKinds: number;
  customKinds: boolean;
  /** Writes down what to watch; answers with what is no longer wanted. */
  plan: (kinds: WatchedKind[], keepGroups: string[]) => Promise<ShardKey[]>;
  forget: (shards: ShardKey[]) => Promise<void>;
  report: (state: ShardState, error: string | null, synced?: boolean) => void;
}

/** A look at the kinds even when nothing said that they changed: groups may come and go with aggregated servers. */
const REFRESH_MS = 10 * 60_000;
const REFRESH_BLIND_MS = 60_000;
const MAX_BACK_OFF_MS = 30_000;
/** CRDs come in bunches. */
const SETTLE_MS = 200;
/** Discovery may lag behind a new CRD, so a change is followed by further looks. */
const FOLLOW_UPS_MS = [2_000, 10_000];
const CRDS = 'customresourcedefinitions.apiextensions.k8s.io';

const log = logger('inventory');

/**
 * Finds out which kinds an account has, and keeps the list of shards equal to that: at the start, whenever a
 * CustomResourceDefinition changes, and every ten minutes.
 */
export class AccountSupervisor {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly options: AccountSupervisorOptions) {}

  start(): this {
    this.running = this.run();
    return this;
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the account is no longer watched here'));
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    let looks = FOLLOW_UPS_MS.length;
    while (!signal.aborted) {
      try {
        // Before the look, so that a change during it is not missed.
        const version = await this.versionOfKinds(signal);
        await this.reconcile(signal);
        failures = 0;
        const changed = await this.untilKindsChange(version, FOLLOW_UPS_MS[looks] ?? REFRESH_MS, signal);
        looks = changed ? 0 : looks + 1;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const { account } = this.options;
        log.warn('cannot find out what a cluster holds', { account: account.name, error });
        const forbidden = error instanceof KubernetesApiError && error.forbidden;
        this.options.report(forbidden ? 'FORBIDDEN' : 'DEGRADED', messageOf(error).slice(0, 1000));
        await sleep(Math.min(MAX_BACK_OFF_MS, 500 * 2 ** (failures - 1)), signal);
      }
      this.options.client.invalidateDiscovery();
    }
  }

  private async reconcile(signal: AbortSignal): Promise<void> {
    const { account, client, maxKinds, customKinds } = this.options;
    const discovered = await client.discover(signal);
    const { kinds, leftOut } = planWatches(discovered, account, { maxKinds, customKinds });
    // A group whose server is down has not lost its kinds: keep what we know of them.
    const keepGroups = discovered.failed.map(({ groupVersion }) => groupVersion.split('/')[0] ?? '');
    const dropped = await this.options.plan(kinds, keepGroups);
    if (dropped.length > 0) await this.options.forget(dropped);
    this.options.report('SYNCED', noteOf(discovered.failed, leftOut), true);
  }

  /** The version to watch CRDs from; undefined without the right to see them. */
  private async versionOfKinds(signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.options.client.list(CRDS, { limit: 1, metadataOnly: true, signal })).resourceVersion;
    } catch (error) {
      if (error instanceof KubernetesApiError && (error.status === 403 || error.notFound)) return undefined;
      throw error;
    }
  }

  /** Waits for a change of the kinds, for `ms` at most; says whether there was one. */
  private async untilKindsChange(
    version: string | undefined,
    ms: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (version === undefined) {
      await sleep(Math.min(ms, REFRESH_BLIND_MS), signal);
      return false;
    }
    const watching = timeLimit(ms, signal);
    try {
      for await (const event of this.options.client.watch(CRDS, {
        resourceVersion: version,
        signal: watching.signal,
      })) {
        if (event.type === 'BOOKMARK') continue;
        await sleep(SETTLE_MS, signal);
        return true;
      }
    } catch (error) {
      const over = watching.signal.aborted || (error instanceof KubernetesApiError && error.expired);
      if (!over) throw error;
    } finally {
      watching.end();
    }
    return false;
  }
}

function noteOf(failed: { groupVersion: string }[], leftOut: string[]): string | null {
  const notes = [];
  if (failed.length > 0) notes.push(`not readable: ${failed.map((f) => f.groupVersion).join(', ')}`);
  if (leftOut.length > 0) notes.push(`too many kinds, not watched: ${leftOut.join(', ')}`);
  return notes.length === 0 ? null : notes.join('; ').slice(0, 1000);
}
