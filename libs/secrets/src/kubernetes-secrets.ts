import { readFile } from 'node:fs/promises';
import {
  type Environment,
  InvalidInputError,
  isObject,
  messageOf,
  NotFoundError,
  UnavailableError,
  timeLimit,
} from '@gennaker/kernel';
import { Agent, request } from 'undici';
import { parse } from 'yaml';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;

interface Cluster {
  server: string;
  namespace: string;
  token: string | undefined;
  agent: Agent;
}

/** Reads Secrets of the cluster that a kubeconfig names, or that this process runs in. */
export class KubernetesSecrets {
  constructor(
    private readonly kubeconfigFile: string | undefined,
    private readonly environment: Environment,
  ) {}

  /**
   * One key of a Secret.
   *
   * @throws NotFoundError, UnavailableError, InvalidInputError, without anything of the Secret in them
   */
  async read(where: { namespace?: string; name: string; key: string }, signal: AbortSignal): Promise<string> {
    const cluster = await this.connect();
    try {
      const namespace = where.namespace ?? cluster.namespace;
      const named = `Secret ${where.name} in namespace ${namespace}`;
      const data = await this.dataOf(
        cluster,
        `${cluster.server}/api/v1/namespaces/${namespace}/secrets/${where.name}`,
        {
          named,
          signal,
        },
      );
      const value = isObject(data) && Object.hasOwn(data, where.key) ? data[where.key] : undefined;
      if (typeof value !== 'string')
        throw new NotFoundError('secrets.no_such_key', `${named} has no key ${where.key}`);
      return Buffer.from(value, 'base64').toString('utf8');
    } finally {
      await cluster.agent.close();
    }
  }

  private async dataOf(
    cluster: Cluster,
    url: string,
    { named, signal }: { named: string; signal: AbortSignal },
  ): Promise<unknown> {
    let status: number;
    let text: string;
    const limit = timeLimit(TIMEOUT_MS, signal);
    try {
      const answer = await request(url, {
        headers: {
          accept: 'application/json',
          ...(cluster.token === undefined ? {} : { authorization: `Bearer ${cluster.token}` }),
        },
        dispatcher: cluster.agent,
        signal: limit.signal,
      });
      status = answer.statusCode;
      text = await answer.body.text();
    } catch (error) {
      throw new UnavailableError(
        'secrets.cluster_unreachable',
        `${named} cannot be read: ${messageOf(error)}`,
      );
    } finally {
      limit.end();
    }
    if (status === 404) throw new NotFoundError('secrets.no_such_secret', `There is no ${named}`);
    if (status !== 200)
      throw new UnavailableError(
        'secrets.cluster_refused',
        `${named} cannot be read: the cluster answered ${status}`,
      );
    const secret: unknown = JSON.parse(text);
    return isObject(secret) ? secret.data : undefined;
  }

  private async connect(): Promise<Cluster> {
    return this.kubeconfigFile === undefined ? this.ofPod() : this.ofKubeconfig(this.kubeconfigFile);
  }

  private async ofPod(): Promise<Cluster> {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = this.environment;
    if (!host)
      throw new InvalidInputError(
        'secrets.no_cluster',
        'Secrets of Kubernetes cannot be read: this process does not run in a pod; set SECRETS_KUBECONFIG',
      );
    const [ca, token, namespace] = await Promise.all(
      ['ca.crt', 'token', 'namespace'].map((file) => readFile(`${ACCOUNT}/${file}`, 'utf8')),
    );
    return {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      namespace: namespace?.trim() ?? 'default',
      token: token?.trim(),
      agent: agentWith({ ca }),
    };
  }

  private async ofKubeconfig(file: string): Promise<Cluster> {
    let config: unknown;
    try {
      config = parse(await readFile(file, 'utf8'));
    } catch (error) {
      throw badKubeconfig(messageOf(error));
    }
    const context = entryOf(config, 'contexts', fieldOf(config, 'current-context'), 'context');
    const cluster = entryOf(config, 'clusters', fieldOf(context, 'cluster'), 'cluster');
    const user = entryOf(config, 'users', fieldOf(context, 'user'), 'user');
    const server = fieldOf(cluster, 'server');
    if (server === undefined) throw badKubeconfig('its current context names no server');
    const tokenFile = fieldOf(user, 'tokenFile');
    return {
      server: server.replace(/\/+$/, ''),
      namespace: fieldOf(context, 'namespace') ?? 'default',
      token: tokenFile === undefined ? fieldOf(user, 'token') : (await readFile(tokenFile, 'utf8')).trim(),
      agent: agentWith({
        ca: await materialOf(cluster, 'certificate-authority'),
        cert: await materialOf(user, 'client-certificate'),
        key: await materialOf(user, 'client-key'),
        ...(isObject(cluster) && cluster['insecure-skip-tls-verify'] === true
          ? { rejectUnauthorized: false }
          : {}),
      }),
    };
  }
}

function agentWith(tls: object): Agent {
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  return new Agent({ connect: { timeout: TIMEOUT_MS, ...given }, maxResponseSize: MAX_BYTES });
}

/** PEM text that a kubeconfig holds itself, or names a file for. */
async function materialOf(part: unknown, field: string): Promise<string | undefined> {
  const data = fieldOf(part, `${field}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const file = fieldOf(part, field);
  return file === undefined ? undefined : readFile(file, 'utf8');
}

function entryOf(config: unknown, list: string, name: string | undefined, field: string): unknown {
  const entries = isObject(config) ? config[list] : undefined;
  const found = Array.isArray(entries)
    ? entries.find((entry: unknown) => isObject(entry) && entry.name === name)
    : undefined;
  return isObject(found) ? found[field] : undefined;
}

function fieldOf(part: unknown, field: string): string | undefined {
  const value = isObject(part) ? part[field] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function badKubeconfig(message: string): InvalidInputError {
  return new InvalidInputError('secrets.bad_kubeconfig', [{ path: 'SECRETS_KUBECONFIG', message }]);
}
