import { type ExecutionState, replay, stagesOf } from '@gennaker/execution';
import { toExecutionEvent } from '@gennaker/execution-store';
import { operationMigrations } from '@gennaker/operation';
import { OrcaService } from '../apps/orca/src/orca.service.js';
import { orcaConfigSchema } from '../apps/orca/src/orca.config.js';
import { type BenchStack, quantile, row, startBenchStack } from './support/bench-stack.js';
import { allEnded, authentication, line, submit } from './support/executions.js';
import { cpuMsOf, familyOf, pssMbOf } from './support/cpu.js';

const STAGES = 20;

/** Milliseconds between the recorded end of one stage's transaction and that of the next. */
async function handOffs(stack: BenchStack, id: string): Promise<number[]> {
  const { rows } = await stack.platform.database.pool.query<{ recorded_at: string }>(
    `select distinct recorded_at from es.event where stream_id = $1 order by 1`,
    [`execution-${id}`],
  );
  const times = rows.map((r) => Number(r.recorded_at));
  return times.slice(1).map((time, index) => time - times[index]!);
}

async function throughput(stack: BenchStack, inFlight: number, runs: number): Promise<void> {
  const [postgres, redis] = stack.pids.map((pid) => ({ pid, before: cpuMsOf([pid]) }));
  const own = process.cpuUsage();
  const started = performance.now();
  let left = runs;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await allEnded(stack.platform, [await submit(stack.platform, line(STAGES))]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, runs) }, one));
  const seconds = (performance.now() - started) / 1_000;
  const transitions = runs * STAGES;
  const { user, system } = process.cpuUsage(own);
  const node = (user + system) / 1_000 / transitions;
  const of = (server: { pid: number; before: number } | undefined): number =>
    server === undefined ? 0 : (cpuMsOf([server.pid]) - server.before) / transitions;
  const [database, queue] = [of(postgres), of(redis)];
  row(
    `${inFlight} in flight, ${runs} runs of ${STAGES} stages`,
    `${(transitions / seconds).toFixed(0)}/s`,
    `${(node + database + queue).toFixed(3)} ms CPU`,
    `  node ${node.toFixed(3)}, Postgres ${database.toFixed(3)}, Redis ${queue.toFixed(3)}`,
  );
}

async function appendAgainstRaw(stack: BenchStack): Promise<void> {
  const { pool } = stack.platform.database;
  await pool.query('create table bench_raw (like es.event including all)');
  const seconds = 3;
  const measure = async (clients: number, insert: (n: number) => Promise<unknown>): Promise<number> => {
    let count = 0;
    const until = performance.now() + seconds * 1_000;
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (performance.now() < until) await insert((count += 1));
      }),
    );
    return count / seconds;
  };
  const data = JSON.stringify({
    stageId: '01ABCDEFGHJKMNPQRSTVWXYZ01',
    at: 1_764_000_000_000,
    status: 'SUCCEEDED',
  });
  for (const clients of [1, 16]) {
    const raw = await measure(clients, (n) =>
      pool.query({
        name: 'raw',
        text: 'insert into bench_raw (stream_id, version, type, data, meta, recorded_at) values ($1, $2, $3, $4, $5, $6)',
        values: [`raw-${clients}-${n}`, 1, 'StageCompleted', data, '{}', 1],
      }),
    );
    const ours = await measure(clients, (n) =>
      stack.platform.journal.store.append({
        stream: `ours-${clients}-${n}`,
        expectedVersion: 0,
        events: [{ type: 'StageCompleted', data: JSON.parse(data) as object }],
      }),
    );
    row(`append, ${clients} connections`, `${ours.toFixed(0)}/s`, `raw ${raw.toFixed(0)}/s`, ours / raw);
  }
}

async function waiting(stack: BenchStack): Promise<void> {
  const count = 10_000;
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const all = pssMbOf(familyOf([process.pid, ...stack.pids]));
  const ids: string[] = [];
  const judgment = [{ refId: '1', type: 'manualJudgment' }];
  for (let n = 0; n < count; n += 100) {
    ids.push(
      ...(await Promise.all(Array.from({ length: 100 }, () => submit(stack.platform, judgment, 'waiting')))),
    );
  }
  const running = async (): Promise<number> => {
    const { rows } = await stack.platform.database.pool.query<{ n: string }>(
      `select count(*) as n from es.work_item where kind = 'task' and due_at > $1`,
      [Date.now() + 3_600_000],
    );
    return Number(rows[0]!.n);
  };
  while ((await running()) < count) await new Promise((resolve) => setTimeout(resolve, 50));
  globalThis.gc?.();
  const cpu = cpuMsOf([process.pid, ...stack.pids]);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const idle = (cpuMsOf([process.pid, ...stack.pids]) - cpu) / 5_000;
  row(
    `${count} executions waiting for a judgment`,
    `${((process.memoryUsage().rss - before) / 2 ** 20).toFixed(0)} MB here`,
    `${(pssMbOf(familyOf([process.pid, ...stack.pids])) - all).toFixed(0)} MB all`,
    `${(idle * 100).toFixed(1)} % CPU`,
  );
  for (let n = 0; n < ids.length; n += 200) {
    await Promise.all(
      ids.slice(n, n + 200).map((id) => stack.platform.executionCommands.cancel(id, { authentication })),
    );
  }
}

async function check(stack: BenchStack, id: string): Promise<void> {
  const state: ExecutionState = await stack.platform.executions.load(id);
  const again = replay((await stack.platform.executions.events(id)).map(toExecutionEvent))!;
  if (state.status !== 'SUCCEEDED' || stagesOf(again).length !== STAGES)
    throw new Error(`execution ${id} went wrong`);
}

const stack = await startBenchStack([operationMigrations]);
const orca = new OrcaService(stack.platform, orcaConfigSchema.parse({}));
orca.start();
try {
  console.log('Engine, on embedded durable storage');
  const warm = await submit(stack.platform, line(200));
  await allEnded(stack.platform, [warm]);
  const samples: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    const id = await submit(stack.platform, line(STAGES));
    await allEnded(stack.platform, [id]);
    samples.push(...(await handOffs(stack, id)));
    await check(stack, id);
  }
  row(
    'hand-off between two stages, idle',
    `p50 ${quantile(samples, 0.5)} ms`,
    `p99 ${quantile(samples, 0.99)} ms`,
  );
  // First for the compiler alone.
  await throughput(stack, 50, 300);
  await throughput(stack, 1, 200);
  await throughput(stack, 50, 1_000);
  await throughput(stack, 500, 1_000);
  await appendAgainstRaw(stack);
  await waiting(stack);
} finally {
  await orca.stop();
  await stack.close();
}
