import { operationMigrations } from '@gennaker/operation';
import { orcaConfigSchema } from '../apps/orca/src/orca.config.js';
import { OrcaService } from '../apps/orca/src/orca.service.js';
import { type BenchStack, quantile, row, startBenchStack } from './support/bench-stack.js';
import { cpuMsOf, familyOf, pssMbOf } from './support/cpu.js';
import { allEnded, authentication, line, submit } from './support/executions.js';

/**
 * 10,000 running executions, a hundred of them with a hundred branches side by side, so that 19,900 tasks are under way
 * at once: what they cost while they wait, what others notice of them, and how long it takes to end them all.
 */
const RUNNING = 10_000;
const WIDE = 100;
const BRANCHES = 100;
const TOGETHER = 100;

/** A stage, the branches that all require it, and one that requires them all. */
function wide(branch: object): object[] {
  const refIds = Array.from({ length: BRANCHES }, (_, n) => `branch ${n}`);
  return [
    { refId: 'first', type: 'noop' },
    ...refIds.map((refId) => ({ ...branch, refId, requisiteStageRefIds: ['first'] })),
    { refId: 'last', type: 'noop', requisiteStageRefIds: refIds },
  ];
}

async function inBatches<T>(items: T[], each: (item: T) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < items.length; n += TOGETHER) {
    await Promise.all(items.slice(n, n + TOGETHER).map((item) => each(item)));
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function count({ platform }: BenchStack, text: string, values: unknown[] = []): Promise<number> {
  const { rows } = await platform.database.pool.query<{ n: string }>(text, values);
  return Number(rows[0]!.n);
}

/** Milliseconds from the request to the end of executions of ten stages, one after another. */
async function beside(stack: BenchStack, samples: number): Promise<number[]> {
  const took: number[] = [];
  while (took.length < samples) {
    const started = performance.now();
    await allEnded(stack.platform, [await submit(stack.platform, line(10))]);
    took.push(performance.now() - started);
  }
  return took;
}

async function fanned(stack: BenchStack, executions: number): Promise<string> {
  const started = performance.now();
  const ids = await Promise.all(
    Array.from({ length: executions }, () => submit(stack.platform, wide({ type: 'noop' }))),
  );
  await allEnded(stack.platform, ids);
  const seconds = (performance.now() - started) / 1_000;
  return `${((executions * (BRANCHES + 2)) / seconds).toFixed(0)}/s`;
}

const quantiles = (samples: number[]): string[] => [
  `p50 ${quantile(samples, 0.5).toFixed(1)} ms`,
  `p99 ${quantile(samples, 0.99).toFixed(1)} ms`,
];

const stack = await startBenchStack([operationMigrations]);
const orca = new OrcaService(stack.platform, orcaConfigSchema.parse({}));
orca.start();
const pids = [process.pid, ...stack.pids];
try {
  console.log(`${RUNNING} running executions, ${WIDE} of them with ${BRANCHES} branches`);
  // For the compiler alone.
  await beside(stack, 100);
  await fanned(stack, 5);
  row('ten stages, nothing else runs', ...quantiles(await beside(stack, 100)));
  row('20 executions of 100 branches', await fanned(stack, 20));

  globalThis.gc?.();
  const memory = pssMbOf(familyOf(pids));
  const started = performance.now();
  const ids: string[] = [];
  await inBatches(
    Array.from({ length: RUNNING }, (_, n) => n),
    async (n) => {
      const stages =
        n % (RUNNING / WIDE) === 0
          ? wide({ type: 'wait', waitTime: 7_200 })
          : [{ refId: '1', type: 'manualJudgment' }];
      ids.push(await submit(stack.platform, stages, 'running'));
    },
  );
  const tasks = RUNNING - WIDE + WIDE * BRANCHES;
  const hour = Date.now() + 3_600_000;
  await until(
    async () =>
      (await count(stack, `select count(*) as n from es.work_item where kind = 'task' and due_at > $1`, [
        hour,
      ])) >= tasks,
  );
  row('until all of them run', `${((performance.now() - started) / 1_000).toFixed(1)} s`);
  globalThis.gc?.();
  const cpu = cpuMsOf(pids);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  row(
    'while they wait',
    `${((cpuMsOf(pids) - cpu) / 100).toFixed(1)} % CPU`,
    `${(pssMbOf(familyOf(pids)) - memory).toFixed(0)} MB more`,
  );
  row('ten stages, beside them', ...quantiles(await beside(stack, 100)));
  row('20 executions of 100 branches, beside', await fanned(stack, 20));

  const ending = performance.now();
  await inBatches(ids, (id) => stack.platform.executionCommands.cancel(id, { authentication }));
  await until(
    async () =>
      (await count(
        stack,
        `select count(*) as n from orca.execution where application = 'running' and status = 'RUNNING'`,
      )) === 0,
  );
  row('until all of them are canceled', `${((performance.now() - ending) / 1_000).toFixed(1)} s`);
} finally {
  await orca.stop();
  await stack.close();
}
