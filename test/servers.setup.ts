import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres, startEmbeddedRedis, type EmbeddedServer } from '@gennaker/embedded';

const root = resolve(import.meta.dirname, '..');
const runs = join(root, '.local/test-servers');
const folder = join(runs, String(process.pid));

/** What this project's setup has started; empty when another one did. */
const started: EmbeddedServer[] = [];

/**
 * Gives a test run its Postgres and Redis, as DATABASE_URL and REDIS_URL. Servers that these name already are used as they
 * are: those of a developer, or those that another project of the same run has started. Without a Redis to be had,
 * REDIS_URL stays unset.
 */
export async function setup(): Promise<void> {
  if (process.env.DATABASE_URL !== undefined) return;
  await removeLeftovers();
  await mkdir(folder, { recursive: true });
  try {
    await Promise.all([startPostgres(), process.env.REDIS_URL === undefined ? startRedis() : undefined]);
  } catch (error) {
    await teardown();
    throw error;
  }
}

export async function teardown(): Promise<void> {
  if (started.length === 0) return;
  await Promise.all(started.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
}

async function startPostgres(): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), mode: 'test' });
  started.push(postgres);
  process.env.DATABASE_URL = postgres.url;
}

async function startRedis(): Promise<void> {
  const redis = await startEmbeddedRedis({
    dataDir: join(folder, 'redis'),
    durable: false,
    cacheDir: join(root, '.local'),
  });
  if (redis.server === undefined) {
    process.stderr.write(`No Redis for this run: ${redis.reason}\n`);
    return;
  }
  started.push(redis.server);
  process.env.REDIS_URL = redis.server.url;
}

/** A run that was killed could not remove its folder. */
async function removeLeftovers(): Promise<void> {
  const folders = await readdir(runs).catch(() => []);
  for (const pid of folders) {
    if (!isRunning(Number(pid))) await rm(join(runs, pid), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
