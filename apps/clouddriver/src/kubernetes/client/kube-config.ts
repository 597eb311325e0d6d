import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js';
import type { Cluster, Context, User } from '@kubernetes/client-node/dist/config_types.js';
import { InvalidInputError, isObject, messageOf } from '@gennaker/kernel';
import { parse } from 'yaml';

/** Where the API server of an account is, and how to prove to it who we are. */
export interface ClusterAccess {
  /** `https://host:port`, without a trailing slash. */
  server: string;
  proxyUrl: string | undefined;
  /** The namespace of the context: where an object without a namespace goes, as with kubectl. */
  defaultNamespace: string;
  /** Headers and TLS material of the next request; asks an exec plug-in or re-reads a token file when it is time. */
  authenticate(): Promise<Credentials>;
  /** Drops what is remembered of an exec plug-in's answer: the server refused it. */
  forgetCredentials(): void;
}

export interface Credentials {
  headers: Record<string, string>;
  tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;
}

export type KubeConfigSource =
  | { type: 'file'; path: string; context?: string }
  | { type: 'inline'; contents: string; context?: string }
  | { type: 'in-cluster'; root?: string; env: Record<string, string | undefined> };

export interface KubeConfigRules {
  /** Base names of the credential plug-ins that a kubeconfig may start. A kubeconfig is otherwise a way to run anything. */
  allowedExecCommands: readonly string[];
  /** False for kubeconfigs that came in over the API: their paths would read our files. */
  allowFiles: boolean;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

interface Resolved {
  cluster: Cluster;
  user: User | undefined;
  tokenFile: string | undefined;
  namespace: string | undefined;
}

/**
 * Reads a kubeconfig and picks one context of it. The parsing and the credential plug-ins are client-node's; its
 * `KubeConfig` class is left out because it pulls in 80 MB of generated API classes.
 *
 * @throws InvalidInputError when the file cannot be read or parsed, lacks the context, or wants what the rules forbid.
 */
export async function loadClusterAccess(
  source: KubeConfigSource,
  rules: KubeConfigRules,
): Promise<ClusterAccess> {
  const resolved = source.type === 'in-cluster' ? inCluster(source) : await fromKubeConfig(source, rules);
  return new KubeConfigAccess(resolved, await authenticatorFor(resolved.user));
}

function inCluster(source: Extract<KubeConfigSource, { type: 'in-cluster' }>): Resolved {
  const host = source.env['KUBERNETES_SERVICE_HOST'];
  const port = source.env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (!host) {
    throw new InvalidInputError('account.not-in-cluster', [
      {
        path: 'serviceAccount',
        message: 'KUBERNETES_SERVICE_HOST is not set: this process does not run in a pod; give a kubeconfig',
      },
    ]);
  }
  const root = source.root ?? SERVICE_ACCOUNT;
  return {
    cluster: {
      name: 'in-cluster',
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      caFile: path.join(root, 'ca.crt'),
      skipTLSVerify: false,
    },
    user: { name: 'in-cluster' },
    tokenFile: path.join(root, 'token'),
    namespace: undefined,
  };
}

async function fromKubeConfig(
  source: Exclude<KubeConfigSource, { type: 'in-cluster' }>,
  rules: KubeConfigRules,
): Promise<Resolved> {
  const raw = parseKubeConfig(await textOf(source), rules);
  const { newClusters, newContexts, newUsers } = await import('@kubernetes/client-node/dist/config_types.js');
  const name = source.context ?? raw['current-context'];
  const context = invalid('kubeconfig', () => newContexts(raw['contexts'])).find((c) => c.name === name);
  if (context === undefined) throw unusable('context', `the kubeconfig has no context "${String(name)}"`);
  const cluster = invalid('kubeconfig', () => newClusters(raw['clusters'])).find(
    (c) => c.name === context.cluster,
  );
  if (cluster === undefined) throw unusable('context', `the kubeconfig has no cluster "${context.cluster}"`);
  const user = invalid('kubeconfig', () => newUsers(raw['users'])).find((u) => u.name === context.user);
  const root = source.type === 'file' ? path.dirname(source.path) : undefined;
  makeAbsolute(cluster, user, root);
  const tokenFile = tokenFileOf(raw, context);
  return { cluster, user, tokenFile: tokenFile && absolute(root, tokenFile), namespace: context.namespace };
}

async function textOf(source: Exclude<KubeConfigSource, { type: 'in-cluster' }>): Promise<string> {
  if (source.type === 'inline') return source.contents;
  try {
    return await readFile(source.path, 'utf8');
  } catch (error) {
    throw unusable('kubeconfigFile', `cannot be read: ${messageOf(error)}`);
  }
}

const FILE_KEYS = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile', 'token-file'];

function parseKubeConfig(text: string, rules: KubeConfigRules): Record<string, unknown> {
  const raw = invalid('kubeconfig', () => parse(text) as unknown);
  if (!isObject(raw))
    throw unusable('kubeconfig', 'is not a kubeconfig: an object with clusters, users, contexts');
  for (const entry of [...entries(raw, 'clusters', 'cluster'), ...entries(raw, 'users', 'user')]) {
    if (!rules.allowFiles) {
      const file = FILE_KEYS.find((key) => entry[key] !== undefined);
      if (file !== undefined)
        throw unusable('kubeconfig', `"${file}" names a file; embed its contents as ${file}-data or token`);
    }
    checkExec(entry, rules);
  }
  return raw;
}

function checkExec(user: Record<string, unknown>, rules: KubeConfigRules): void {
  const provider = isObject(user['auth-provider']) ? user['auth-provider'] : undefined;
  const config = isObject(provider?.['config']) ? provider['config'] : undefined;
  for (const exec of [user['exec'], config?.['exec']]) {
    if (!isObject(exec)) continue;
    const command = path.basename(String(exec['command']));
    if (rules.allowedExecCommands.includes(command)) continue;
    throw unusable(
      'kubeconfig',
      `starts the program "${command}", which is not among the allowed credential plug-ins (${rules.allowedExecCommands.join(', ') || 'none'})`,
    );
  }
  const command = config?.['cmd-path'];
  if (command !== undefined)
    throw unusable('kubeconfig', 'auth-provider with cmd-path is not supported; use exec');
}

function entries(raw: Record<string, unknown>, list: string, key: string): Record<string, unknown>[] {
  const items = raw[list];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown) => {
    const value = isObject(item) ? item[key] : undefined;
    return isObject(value) ? [value] : [];
  });
}

function tokenFileOf(raw: Record<string, unknown>, context: Context): string | undefined {
  const users = Array.isArray(raw['users']) ? (raw['users'] as unknown[]) : [];
  const user = users.find((item) => isObject(item) && item['name'] === context.user);
  const file = isObject(user) && isObject(user['user']) ? user['user']['tokenFile'] : undefined;
  return typeof file === 'string' ? file : undefined;
}

function makeAbsolute(cluster: Cluster, user: User | undefined, root: string | undefined): void {
  if (cluster.caFile) cluster.caFile = absolute(root, cluster.caFile);
  if (user?.certFile) user.certFile = absolute(root, user.certFile);
  if (user?.keyFile) user.keyFile = absolute(root, user.keyFile);
}

function absolute(root: string | undefined, file: string): string {
  return root === undefined || path.isAbsolute(file) ? file : path.join(root, file);
}

function unusable(field: string, message: string): InvalidInputError {
  return new InvalidInputError('account.unusable-kubeconfig', [{ path: field, message }]);
}

function invalid<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unusable(field, messageOf(error));
  }
}

type AuthenticatorFactory = () => Authenticator;

async function authenticatorFor(user: User | undefined): Promise<AuthenticatorFactory | undefined> {
  if (user?.exec) {
    const { ExecAuth } = await import('@kubernetes/client-node/dist/exec_auth.js');
    return () => new ExecAuth();
  }
  const provider = user?.authProvider as { name?: string; config?: { exec?: unknown } } | null | undefined;
  if (!provider) return undefined;
  if (provider.name === 'oidc') {
    const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
    return () => new OpenIDConnectAuth();
  }
  if (provider.name === 'exec' || provider.config?.exec) {
    const { ExecAuth } = await import('@kubernetes/client-node/dist/exec_auth.js');
    return () => new ExecAuth();
  }
  throw unusable('kubeconfig', `auth-provider "${provider.name ?? ''}" is not supported; use exec`);
}

/** Token files are rotated under us; client-go re-reads them once a minute too. */
const TOKEN_FILE_MS = 60_000;

class KubeConfigAccess implements ClusterAccess {
  readonly server: string;
  readonly proxyUrl: string | undefined;
  readonly defaultNamespace: string;
  private authenticator: Authenticator | undefined;
  private static: Promise<Credentials> | undefined;
  private token: { value: string; readAt: number } | undefined;

  constructor(
    private readonly resolved: Resolved,
    private readonly newAuthenticator: AuthenticatorFactory | undefined,
  ) {
    this.server = resolved.cluster.server;
    this.proxyUrl = resolved.cluster.proxyUrl;
    this.defaultNamespace = resolved.namespace ?? 'default';
    this.authenticator = newAuthenticator?.();
  }

  async authenticate(): Promise<Credentials> {
    this.static ??= this.readStatic();
    const known = await this.static.catch((error: unknown) => {
      this.static = undefined;
      throw error;
    });
    if (this.resolved.tokenFile) {
      return { ...known, headers: { ...known.headers, authorization: `Bearer ${await this.readToken()}` } };
    }
    if (this.authenticator === undefined || this.resolved.user === undefined) return known;
    const answer: { headers: Record<string, string>; cert?: string; key?: string } = { headers: {} };
    await this.authenticator.applyAuthentication(this.resolved.user, answer);
    const given = Object.entries(answer.headers).map(([key, value]) => [key.toLowerCase(), value]);
    return {
      headers: { ...known.headers, ...(Object.fromEntries(given) as Record<string, string>) },
      tls: answer.cert ? { ...known.tls, cert: answer.cert, key: answer.key } : known.tls,
    };
  }

  forgetCredentials(): void {
    this.token = undefined;
    this.authenticator = this.newAuthenticator?.();
  }

  private async readToken(): Promise<string> {
    const now = performance.now();
    if (this.token === undefined || now - this.token.readAt > TOKEN_FILE_MS) {
      const value = await readFile(this.resolved.tokenFile ?? '', 'utf8');
      this.token = { value: value.trim(), readAt: now };
    }
    return this.token.value;
  }

  private async readStatic(): Promise<Credentials> {
    const { cluster, user } = this.resolved;
    const [ca, cert, key] = await Promise.all([
      bytes(cluster.caFile, cluster.caData),
      bytes(user?.certFile, user?.certData),
      bytes(user?.keyFile, user?.keyData),
    ]);
    return {
      headers: user === undefined ? {} : staticHeaders(user),
      tls: {
        ...(ca && { ca }),
        ...(cert && { cert }),
        ...(key && { key }),
        ...(cluster.tlsServerName && { servername: cluster.tlsServerName }),
        ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
      },
    };
  }
}

function staticHeaders(user: User): Record<string, string> {
  const headers: Record<string, string> = {};
  if (user.token) headers['authorization'] = `Bearer ${user.token.trim()}`;
  else if (user.username) {
    const basic = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
    headers['authorization'] = `Basic ${basic}`;
  }
  if (user.impersonateUser) headers['impersonate-user'] = user.impersonateUser;
  return headers;
}

async function bytes(file: string | undefined, data: string | undefined): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64');
  return file ? readFile(file) : undefined;
}
