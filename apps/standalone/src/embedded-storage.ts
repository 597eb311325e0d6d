import { join, relative } from 'node:path';
import { startEmbeddedPostgres, startEmbeddedRedis } from '@gennaker/embedded';
import { rotatingLog } from './rotating-log.js';
import type { StandaloneConfig } from './standalone.config.js';
import { startSupervised, type SupervisedServer } from './supervised-server.js';

export interface Storage {
  databaseUrl: string;
  /** Undefined where no Redis can be had: the queue is BullMQ on `databaseUrl` then. */
  redisUrl: string | undefined;
  /** Resolves with the reason when storage is gone for good. */
  failed: Promise<string>;
  /** Call it when nothing uses storage any more. Ends Redis first, then Postgres. */
  close(): Promise<void>;
}

/**
 * Starts the servers that the configuration does not name.
 * @throws EmbeddedServerError with one sentence for the person at the terminal
 */
export async function startStorage(
  config: StandaloneConfig,
  print: (line: string) => void,
): Promise<Storage> {
  // Both at once; when one fails, the other must still be stopped.
  const [postgres, redis] = await Promise.allSettled([
    config.databaseUrl === undefined ? startPostgres(config, print) : undefined,
    config.redisUrl === undefined ? startRedis(config, print) : undefined,
  ]);
  const close = async () => {
    if (redis.status === 'fulfilled') await redis.value?.stop();
    if (postgres.status === 'fulfilled') await postgres.value?.stop();
  };
  if (postgres.status === 'rejected' || redis.status === 'rejected') {
    await close();
    throw postgres.status === 'rejected' ? postgres.reason : (redis as PromiseRejectedResult).reason;
  }
  const embedded = [postgres.value, redis.value].filter((server) => server !== undefined);
  return {
    databaseUrl: config.databaseUrl ?? postgres.value!.url,
    redisUrl: config.redisUrl ?? redis.value?.url,
    failed: Promise.race([...embedded.map(({ failed }) => failed), new Promise<never>(() => undefined)]),
    close,
  };
}

async function startPostgres(
  { dataDir, postgresPort }: StandaloneConfig,
  print: (line: string) => void,
): Promise<SupervisedServer> {
  const started = performance.now();
  const server = await startSupervised({
    name: 'PostgreSQL',
    port: postgresPort,
    print,
    start: (port) =>
      startEmbeddedPostgres({
        dataDir: join(dataDir, 'postgres'),
        port,
        mode: 'durable',
        log: rotatingLog(join(dataDir, 'logs/postgres.log')),
      }),
  });
  print(`Storage: PostgreSQL on port ${server.port}, data in ${display(dataDir)} (${since(started)})`);
  return server;
}

async function startRedis(
  { dataDir, redisPort }: StandaloneConfig,
  print: (line: string) => void,
): Promise<SupervisedServer | undefined> {
  const started = performance.now();
  const write = rotatingLog(join(dataDir, 'logs/redis.log'));
  const start = (port: number) =>
    startEmbeddedRedis({
      dataDir: join(dataDir, 'redis'),
      port,
      durable: true,
      log: (line) => {
        write(line);
        if (line.startsWith('fetching')) print(`Queue: ${line}`);
      },
    });
  const first = await start(redisPort);
  if (first.server === undefined) {
    print(`Queue: PostgreSQL, since there is no Redis here (${first.reason})`);
    return undefined;
  }
  let next: typeof first | undefined = first;
  const server = await startSupervised({
    name: 'Redis',
    port: redisPort,
    print,
    start: async (port) => {
      const redis = next ?? (await start(port));
      next = undefined;
      if (redis.server === undefined) throw new Error(redis.reason);
      return redis.server;
    },
  });
  print(`Queue: Redis on port ${server.port} (${since(started)})`);
  return server;
}

function display(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path.startsWith('..') ? folder : path;
}

function since(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
