import { Catalog } from '@gennaker/catalog';
import type { JsonObject } from '@gennaker/kernel';
import { logger } from '@gennaker/observability';
import { CLOUDDRIVER_QUEUE, OPERATION_WORK, OperationStore } from '@gennaker/operation';
import type { Platform } from '@gennaker/platform';
import { Relay, WorkRunner } from '@gennaker/work';
import { type AccountRegistry } from '../kubernetes/accounts/account-registry.js';
import { deployManifestSchema, manifestsOf } from '../kubernetes/operations/deploy-manifest.js';
import {
  deploySettingsOf,
  type KubernetesServices,
  parseDescription,
} from '../kubernetes/operations/kubernetes-operation.js';
import { type ManifestPlan, planManifests } from '../kubernetes/plan/plan-manifests.js';
import { kubernetesOperations } from '../kubernetes/operations/kubernetes-operations.js';
import { CatalogTrafficGuards } from './catalog-traffic-guards.js';
import { type OperationCaller, type OperationDefinition } from './operation-definition.js';
import { OperationHandler } from './operation.handler.js';
import { OperationRegistry } from './operation-registry.js';
import { VersionReservations } from './version-reservations.js';

/** What carrying out operations needs of its process. */
export type OperationsPlatform = Pick<
  Platform,
  'instance' | 'clock' | 'database' | 'live' | 'journal' | 'blobs' | 'items' | 'hints'
>;

export interface OperationsOptions {
  /** Operations at a time. */
  concurrency: number;
  leaseMs: number;
  relayIntervalMs: number;
  shutdownGraceMs: number;
}

const log = logger('operations');

/** The cloud driver's workers: they carry out operations, whoever asked for them. */
export class OperationsService {
  readonly operations: OperationStore;
  readonly registry: OperationRegistry;
  private readonly kubernetes: KubernetesServices;
  private readonly runner: WorkRunner;
  private readonly relay: Relay;

  constructor(
    platform: OperationsPlatform,
    accounts: Pick<AccountRegistry, 'get'>,
    others: readonly OperationDefinition[],
    private readonly options: OperationsOptions,
  ) {
    const { clock, items, hints } = platform;
    this.operations = new OperationStore(platform.journal, platform.blobs);
    this.kubernetes = {
      accounts,
      reservations: new VersionReservations(platform.database.pool, clock),
      guards: new CatalogTrafficGuards(new Catalog(platform.database.pool, platform.journal.store, clock)),
      settings: {},
    };
    this.registry = new OperationRegistry([...kubernetesOperations(this.kubernetes), ...others]);
    this.runner = new WorkRunner(
      items,
      hints,
      clock,
      {
        queue: CLOUDDRIVER_QUEUE,
        worker: platform.instance,
        concurrency: options.concurrency,
        leaseMs: options.leaseMs,
        onError: (error, item) => log.error('an operation will be tried again', { error, workItem: item.id }),
      },
      {
        kinds: [OPERATION_WORK],
        handlers: [new OperationHandler(this.operations, this.registry, platform.live, clock)],
      },
    );
    this.relay = new Relay(items, hints, clock, {
      runHere: (id) => this.runner.take(id),
      queues: [CLOUDDRIVER_QUEUE],
      intervalMs: options.relayIntervalMs,
      onError: (error) => log.warn('could not hint due work', { error }),
    });
  }

  /** What a deploy would do; asked at once, and recorded nowhere. */
  async plan(input: JsonObject, caller: OperationCaller, signal: AbortSignal): Promise<ManifestPlan> {
    await this.registry.get('kubernetes', 'planManifests').check(input, caller);
    const description = parseDescription(deployManifestSchema, input);
    const account = this.kubernetes.accounts.get(description.account);
    return planManifests(description, await manifestsOf(description, account), {
      client: account.client,
      account,
      deploySettings: deploySettingsOf(account, this.kubernetes.settings),
      reservations: this.kubernetes.reservations,
      signal,
    });
  }

  start(): void {
    this.runner.start();
    this.relay.start();
  }

  async stop(): Promise<void> {
    await this.relay.stop();
    await this.runner.stop(this.options.shutdownGraceMs);
  }
}
