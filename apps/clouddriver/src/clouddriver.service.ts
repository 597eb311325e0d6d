import { publishAccountViews } from '@gennaker/inventory';
import type { Platform } from '@gennaker/platform';
import { artifactAccountsIn } from './artifacts/artifact-account.js';
import { ArtifactHttp } from './artifacts/artifact-http.js';
import { Artifacts } from './artifacts/artifacts.js';
import { fetchArtifactOperation } from './artifacts/fetch-artifact.operation.js';
import type { ClouddriverConfig } from './clouddriver.config.js';
import { AccountCipher } from './kubernetes/accounts/account-cipher.js';
import { AccountManager } from './kubernetes/accounts/account-manager.js';
import { AccountRegistry } from './kubernetes/accounts/account-registry.js';
import { AccountStore } from './kubernetes/accounts/account-store.js';
import { accountViewOf } from './kubernetes/accounts/account-views.js';
import { configuredAccounts, configuredSection } from './kubernetes/accounts/configured-accounts.js';
import type { KubernetesAccountOptions } from './kubernetes/accounts/kubernetes-account.js';
import { InventoryService } from './kubernetes/inventory/inventory.service.js';
import { ConsoleOutputs } from './kubernetes/views/console-output.js';
import { Jobs } from './kubernetes/views/jobs.js';
import { LiveManifests } from './kubernetes/views/live-manifests.js';
import { type OperationsPlatform, OperationsService } from './operations/operations.service.js';

/** What the cloud driver needs of its process. */
export type ClouddriverPlatform = OperationsPlatform & Pick<Platform, 'secrets'>;

/** The cloud driver without its HTTP: accounts, inventory, and the views that ask clusters. */
export class ClouddriverService {
  readonly accounts: AccountRegistry;
  readonly manager: AccountManager;
  readonly manifests: LiveManifests;
  readonly console: ConsoleOutputs;
  readonly jobs: Jobs;
  readonly operations: OperationsService;
  readonly artifacts: Artifacts;
  private readonly artifactHttp: ArtifactHttp;
  private readonly inventory: InventoryService | undefined;

  constructor(
    readonly platform: ClouddriverPlatform,
    config: ClouddriverConfig,
  ) {
    const { pool } = platform.database;
    const cipher = new AccountCipher(config.encryptionKeys);
    const store = new AccountStore(pool, cipher);
    const options = accountOptions(config, platform);
    const sources = { file: config.accountsFile, inline: config.accountsInline };
    this.accounts = new AccountRegistry(store, platform.live, {
      ...options,
      configured: () => configuredAccounts({ ...sources, given: config.accounts }),
      reloadMs: config.accountsReloadMs,
      onLoaded: (entries) => publishAccountViews(pool, entries.map(accountViewOf), platform.clock.now()),
    });
    this.manager = new AccountManager(this.accounts, store, cipher, platform.clock, options);
    this.manifests = new LiveManifests(this.accounts, pool);
    this.console = new ConsoleOutputs(this.accounts, pool);
    this.jobs = new Jobs(this.accounts);
    this.artifactHttp = new ArtifactHttp(config.httpPolicy, config.artifactTimeoutMs);
    this.artifacts = new Artifacts(
      async () => artifactAccountsIn(await configuredSection(sources, 'artifacts')),
      this.artifactHttp,
      platform.clock,
      (account, signal) => platform.secrets.resolveAll(account, 'configuration', signal),
    );
    const operations = [fetchArtifactOperation(this.artifacts)];
    this.operations = new OperationsService(platform, this.accounts, operations, {
      concurrency: config.operationConcurrency,
      leaseMs: config.operationLeaseMs,
      relayIntervalMs: config.relayIntervalMs,
      shutdownGraceMs: config.shutdownGraceMs,
    });
    if (config.inventory) {
      this.inventory = new InventoryService(pool, this.accounts, platform.live, platform.clock, {
        replica: config.replica ?? platform.instance,
        maxKinds: config.maxKinds,
        customKinds: config.watchCustomKinds,
        pageSize: config.pageSize,
      });
    }
  }

  async start(): Promise<void> {
    await this.accounts.start();
    this.operations.start();
    await this.inventory?.start();
  }

  async stop(): Promise<void> {
    await this.operations.stop();
    await this.inventory?.stop();
    await this.accounts.stop();
    await this.artifactHttp.close();
  }
}

function accountOptions(
  config: ClouddriverConfig,
  { secrets }: ClouddriverPlatform,
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
