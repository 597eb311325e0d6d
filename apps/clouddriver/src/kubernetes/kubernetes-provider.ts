import { Catalog } from '@gennaker/catalog';
import { PROVIDER_API_VERSION } from '@gennaker/contracts';
import { publishAccountViews } from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';
import type { ClouddriverConfig } from '../clouddriver.config.js';
import { CatalogTrafficGuards } from '../operations/catalog-traffic-guards.js';
import type { OperationCaller, OperationDefinition } from '../operations/operation-definition.js';
import type { OperationsPlatform } from '../operations/operations.service.js';
import { withStandIns } from '../operations/referenced-secrets.js';
import { VersionReservations } from '../operations/version-reservations.js';
import type { CloudProvider } from '../providers/cloud-provider.js';
import { Cipher } from '@gennaker/secrets';
import { accountDefinitionSchema } from './accounts/account-definition.js';
import { AccountManager } from './accounts/account-manager.js';
import { AccountRegistry } from './accounts/account-registry.js';
import { AccountStore } from './accounts/account-store.js';
import { accountViewOf } from './accounts/account-views.js';
import { configuredAccounts } from './accounts/configured-accounts.js';
import type { KubernetesAccountOptions } from './accounts/kubernetes-account.js';
import { InventoryService } from './inventory/inventory.service.js';
import { ResourceRefresh } from './inventory/resource-refresh.js';
import { deployManifestSchema, manifestsOf } from './operations/deploy-manifest.js';
import {
  deploySettingsOf,
  type KubernetesServices,
  parseDescription,
} from './operations/kubernetes-operation.js';
import { kubernetesOperations } from './operations/kubernetes-operations.js';
import { type ManifestPlan, planManifests } from './plan/plan-manifests.js';
import { ConsoleOutputs } from './views/console-output.js';
import { Jobs } from './views/jobs.js';
import { LiveManifests } from './views/live-manifests.js';

/** What Kubernetes needs of its process. */
export type KubernetesPlatform = OperationsPlatform;

const WORKLOAD = ['scaleManifest', 'deleteManifest', 'patchManifest'];

/** Kubernetes: accounts, a watched inventory, operations on manifests, and views that ask clusters. */
export class KubernetesProvider implements CloudProvider {
  readonly id = 'kubernetes';
  readonly apiVersion = PROVIDER_API_VERSION;
  readonly displayName = 'Kubernetes';
  readonly accountSchema = accountDefinitionSchema;
  readonly redact = ['/kubeconfigContents'];
  readonly capabilities = {
    serverGroups: [...WORKLOAD, 'enableManifest', 'disableManifest', 'resizeServerGroup'],
    serverGroupManagers: [
      ...WORKLOAD,
      'undoRolloutManifest',
      'pauseRolloutManifest',
      'resumeRolloutManifest',
      'rollingRestartManifest',
    ],
    loadBalancers: ['deleteManifest', 'patchManifest'],
    securityGroups: ['deleteManifest', 'patchManifest'],
    instances: ['deleteManifest'],
    jobs: ['runJob', 'deleteManifest'],
  };
  readonly registry: AccountRegistry;
  readonly accounts: AccountManager;
  readonly operations: readonly OperationDefinition[];
  readonly manifests: LiveManifests;
  readonly console: ConsoleOutputs;
  readonly jobs: Jobs;
  readonly refresh: ResourceRefresh;
  private readonly services: KubernetesServices;
  private readonly inventory: InventoryService | undefined;

  constructor(platform: KubernetesPlatform, config: ClouddriverConfig) {
    const { clock, live } = platform;
    const { pool } = platform.database;
    const cipher = new Cipher(config.encryptionKeys);
    const store = new AccountStore(pool, cipher);
    const options = accountOptions(config, platform);
    this.registry = new AccountRegistry(store, live, {
      ...options,
      configured: () =>
        configuredAccounts({
          file: config.accountsFile,
          inline: config.accountsInline,
          given: config.accounts,
        }),
      reloadMs: config.accountsReloadMs,
      onLoaded: (entries) => publishAccountViews(pool, entries.map(accountViewOf), clock.now()),
    });
    this.accounts = new AccountManager(this.registry, store, cipher, clock, options);
    this.manifests = new LiveManifests(this.registry, pool);
    this.console = new ConsoleOutputs(this.registry, pool);
    this.jobs = new Jobs(this.registry);
    this.refresh = new ResourceRefresh(this.registry, pool, clock);
    this.services = {
      accounts: this.registry,
      reservations: new VersionReservations(pool, clock),
      guards: new CatalogTrafficGuards(new Catalog(pool, platform.journal.store, clock)),
      settings: {},
    };
    this.operations = kubernetesOperations(this.services);
    if (config.inventory) {
      this.inventory = new InventoryService(pool, this.registry, live, clock, {
        replica: config.replica ?? platform.instance,
        maxKinds: config.maxKinds,
        customKinds: config.watchCustomKinds,
        pageSize: config.pageSize,
      });
    }
  }

  async start(): Promise<void> {
    await this.registry.start();
    await this.inventory?.start();
  }

  async stop(): Promise<void> {
    await this.inventory?.stop();
    await this.registry.stop();
  }

  /** What a deploy would do; asked at once, and recorded nowhere. */
  async plan(input: JsonObject, caller: OperationCaller, signal: AbortSignal): Promise<ManifestPlan> {
    await this.operations.find(({ kind }) => kind === 'planManifests')?.check(input, caller);
    const description = parseDescription(deployManifestSchema, withStandIns(input));
    const account = this.registry.get(description.account);
    return planManifests(description, await manifestsOf(description, account), {
      client: account.client,
      account,
      deploySettings: deploySettingsOf(account, this.services.settings),
      reservations: this.services.reservations,
      signal,
    });
  }
}

function accountOptions(
  config: ClouddriverConfig,
  { secrets }: KubernetesPlatform,
): KubernetesAccountOptions {
  return {
    client: {
      maxConnections: config.maxConnections,
      maxStreams: config.maxStreams,
      timeoutMs: config.requestTimeoutMs,
    },
    allowedExecCommands: config.execCommands,
    secrets,
    environment: config.environment,
  };
}
