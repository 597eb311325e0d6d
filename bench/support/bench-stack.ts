import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres, startEmbeddedRedis } from '@gennaker/embedded';
import type { MigrationSet } from '@gennaker/database';
import { createPlatform, type Platform } from '@gennaker/platform';

export interface BenchStack {
  platform: Platform;
  databaseUrl: string;
  redisUrl: string | undefined;
  pids: number[];
  close(): Promise<void>;
}

export interface BenchStorage {
  /** Gone after `close`. */
  folder: string;
  databaseUrl: string;
  redisUrl: string | undefined;
  pids: number[];
  /** Creates an empty database beside the first one; gives its URL. */
  createDatabase(name: string): Promise<string>;
  close(): Promise<void>;
}

/** Storage as `npm start` runs it: durable, on loopback, in a folder of its own. */
export async function startBenchStorage(): Promise<BenchStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'gennaker-bench-'));
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    port: 0,
    mode: 'durable',
  });
  const redis = await startEmbeddedRedis({ dataDir: join(folder, 'redis'), port: 0, durable: true });
  return {
    folder,
    databaseUrl: postgres.url,
    redisUrl: redis.server?.url,
    pids: [postgres.pid, ...(redis.server ? [redis.server.pid] : [])],
    createDatabase: async (name) => {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      try {
        await client.query(`create database ${client.escapeIdentifier(name)}`);
      } finally {
        await client.end();
      }
      const url = new URL(postgres.url);
      url.pathname = `/${name}`;
      return url.href;
    },
    close: async () => {
      await redis.server?.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The storage and a platform on it. */
export async function startBenchStack(sets: MigrationSet[] = []): Promise<BenchStack> {
  const storage = await startBenchStorage();
  const { databaseUrl, redisUrl, pids } = storage;
  const platform = await createPlatform(
    {
      service: 'bench',
      databaseUrl,
      databasePoolSize: 20,
      queuePrefix: 'bench',
      ...(redisUrl !== undefined && { redis: { url: redisUrl, tls: false } }),
    },
    sets,
  );
  return {
    platform,
    databaseUrl,
    redisUrl,
    pids,
    close: async () => {
      await platform.close();
      await storage.close();
    },
  };
}

/** The value below which `share` (0 to 1) of the samples lie. */
export function quantile(samples: number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function row(label: string, ...cells: (string | number)[]): void {
  const text = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell).padStart(12));
  console.log(`${label.padEnd(44)}${text.join('')}`);
}
