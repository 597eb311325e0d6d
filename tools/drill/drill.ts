import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clouddriverMigrations } from '@gennaker/inventory';
import { type EmbeddedServer, startEmbeddedPostgres, startEmbeddedRedis } from '@gennaker/embedded';
import { Catalog, catalogMigrations } from '@gennaker/catalog';
import { isComplete, stagesOf, submitExecution } from '@gennaker/execution';
import { HALT_WORK } from '@gennaker/halt';
import { connectRedis } from '@gennaker/messaging';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, type Platform } from '@gennaker/platform';
import { startPlayground } from '@gennaker/playground';
import { FAULT_POINTS } from '@gennaker/work';
import { seeded, WorkerPool } from './chaos.js';
import {
  checkChildren,
  checkCluster,
  checkExecutions,
  checkLeftovers,
  checkLock,
  checkWebhooks,
  checkWindows,
  progressOf,
} from './checks.js';
import { childPipelines, drillPipeline, type DrillWorld, isToBeCancelled } from './drill-pipeline.js';
import { startWebhookServer } from './webhook-server.js';

/**
 * `npm run drill`: kills workers at random and at every named point of a work item's life, empties and restarts the
 * queue, restarts Postgres, halts all work and lets it go on; all in the middle of executions that deploy, start others,
 * wait for locks, windows and people, and call webhooks. Then it looks whether anything was lost, doubled or left behind.
 * Exits with 1 if so.
 */
const EXECUTIONS = Number(process.env['DRILL_EXECUTIONS'] ?? 210);
const SEED = Number(process.env['DRILL_SEED'] ?? Date.now() % 1_000_000);
const WORKERS = 3;
const WINDOW_AFTER_MS = 20_000;
/** Milliseconds that all work stays halted, once nothing is in flight any more. */
const HALTED_MS = 3_000;
/** Milliseconds in which the last clean-ups must be done. */
const SETTLE_MS = 20_000;
const LIMIT_MS = Number(process.env['DRILL_LIMIT_MS'] ?? 600_000);
const authentication = { user: 'drill', allowedAccounts: [] };
const problems: string[] = [];

const started = performance.now();
const say = (text: string): void =>
  console.log(`[${((performance.now() - started) / 1_000).toFixed(1).padStart(6)} s] ${text}`);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Tries again while storage is being restarted. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt > 200 || /exists|NotFound/.test(String(error))) throw error;
      await sleep(100);
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'gennaker-drill-'));
const random = seeded(SEED);
const postgresOptions = { dataDir: join(folder, 'postgres'), mode: 'durable' as const };
let postgres: EmbeddedServer = await startEmbeddedPostgres({ ...postgresOptions, port: 0 });
const postgresPort = Number(new URL(postgres.url).port);
const redisOptions = { dataDir: join(folder, 'redis'), durable: true };
const firstRedis = await startEmbeddedRedis({ ...redisOptions, port: 0 });
if (firstRedis.server === undefined) throw new Error(`the drill needs a Redis: ${firstRedis.reason}`);
let redis: EmbeddedServer = firstRedis.server;
const redisPort = Number(new URL(redis.url).port);
const playground = await startPlayground({ port: 0 });
const webhooks = await startWebhookServer();
/** The windows open at the first full minute that leaves time for a disaster before it. */
const world: DrillWorld = {
  webhookUrl: webhooks.url,
  windowOpens: Math.ceil((Date.now() + WINDOW_AFTER_MS) / 60_000) * 60_000,
};
const platform: Platform = await createPlatform(
  {
    service: 'drill',
    databaseUrl: postgres.url,
    databasePoolSize: 10,
    redis: { url: redis.url, tls: false },
    queuePrefix: 'drill',
  },
  [operationMigrations, clouddriverMigrations, catalogMigrations],
);
// Connections that a restart of Postgres cuts are replaced; without a listener the pool would end this process.
platform.database.pool.on('error', () => undefined);
say(`seed ${SEED}, ${EXECUTIONS} executions, ${WORKERS} workers, fault points: ${FAULT_POINTS.join(', ')}`);

const pool = new WorkerPool(
  new URL('./worker.js', import.meta.url),
  {
    ...process.env,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: 'drill',
    DRILL_KUBECONFIG: playground.kubeconfig(),
  },
  random,
);
for (let n = 0; n < WORKERS; n += 1) pool.spawn();

const catalog = new Catalog(platform.database.pool, platform.journal.store, platform.clock);
for (const child of childPipelines(world)) await catalog.pipelines.save(child, { author: 'drill' });

const ids: string[] = [];
for (let index = 0; index < EXECUTIONS; index += 1) {
  const event = submitExecution(drillPipeline(index, world), {
    type: 'PIPELINE',
    now: Date.now(),
    ids: platform.ids,
    authentication,
    origin: 'drill',
  });
  ids.push((await persist(() => platform.executions.submit(event, { actor: 'drill' }))).id);
}
say('all submitted');

/** Answers judgments, cancels those that are to be cancelled. Returns how many have not ended. */
async function tend(): Promise<number> {
  let open = 0;
  for (const [index, id] of ids.entries()) {
    const state = await persist(() => platform.executions.load(id));
    if (isComplete(state.status)) continue;
    open += 1;
    const running = stagesOf(state).filter((stage) => stage.tasks.some((task) => task.status === 'RUNNING'));
    const judgment = running.find((stage) => stage.type === 'manualJudgment');
    if (judgment !== undefined && judgment.context['judgmentStatus'] === undefined) {
      await persist(() =>
        platform.executionCommands.patchStage(
          id,
          judgment.id,
          { judgmentStatus: 'continue' },
          { authentication },
        ),
      );
    }
    const refIds = running.map(({ refId }) => refId);
    if (isToBeCancelled(index, refIds)) {
      await persist(() => platform.executionCommands.cancel(id, { authentication }, 'as the drill wants'));
    }
  }
  return open;
}

const disasters: { after: number; what: string; run: () => Promise<void> }[] = [
  { after: 0.15, what: 'Redis FLUSHALL', run: flush },
  {
    after: 0.25,
    what: 'Redis restarted',
    run: async () => {
      await redis.stop();
      await sleep(1_000);
      redis = (await startEmbeddedRedis({ ...redisOptions, port: redisPort })).server!;
    },
  },
  { after: 0.35, what: 'everything halted', run: haltAndResume },
  {
    after: 0.5,
    what: 'Postgres restarted',
    run: async () => {
      await postgres.stop();
      await sleep(1_000);
      postgres = await startEmbeddedPostgres({ ...postgresOptions, port: postgresPort });
    },
  },
  { after: 0.6, what: 'Redis FLUSHALL', run: flush },
];

async function flush(): Promise<void> {
  const connection = connectRedis({ url: redis.url, tls: false });
  await connection.flushall();
  connection.disconnect();
}

/** Halts all work; while it is halted workers die and the queue is emptied, and nothing may move on. */
async function haltAndResume(): Promise<void> {
  const asked = { target: { scope: 'everything' as const }, reason: 'the drill wants it', ttlMs: 600_000 };
  const { id } = await persist(() => platform.halts.begin(asked, { user: 'drill' }));
  const claimed = async (): Promise<number> => {
    const { rows } = await platform.database.pool.query<{ n: number }>(
      `select count(*)::int as n from es.work_item
       where claimed_until > es.now_ms() and kind not in ('cleanUp', $1)`,
      [HALT_WORK],
    );
    return rows[0]!.n;
  };
  while ((await persist(claimed)) > 0) await sleep(100);
  const before = await persist(() => progressOf(platform));
  pool.killOne();
  await flush();
  await sleep(HALTED_MS);
  const after = await persist(() => progressOf(platform));
  if (after !== before) problems.push(`${after - before} events of executions while everything was halted`);
  await persist(() => platform.halts.end(id, { user: 'drill', reason: 'the drill goes on' }));
  say('everything goes on');
}

let open = EXECUTIONS;
const until = performance.now() + LIMIT_MS;
while (open > 0 && performance.now() < until) {
  open = await tend();
  const done = (EXECUTIONS - open) / EXECUTIONS;
  const due = disasters.findIndex(({ after }) => done >= after);
  if (due >= 0) {
    const [disaster] = disasters.splice(due, 1);
    say(`${disaster!.what}, with ${open} executions open`);
    await disaster!.run();
  }
  const everyPoint = FAULT_POINTS.filter((point) => point !== 'work.failed').every(
    (point) => pool.kills.atPoint[point],
  );
  if (done > 0.9 && everyPoint) pool.settle();
  else if (done < 0.9 && random() < 0.15) pool.killOne();
  await sleep(300 + random() * 500);
}
say(`${EXECUTIONS - open} ended; workers killed: ${pool.kills.total} ${JSON.stringify(pool.kills.atPoint)}`);
for (const disaster of disasters) problems.push(`${disaster.what} never came about`);
if (open > 0) problems.push(`${open} executions have not ended within ${LIMIT_MS / 1_000} s`);

// The clean-up of what was cancelled last, and the ends of children, may still be under way.
const settled = performance.now() + SETTLE_MS;
const left = async (): Promise<number> => {
  const { rows } = await platform.database.pool.query<{ n: number }>(
    'select count(*)::int as n from es.work_item',
  );
  return rows[0]!.n;
};
while ((await persist(left)) > 0 && performance.now() < settled) await sleep(100);

const findings = { say, problem: (text: string) => void problems.push(text) };
const ended = await checkExecutions(platform, ids, findings);
await checkLeftovers(platform, findings);
await checkChildren(platform, ended, findings);
checkLock(ended, findings);
checkWindows(ended, world, findings);
checkWebhooks(ended, webhooks, findings);
await checkCluster(playground.url, ended, findings);
pool.stop();
await platform.close();
await playground.stop();
webhooks.stop();
await redis.stop();
await postgres.stop();
await rm(folder, { recursive: true, force: true });
for (const problem of problems.slice(0, 30)) console.log(`PROBLEM ${problem}`);
console.log(
  problems.length === 0
    ? 'The drill found nothing lost, doubled or left behind.'
    : `${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);
