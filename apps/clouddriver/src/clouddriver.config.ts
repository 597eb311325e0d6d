import { type Environment, readSettings } from '@gennaker/kernel';
import { httpPolicyFrom, httpPolicySchema } from '@gennaker/outbound';
import { z } from 'zod';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
const flag = z.stringbool().default(true);

export const clouddriverConfigSchema = z.object({
  /** File with accounts, JSON or YAML. Read again at every reload. */
  accountsFile: z.string().min(1).optional(),
  /** Accounts as text, JSON or YAML. */
  accountsInline: z.string().min(1).optional(),
  /** Accounts that the program itself brings along. */
  accounts: z.array(z.unknown()).default([]),
  /** Milliseconds between two looks at the accounts, besides those that a change asks for. */
  accountsReloadMs: z.coerce.number().int().min(100).default(15_000),
  /** Keys of 32 bytes, base64 or hex. The first one encrypts stored accounts, all decrypt. */
  encryptionKeys: list,
  /** Credential plug-ins that kubeconfigs may start. */
  execCommands: list.pipe(
    z.array(z.string()).transform((all) => (all.length > 0 ? all : DEFAULT_EXEC_COMMANDS)),
  ),
  /** Whether this replica watches clusters. Replicas that only carry out operations need not. */
  inventory: flag,
  /** Name of this replica among those that watch; the same again after a restart spares the wait for old leases. */
  replica: z.string().min(1).max(200).optional(),
  /** Whether custom kinds are watched that no account lists. */
  watchCustomKinds: flag,
  /** Kinds watched per account at most. */
  maxKinds: z.coerce.number().int().min(1).max(2_000).default(150),
  /** Objects per page of a list. */
  pageSize: z.coerce.number().int().min(1).max(5_000).default(500),
  /** Connections per cluster for requests; watches and followed logs have their own. */
  maxConnections: z.coerce.number().int().min(1).max(1_000).default(16),
  maxStreams: z.coerce.number().int().min(1).max(10_000).default(500),
  /** Milliseconds for one request to a cluster. */
  requestTimeoutMs: z.coerce.number().int().min(100).default(30_000),
  /** Operations that this replica carries out at a time. */
  operationConcurrency: z.coerce.number().int().min(1).max(10_000).default(200),
  /** Milliseconds after which another replica takes over what this one was at when it died. */
  operationLeaseMs: z.coerce.number().int().min(1_000).default(15_000),
  /** Milliseconds between two looks for work that no hint has come for. */
  relayIntervalMs: z.coerce.number().int().min(10).default(1_000),
  /** Milliseconds that a stop waits for what is under way. */
  shutdownGraceMs: z.coerce.number().int().min(0).default(5_000),
  /** Where artifacts of users' choice may be fetched from. */
  httpPolicy: httpPolicySchema.prefault({}),
  /** Milliseconds for fetching one artifact. */
  artifactTimeoutMs: z.coerce.number().int().min(100).default(60_000),
  /** The most that a repository of git may take on disk while it is fetched. */
  artifactCloneBytes: z.coerce
    .number()
    .int()
    .positive()
    .default(512 * 1024 * 1024),
  /** What the services of an installation know each other by; absent: whoever reaches the port is one of them. */
  serviceToken: z.string().min(16, 'must have at least 16 characters').optional(),
  /** Variables of the process, for accounts that use the pod's service account. */
  environment: z.record(z.string(), z.string().optional()).default({}),
});

export type ClouddriverConfig = z.output<typeof clouddriverConfigSchema>;

const DEFAULT_EXEC_COMMANDS = [
  'aws',
  'aws-iam-authenticator',
  'gke-gcloud-auth-plugin',
  'kubelogin',
  'kubectl-oidc_login',
];

/** @throws InvalidInputError naming the variable and the fix */
export function clouddriverConfigFrom(
  env: Environment,
  given: { accounts?: unknown[]; replica?: string } = {},
): ClouddriverConfig {
  return readSettings(
    clouddriverConfigSchema,
    env,
    {
      accountsFile: 'CLOUDDRIVER_ACCOUNTS_FILE',
      accountsInline: 'CLOUDDRIVER_ACCOUNTS',
      accountsReloadMs: 'CLOUDDRIVER_ACCOUNTS_RELOAD_MS',
      encryptionKeys: 'CLOUDDRIVER_ENCRYPTION_KEYS',
      execCommands: 'CLOUDDRIVER_EXEC_COMMANDS',
      inventory: 'CLOUDDRIVER_INVENTORY',
      replica: 'CLOUDDRIVER_REPLICA',
      watchCustomKinds: 'CLOUDDRIVER_WATCH_CUSTOM_KINDS',
      maxKinds: 'CLOUDDRIVER_MAX_KINDS',
      pageSize: 'CLOUDDRIVER_PAGE_SIZE',
      maxConnections: 'CLOUDDRIVER_MAX_CONNECTIONS',
      maxStreams: 'CLOUDDRIVER_MAX_STREAMS',
      requestTimeoutMs: 'CLOUDDRIVER_REQUEST_TIMEOUT_MS',
      operationConcurrency: 'CLOUDDRIVER_OPERATION_CONCURRENCY',
      operationLeaseMs: 'CLOUDDRIVER_OPERATION_LEASE_MS',
      relayIntervalMs: 'CLOUDDRIVER_RELAY_INTERVAL_MS',
      shutdownGraceMs: 'CLOUDDRIVER_SHUTDOWN_GRACE_MS',
      artifactTimeoutMs: 'CLOUDDRIVER_ARTIFACT_TIMEOUT_MS',
      artifactCloneBytes: 'CLOUDDRIVER_ARTIFACT_CLONE_BYTES',
      serviceToken: 'GENNAKER_SERVICE_TOKEN',
    },
    {
      httpPolicy: httpPolicyFrom(env['HTTP_POLICY']),
      // The process's own object is not a plain one.
      environment: { ...env },
      ...given,
    },
  );
}

/** The account of an installation without configuration: the cluster that `kubectl` would use by KUBECONFIG. */
export function accountsOfEnvironment(env: Record<string, string | undefined>): unknown[] {
  const { KUBECONFIG: kubeconfigFile } = env;
  return kubeconfigFile === undefined || kubeconfigFile === ''
    ? []
    : [{ name: 'kubernetes', kubeconfigFile }];
}
