import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import {
  connectDatabase,
  type Database,
  databaseReady,
  migrate,
  type MigrationSet,
} from '@gennaker/database';
import { BlobStore, EventStore, eventStoreMigrations, SnapshotStore, WorkItems } from '@gennaker/event-store';
import {
  ExecutionCommands,
  ExecutionQueries,
  ExecutionStore,
  orcaMigrations,
} from '@gennaker/execution-store';
import { haltMigrations, Halts } from '@gennaker/halt';
import { type Clock, type IdGenerator, SystemClock, UlidGenerator } from '@gennaker/kernel';
import {
  BullMqHintQueue,
  type HintQueue,
  type LiveBus,
  MemoryLiveBus,
  RedisLiveBus,
  ShortcutHintQueue,
} from '@gennaker/messaging';
import { logger } from '@gennaker/observability';
import {
  openSeals,
  type Seals,
  SecretResolver,
  secretsConfigFrom,
  secretsMigrations,
} from '@gennaker/secrets';
import { Journal } from '@gennaker/work';
import type { z } from 'zod';
import { type PlatformConfig, platformConfigSchema } from './platform.config.js';

const log = logger('platform');

/** What every service stands on. One per process: services that share a process share it. */
export interface Platform {
  /** Names this process in claims and leases, unique among all. */
  instance: string;
  clock: Clock;
  ids: IdGenerator;
  database: Database;
  journal: Journal;
  items: WorkItems;
  hints: HintQueue;
  live: LiveBus;
  snapshots: SnapshotStore;
  blobs: BlobStore;
  /** What configuration and requests refer to as secrets. */
  secrets: SecretResolver;
  /** Keeps what manifests of Secrets hold out of events and answers. */
  seals: Seals;
  executions: ExecutionStore;
  executionQueries: ExecutionQueries;
  executionCommands: ExecutionCommands;
  halts: Halts;
  /** Rejects, by name, where a dependency cannot be used now. */
  checks: Record<string, (signal: AbortSignal) => Promise<void>>;
  close(): Promise<void>;
}

/**
 * Waits for the database, brings it up to date and connects to it and to the queue.
 *
 * @param sets the migrations of the services in this process, besides those that all need
 */
export async function createPlatform(settings: PlatformConfig, sets: MigrationSet[] = []): Promise<Platform> {
  const config = platformConfigSchema.parse(settings);
  await databaseReady({
    url: config.databaseUrl,
    waitMs: config.databaseWaitMs,
    onWait: (reason, pauseMs) => log.warn(reason, { retryInMs: pauseMs }),
  });
  await migrate(config.databaseUrl, [
    eventStoreMigrations,
    orcaMigrations,
    haltMigrations,
    secretsMigrations,
    ...sets,
  ]);
  const clock = new SystemClock();
  const ids = new UlidGenerator();
  const database = await connectDatabase({
    url: config.databaseUrl,
    name: config.service,
    poolSize: config.databasePoolSize,
  });
  const { hints, live } = openMessaging(config);
  await queueReady(hints, config.queueWaitMs);
  const items = new WorkItems(database.pool);
  const journal = new Journal(new EventStore(database.pool, clock), items, hints, live, clock);
  const snapshots = new SnapshotStore(database.pool);
  const secrets = config.secrets ?? secretsConfigFrom({});
  const seals = await openSeals(database.pool, secrets.encryptionKeys ?? []);
  const executions = new ExecutionStore(journal, snapshots, clock, ids, {
    seal: (value, application, options) => seals.seal(value, application, options),
  });
  return {
    instance: `${config.service}@${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
    clock,
    ids,
    database,
    journal,
    items,
    hints,
    live,
    snapshots,
    blobs: new BlobStore(database.pool),
    secrets: new SecretResolver(secrets, () => clock.now()),
    seals,
    executions,
    executionQueries: new ExecutionQueries(database.pool),
    executionCommands: new ExecutionCommands(executions, clock, ids),
    halts: new Halts(journal, database.pool, clock, ids),
    checks: {
      postgres: async () => {
        await database.pool.query('select 1');
      },
      queue: () => hints.check(),
    },
    close: async () => {
      await hints.close();
      await snapshots.flush();
      await live.close();
      await database.close();
    },
  };
}

/** Waits a moment for the queue, so that the first hints are not lost; then goes on without it. */
async function queueReady(hints: HintQueue, waitMs: number): Promise<void> {
  for (let waited = 0; !hints.available() && waited < waitMs; waited += 20) await setTimeout(20);
}

function openMessaging(config: z.infer<typeof platformConfigSchema>): { hints: HintQueue; live: LiveBus } {
  if (config.redis === undefined) {
    return {
      hints: new ShortcutHintQueue(BullMqHintQueue.onPostgres(config.databaseUrl)),
      live: new MemoryLiveBus(),
    };
  }
  return {
    hints: new ShortcutHintQueue(BullMqHintQueue.onRedis(config.redis, `{${config.queuePrefix}}`)),
    live: new RedisLiveBus(config.redis, `${config.queuePrefix}:live`),
  };
}
