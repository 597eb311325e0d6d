import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { z } from 'zod';

/** Where the queue's Redis is: one server, a Sentinel group or a cluster, with or without TLS. */
export const redisConfigSchema = z
  .object({
    /** `redis://` or, with TLS, `rediss://`; user, password and database as in any such URL. */
    url: z.string().optional(),
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
    message: 'Sentinels need the name of the group that they watch (REDIS_SENTINEL_NAME)',
  });

export type RedisConfig = z.infer<typeof redisConfigSchema>;

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/** Reads the settings from environment variables; undefined where none is set. */
export function redisConfigFrom(env: Record<string, string | undefined>): RedisConfig | undefined {
  const list = (text: string | undefined): string[] | undefined =>
    text?.split(',').map((part) => part.trim());
  const config = {
    url: env['REDIS_URL'],
    sentinels: list(env['REDIS_SENTINELS']),
    sentinelName: env['REDIS_SENTINEL_NAME'],
    clusterNodes: list(env['REDIS_CLUSTER_NODES']),
    username: env['REDIS_USERNAME'],
    password: env['REDIS_PASSWORD'],
    tls: env['REDIS_TLS'] === 'true',
    tlsCaFile: env['REDIS_TLS_CA_FILE'],
  };
  if (config.url === undefined && config.sentinels === undefined && config.clusterNodes === undefined)
    return undefined;
  return redisConfigSchema.parse(config);
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
    ...(config.tls && {
      tls: config.tlsCaFile === undefined ? {} : { ca: readFileSync(config.tlsCaFile) },
    }),
  };
  const connection = open(config, shared);
  // Without a listener ioredis prints; what a lost connection means is told by the health check.
  connection.on('error', () => undefined);
  return connection;
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
      ...(config.tls && { enableTLSForSentinelMode: true, sentinelTLS: shared.tls }),
    });
  }
  return new Redis(config.url!, shared);
}

function address(node: string, defaultPort: number): { host: string; port: number } {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(node)!;
  return { host: host!, port: port === undefined ? defaultPort : Number(port) };
}
