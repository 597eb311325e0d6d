import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clouddriverMigrations } from '@gennaker/inventory';
import { type EmbeddedServer, startEmbeddedPostgres, startEmbeddedRedis } from '@gennaker/embedded';
import { isComplete, replay, stagesOf, submitExecution } from '@gennaker/execution';
import { toExecutionEvent } from '@gennaker/execution-store';
import { canonicalJson } from '@gennaker/kernel';
import { connectRedis } from '@gennaker/messaging';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, type Platform } from '@gennaker/platform';
import { startPlayground } from '@gennaker/playground';
import { FAULT_POINTS } from '@gennaker/work';
import { seeded, WorkerPool } from './chaos.js';
import { drillPipeline, endingOf, namesOf } from './drill-pipeline.js';

/**
 * `npm run drill`: kills workers at random and at every named point of a work item's life, empties and restarts the
 * queue, restarts Postgres, all in the middle of executions that deploy; then looks whether anything was lost, doubled
 * or left behind. Exits with 1 if so.
 */
const EXECUTIONS = Number(process.env['DRILL_EXECUTIONS'] ?? 220);
const SEED = Number(process.env['DRILL_SEED'] ?? Date.now() % 1_000_000);
const WORKERS = 3;
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
const platform: Platform = await createPlatform(
  {
    service: 'drill',
    databaseUrl: postgres.url,
    databasePoolSize: 10,
    redis: { url: redis.url, tls: false },
    queuePrefix: 'drill',
  },
  [operationMigrations, clouddriverMigrations],
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

const ids: string[] = [];
for (let index = 0; index < EXECUTIONS; index += 1) {
  const event = submitExecution(drillPipeline(index), {
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
    const waits = running.some((stage) => stage.refId === '5');
    if (endingOf(index) === 'CANCELED' && waits) {
      await persist(() => platform.executionCommands.cancel(id, { authentication }, 'as the drill wants'));
    }
  }
  return open;
}

const disasters: { after: number; what: string; run: () => Promise<void> }[] = [
  { after: 0.15, what: 'Redis FLUSHALL', run: flush },
  {
    after: 0.3,
    what: 'Redis restarted',
    run: async () => {
      await redis.stop();
      await sleep(1_000);
      redis = (await startEmbeddedRedis({ ...redisOptions, port: redisPort })).server!;
    },
  },
  {
    after: 0.45,
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

async function check(): Promise<void> {
  const statuses: Record<string, number> = {};
  for (const [index, id] of ids.entries()) {
    const state = await platform.executions.load(id);
    statuses[state.status] = (statuses[state.status] ?? 0) + 1;
    if (state.status !== endingOf(index))
      problems.push(`${id} is ${state.status}, must be ${endingOf(index)}`);
    const events = (await platform.executions.events(id)).map(toExecutionEvent);
    const starts = events.filter((event) => event.type === 'ExecutionStarted').length;
    if (starts !== 1) problems.push(`${id} was started ${starts} times`);
    const snapshot = await platform.database.pool.query<{ state: object; version: number }>(
      'select state, version from es.snapshot where stream_id = $1',
      [`execution-${id}`],
    );
    const stored = snapshot.rows[0];
    if (stored !== undefined) {
      const again = replay(events.slice(0, stored.version));
      if (canonicalJson(again) !== canonicalJson(stored.state))
        problems.push(`${id} replays to another state`);
      compared += 1;
    }
    const row = await platform.database.pool.query<{ status: string; version: number }>(
      'select status, version from orca.execution where id = $1',
      [id],
    );
    if (row.rows[0]?.status !== replay(events)?.status)
      problems.push(`${id} has a summary that says something else`);
  }
  say(`ended as ${JSON.stringify(statuses)}; ${compared} stored states compared with their replay`);
  const stranded = await platform.executionQueries.stranded();
  if (stranded.length > 0) problems.push(`stranded: ${stranded.join(', ')}`);
  const items = await platform.database.pool.query<{ n: string }>('select count(*) as n from es.work_item');
  if (items.rows[0]!.n !== '0') problems.push(`${items.rows[0]!.n} work items are left`);
}
let compared = 0;

/** What the cluster saw: each object made once, and never changed again. */
async function checkCluster(): Promise<void> {
  interface Listed {
    items: { metadata: { name: string; generation?: number; resourceVersion: string; uid: string } }[];
  }
  const list = async (path: string): Promise<Listed['items']> =>
    ((await (await fetch(`${playground.url}${path}`)).json()) as Listed).items;
  const deployments = new Map(
    (await list('/apis/apps/v1/namespaces/default/deployments')).map(({ metadata }) => [
      metadata.name,
      metadata,
    ]),
  );
  const configMaps = new Set(
    (await list('/api/v1/namespaces/default/configmaps')).map(({ metadata }) => metadata.name),
  );
  for (const index of ids.keys()) {
    const names = namesOf(index);
    const deployment = deployments.get(names.deployment);
    if (deployment === undefined) problems.push(`${names.deployment} is not there`);
    else if (deployment.generation !== 1)
      problems.push(`${names.deployment} was applied ${deployment.generation} times`);
    if (!configMaps.has(names.configMap)) problems.push(`${names.configMap} is not there`);
  }
  say(`the cluster has ${deployments.size} deployments, each applied once`);
}

if (open > 0) problems.push(`${open} executions have not ended within ${LIMIT_MS / 1_000} s`);
await check();
await checkCluster();
pool.stop();
await platform.close();
await playground.stop();
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
