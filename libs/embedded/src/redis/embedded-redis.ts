import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { explainFolderError, openDataFolder, type DataFolder } from '../data-folder.js';
import type { EmbeddedServer } from '../embedded-server.js';
import { startOnPort } from '../free-port.js';
import { loadPassword } from '../password.js';
import { launchServer, withParentDeathSignal, type ServerProcess } from '../server-process.js';
import { findRedisBinary, type RedisBinary } from './redis-binary.js';
import { explainRedisFailure } from './redis-failure.js';
import { redisConfiguration } from './redis-settings.js';

const MIN_FREE_BYTES = 16 * 1024 * 1024;
/** Long enough to load a large append-only file. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

export interface EmbeddedRedisOptions {
  /** Created if need be; used by this server alone. */
  dataDir: string;
  /** On 127.0.0.1; left out or 0: any free port. */
  port?: number;
  /** Keeps an append-only file, written to disk each second; else nothing is kept. */
  durable: boolean;
  /** Where a downloaded Redis is kept. Default: `.local` in the working directory. */
  cacheDir?: string;
  /** Gets each line that the server writes, and what is done on the way to its start. */
  log?: (line: string) => void;
}

/** `server` is undefined, with the reason, where no Redis can be had: use BullMQ's Postgres backend then. */
export type EmbeddedRedis = { server: EmbeddedServer } | { server: undefined; reason: string };

/**
 * Starts a Redis of our own on `dataDir` and waits until it takes connections. It ends with this process, even when that
 * is killed. Call it from the main thread.
 *
 * @throws EmbeddedServerError with one sentence that says what is wrong and what to do
 */
export function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  return startOnPort(options.port, 'the embedded Redis', (port) => start(options, port));
}

async function start(options: EmbeddedRedisOptions, port: number): Promise<EmbeddedRedis> {
  const { durable } = options;
  const dataDir = resolve(options.dataDir);
  const log = options.log ?? (() => undefined);
  const search = await findRedisBinary({ cacheDir: options.cacheDir ?? '.local', log });
  if (search.binary === undefined) return { server: undefined, reason: search.reason };
  const folder = await openDataFolder({ path: dataDir, server: 'redis', minFreeBytes: MIN_FREE_BYTES, log });
  try {
    const password = await loadPassword(folder.path);
    const server = await launch({ binary: search.binary, folder, port, password, durable, log });
    const url = `redis://:${password}@127.0.0.1:${port}`;
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= server.stop().then(() => folder.close()));
    return { server: { url, port, pid: server.pid, exited: server.exited, stop } };
  } catch (error) {
    await folder.close();
    throw explainFolderError(dataDir, error);
  }
}

interface Launch {
  binary: RedisBinary;
  folder: DataFolder;
  port: number;
  password: string;
  durable: boolean;
  log: (line: string) => void;
}

async function launch({ binary, folder, port, password, durable, log }: Launch): Promise<ServerProcess> {
  const store = join(folder.path, 'store');
  await mkdir(store, { recursive: true, mode: 0o700 });
  // The password goes by a file, since every user of the machine can read a command line.
  const configuration = join(folder.path, 'redis.conf');
  await rm(configuration, { force: true });
  await writeFile(configuration, redisConfiguration({ dir: store, port, password, durable }), {
    mode: 0o600,
  });
  const [program, ...args] = withParentDeathSignal('TERM', [binary.path, configuration]);
  return launchServer({
    name: 'Redis',
    command: [program!, ...args],
    env: { ...process.env, ...binary.env },
    readyLine: /Ready to accept connections/,
    startTimeoutMs: START_TIMEOUT_MS,
    stopSignal: 'SIGTERM',
    forceSignal: 'SIGKILL',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    log,
    explain: (lines) => explainRedisFailure(lines, { folder: folder.path, port }),
    onSpawn: (pid) => folder.recordServer(pid),
  });
}
