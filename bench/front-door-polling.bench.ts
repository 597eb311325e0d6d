import { Agent, request } from 'undici';
import { quantile, row } from './support/bench-stack.js';
import { cpuMsOf } from './support/cpu.js';
import { APPLICATION, fill, openFrontDoor, savePipelines, start } from './support/front-door.js';

const PIPELINES = 200;
const EXECUTIONS = 10_000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 200);
const WARM_UP = 20;
const BUDGET_MS = 30;

/** What Deck asks for every half minute on each page of an application, and on the page of its executions. */
const ACTIVE = 'statuses=RUNNING,SUSPENDED,PAUSED,NOT_STARTED';
const POLLING_SET = [
  `/applications/${APPLICATION}?expand=false`,
  `/applications/${APPLICATION}/serverGroupManagers`,
  `/applications/${APPLICATION}/serverGroups`,
  `/applications/${APPLICATION}/clusters`,
  `/applications/${APPLICATION}/loadBalancers`,
  `/applications/${APPLICATION}/pipelines?limit=30&${ACTIVE}&expand=true`,
  `/applications/${APPLICATION}/tasks?statuses=RUNNING,SUSPENDED,NOT_STARTED`,
  `/search?q=${APPLICATION}&type=securityGroups&pageSize=500`,
  '/v2/canaryConfig',
  `/applications/${APPLICATION}/pipelines?limit=2&expand=false`,
  `/applications/${APPLICATION}/pipelineConfigs`,
  `/applications/${APPLICATION}/strategyConfigs`,
  '/capabilities/quietPeriod',
];

const door = await openFrontDoor();
const agent = new Agent({ connections: 6 });

/** The time until the last byte in milliseconds, and the bytes. */
async function timed(path: string): Promise<{ ms: number; bytes: number }> {
  const started = performance.now();
  const { statusCode, body } = await request(`${door.url}${path}`, { dispatcher: agent });
  const bytes = (await body.arrayBuffer()).byteLength;
  if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
  return { ms: performance.now() - started, bytes };
}

try {
  await fill(door, { pipelines: PIPELINES, executions: EXECUTIONS });
  for (const name of await savePipelines(door, 3, 'manualJudgment')) await start(door, name);
  for (let i = 0; i < WARM_UP; i += 1) await Promise.all(POLLING_SET.map(timed));

  console.log(
    `Deck's polling set: ${PIPELINES} pipelines, 500 server groups, ${EXECUTIONS} executions; warm, ${ROUNDS} rounds, budget ${BUDGET_MS} ms (p99)`,
  );
  row(''.padEnd(62), 'KB', 'ms p50', 'ms p99', 'ms CPU');
  const pids = [process.pid, ...door.stack.pids];
  let over = 0;
  for (const path of POLLING_SET) {
    const answers: { ms: number; bytes: number }[] = [];
    const cpu = cpuMsOf(pids);
    for (let i = 0; i < ROUNDS; i += 1) answers.push(await timed(path));
    const times = answers.map(({ ms }) => ms);
    const p99 = quantile(times, 0.99);
    if (p99 > BUDGET_MS) over += 1;
    const perAnswer = (cpuMsOf(pids) - cpu) / ROUNDS;
    row(path.slice(0, 60).padEnd(62), answers[0]!.bytes / 1_000, quantile(times, 0.5), p99, perAnswer);
  }
  const sets: number[] = [];
  for (let i = 0; i < ROUNDS; i += 1) {
    const started = performance.now();
    await Promise.all(POLLING_SET.map(timed));
    sets.push(performance.now() - started);
  }
  row('the whole set at once, six connections'.padEnd(62), '', quantile(sets, 0.5), quantile(sets, 0.99));
  console.log(over === 0 ? 'every answer within budget' : `${over} answers OVER budget`);
} finally {
  await agent.close();
  await door.close();
}
process.exit(0);
