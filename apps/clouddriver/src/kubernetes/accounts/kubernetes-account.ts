import { isSecretReference, type SecretResolver } from '@gennaker/secrets';
import { KubernetesClient, type KubernetesClientOptions } from '../client/kubernetes-client.js';
import { loadClusterAccess, type ClusterAccess, type KubeConfigSource } from '../client/kube-config.js';
import type { AccountDefinition } from './account-definition.js';

export interface KubernetesAccountOptions {
  client: KubernetesClientOptions;
  /** Credential plug-ins that kubeconfigs may start. */
  allowedExecCommands: readonly string[];
  /** The process's environment, for accounts that use the pod's own service account. */
  environment: Record<string, string | undefined>;
  /** Looks up a kubeconfig that the definition refers to as a secret. */
  secrets: Pick<SecretResolver, 'resolve'>;
}

/** One account: its definition, and the client to its cluster. Replaced as a whole when the definition changes. */
export class KubernetesAccount {
  readonly client: KubernetesClient;

  private constructor(
    readonly definition: AccountDefinition,
    /** Whether the definition came in over the API, and may be changed there. */
    readonly managed: boolean,
    access: ClusterAccess,
    options: KubernetesAccountOptions,
  ) {
    this.client = new KubernetesClient(access, options.client);
  }

  get name(): string {
    return this.definition.name;
  }

  /** @throws InvalidInputError when the kubeconfig is not usable; the cluster itself is not asked. */
  static async open(
    definition: AccountDefinition,
    managed: boolean,
    options: KubernetesAccountOptions,
  ): Promise<KubernetesAccount> {
    const source = await withSecret(sourceOf(definition, options), managed, options);
    const access = await loadClusterAccess(source, {
      allowedExecCommands: options.allowedExecCommands,
      allowFiles: !managed,
    });
    return new KubernetesAccount(definition, managed, access, options);
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** What comes in over the API may refer to no more than pipelines may: its author is not the operator. */
async function withSecret(
  source: KubeConfigSource,
  managed: boolean,
  { secrets }: KubernetesAccountOptions,
): Promise<KubeConfigSource> {
  if (source.type !== 'inline' || !isSecretReference(source.contents)) return source;
  return {
    ...source,
    contents: await secrets.resolve(source.contents, managed ? 'account' : 'configuration'),
  };
}

function sourceOf(definition: AccountDefinition, options: KubernetesAccountOptions): KubeConfigSource {
  const { context, kubeconfigFile, kubeconfigContents, serviceAccount } = definition;
  if (serviceAccount) return { type: 'in-cluster', env: options.environment };
  if (kubeconfigContents !== undefined) return { type: 'inline', contents: kubeconfigContents, context };
  return { type: 'file', path: kubeconfigFile ?? '', context };
}
