import { tmpdir } from 'node:os';
import { artifactAccountsIn } from './artifacts/artifact-account.js';
import { ArtifactHttp } from './artifacts/artifact-http.js';
import { Artifacts } from './artifacts/artifacts.js';
import { GitRepositories } from './artifacts/sources/git-repositories.js';
import { fetchArtifactOperation } from './artifacts/fetch-artifact.operation.js';
import type { ClouddriverConfig } from './clouddriver.config.js';
import { configuredSection } from './kubernetes/accounts/configured-accounts.js';
import { KubernetesProvider, type KubernetesPlatform } from './kubernetes/kubernetes-provider.js';
import { OperationsService } from './operations/operations.service.js';
import type { CloudProvider } from './providers/cloud-provider.js';

/** What the cloud driver needs of its process. */
export type ClouddriverPlatform = KubernetesPlatform;

/** The cloud driver without its HTTP: providers, artifacts, and the workers that carry out operations. */
export class ClouddriverService {
  readonly kubernetes: KubernetesProvider;
  /** Every cloud, listed once. */
  readonly providers: readonly CloudProvider[];
  readonly operations: OperationsService;
  readonly artifacts: Artifacts;
  private readonly artifactHttp: ArtifactHttp;

  constructor(
    readonly platform: ClouddriverPlatform,
    config: ClouddriverConfig,
  ) {
    this.kubernetes = new KubernetesProvider(platform, config);
    this.providers = [this.kubernetes];
    const sources = { file: config.accountsFile, inline: config.accountsInline };
    this.artifactHttp = new ArtifactHttp(config.httpPolicy, config.artifactTimeoutMs);
    this.artifacts = new Artifacts(
      async () => artifactAccountsIn(await configuredSection(sources, 'artifacts')),
      this.artifactHttp,
      new GitRepositories({
        policy: config.httpPolicy,
        path: config.environment['PATH'] ?? '',
        folder: tmpdir(),
        timeoutMs: config.artifactTimeoutMs,
        maxCloneBytes: config.artifactCloneBytes,
      }),
      platform.clock,
      (account, signal) => platform.secrets.resolveAll(account, 'configuration', signal),
    );
    const definitions = this.providers.flatMap((provider) => provider.operations);
    this.operations = new OperationsService(
      platform,
      [...definitions, fetchArtifactOperation(this.artifacts)],
      {
        concurrency: config.operationConcurrency,
        leaseMs: config.operationLeaseMs,
        relayIntervalMs: config.relayIntervalMs,
        shutdownGraceMs: config.shutdownGraceMs,
      },
    );
  }

  async start(): Promise<void> {
    for (const provider of this.providers) await provider.start();
    this.operations.start();
  }

  async stop(): Promise<void> {
    await this.operations.stop();
    for (const provider of this.providers) await provider.stop();
    await this.artifactHttp.close();
  }
}
