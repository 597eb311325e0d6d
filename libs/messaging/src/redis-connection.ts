import { readFileSync } from 'node:fs';
import { type Environment, readSettings } from '@gennaker/kernel';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';

/** Where the queue's Redis is: one server, a Sentinel group or a cluster, with or without TLS. */
export const redisConfigSchema = z
  .object({
    /** `redis://` or, with TLS, `rediss://`; user, password and database as in any such URL. */
    url: z.url({ protocol: /^rediss?$/, error: 'must be a URL such as redis://host:6379' }).optional(),
    /** `host:port` of each Sentinel, with the name of the group that they watch. */
    sentinels: z.array(z.string()).optional(),
    sentinelName: z.string().optional(),
    /** `host:port` of some nodes of a cluster. */
    clusterNodes: z.array(z.string()).optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    tls: z.boolean().default(false),
    /** File with the certificate of the authority that signed the server's. */
    tlsCaFile: z.string().optional(),
  })
  .refine((config) => config.sentinels === undefined || config.sentinelName !== undefined, {
    path: ['sentinelName'],
    message: 'must be set: Sentinels need the name of the group that they watch',
  });

export type RedisConfig = z.infer<typeof redisConfigSchema>;

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/**
 * Reads the settings from environment variables; undefined where none is set.
 *
 * @throws InvalidInputError naming the variable and the fix
 */
export function redisConfigFrom(env: Environment): RedisConfig | undefined {
  const list = (name: string): string[] | undefined => {
    const text = env[name];
    return text === undefined || text === '' ? undefined : text.split(',').map((part) => part.trim());
  };
  const sentinels = list('REDIS_SENTINELS');
  const clusterNodes = list('REDIS_CLUSTER_NODES');
  if (!env['REDIS_URL'] && sentinels === undefined && clusterNodes === undefined) return undefined;
  return readSettings(
    redisConfigSchema,
    env,
    {
      url: 'REDIS_URL',
      sentinelName: 'REDIS_SENTINEL_NAME',
      username: 'REDIS_USERNAME',
      password: 'REDIS_PASSWORD',
      tlsCaFile: 'REDIS_TLS_CA_FILE',
    },
    { sentinels, clusterNodes, tls: env['REDIS_TLS'] === 'true' },
  );
}

/**
 * Opens a connection. It connects in the background and again whenever it is lost; commands wait meanwhile, without
 * a limit of tries, as BullMQ's workers need it.
 */
export function connectRedis(config: RedisConfig): Redis | Cluster {
  const shared: RedisOptions = {
    username: config.username,
    password: config.password,
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    connectTimeout: 10_000,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
    ...(usesTls(config) && {
      tls: config.tlsCaFile === undefined ? {} : { ca: readFileSync(config.tlsCaFile) },
    }),
  };
  const connection = open(config, shared);
  // Without a listener ioredis prints; what a lost connection means is told by the health check.
  connection.on('error', () => undefined);
  return connection;
}

/** An address of the secure kind asks for TLS as clearly as the switch does. */
function usesTls({ tls, tlsCaFile, url }: RedisConfig): boolean {
  return tls || tlsCaFile !== undefined || url?.startsWith('rediss:') === true;
}

function open(config: RedisConfig, shared: RedisOptions): Redis | Cluster {
  if (config.clusterNodes !== undefined) {
    return new Cluster(
      config.clusterNodes.map((node) => address(node, DEFAULT_PORT)),
      { redisOptions: shared },
    );
  }
  if (config.sentinels !== undefined) {
    return new Redis({
      ...shared,
      sentinels: config.sentinels.map((node) => address(node, DEFAULT_SENTINEL_PORT)),
      name: config.sentinelName!,
      ...(usesTls(config) && { enableTLSForSentinelMode: true, sentinelTLS: shared.tls }),
    });
  }
  return new Redis(config.url!, shared);
}

function address(node: string, defaultPort: number): { host: string; port: number } {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(node)!;
  return { host: host!, port: port === undefined ? defaultPort : Number(port) };
}
