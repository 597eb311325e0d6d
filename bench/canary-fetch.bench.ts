import { type CanaryConfig, type CanaryExecutionRequest, isEndedCanary, JUDGE_NAMES } from '@gennaker/canary';
import { kayentaMigrations } from '@gennaker/canary-store';
import { SystemClock } from '@gennaker/kernel';
import { findPrometheus, startPrometheus } from '@gennaker/testing';
import { Agent, request } from 'undici';
import { measure } from '../apps/kayenta/src/analysis/measure.js';
import { prometheusStore } from '../apps/kayenta/src/metric-stores/prometheus/prometheus.store.js';
import { DEFAULT_CLIENT } from '../apps/kayenta/src/metric-stores/store-client.js';
import { kayentaConfigSchema } from '../apps/kayenta/src/kayenta.config.js';
import { KayentaService } from '../apps/kayenta/src/kayenta.service.js';
import { row, startBenchStack } from './support/bench-stack.js';

const METRICS = 100;
/** What a metric is the average of, as in a server group. */
const PODS = Number(process.env['PODS'] ?? 4);
const POINTS = Number(process.env['POINTS'] ?? 1_440);
const ROUNDS = 30;
/** Rounds that only warm the code and the server's caches. */
const WARM_UP = 3;
const BUDGET = 1.2;
const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);

function samples(): string {
  const lines: string[] = [];
  for (let metric = 0; metric < METRICS; metric++) {
    lines.push(`# TYPE m${metric} gauge`);
    for (const side of ['base', 'canary']) {
      for (let pod = 0; pod < PODS; pod++) {
        for (let i = 0; i <= POINTS; i++) {
          const value = 100 + ((i * 7_919 + metric + 31 * pod) % 101) / 10;
          lines.push(`m${metric}{side="${side}",pod="${pod}"} ${value} ${(START + i * MINUTE) / 1_000}`);
        }
      }
    }
  }
  return [...lines, '# EOF', ''].join('\n');
}

// With all cores to itself, Prometheus would take from a small machine what the other side of the comparison needs.
process.env['GOMAXPROCS'] ??= '1';
const programs = await findPrometheus();
if ('missing' in programs) {
  console.log(`No bench: ${programs.missing}`);
  process.exit(0);
}
const server = await startPrometheus(programs, { past: samples() });
const window = { start: new Date(START).toISOString(), end: new Date(START + POINTS * MINUTE).toISOString() };
const names = Array.from({ length: METRICS }, (_, i) => `m${i}`);
const config: CanaryConfig = {
  metrics: names.map((name) => ({
    name,
    scopeName: 'default',
    query: { type: 'prometheus', customInlineTemplate: `PromQL:avg(${name}{side="\${scope}"})` },
  })),
};
const asked: CanaryExecutionRequest = {
  scopes: {
    default: {
      controlScope: { ...window, scope: 'base', step: 60 },
      experimentScope: { ...window, scope: 'canary', step: 60 },
    },
  },
  thresholds: { pass: 95, marginal: 75 },
};
const account = { name: 'bench', type: 'prometheus', endpoint: { baseUrl: server.url } };
const stack = await startBenchStack([kayentaMigrations]);
const store = prometheusStore.open('bench', prometheusStore.accountSchema.parse(account), {
  clock: new SystemClock(),
  client: DEFAULT_CLIENT,
});
const never = new AbortController().signal;

/** The same requests with nothing around them: as many at a time, answers read to their end. */
const agent = new Agent({ connections: DEFAULT_CLIENT.concurrency });
async function bare(): Promise<void> {
  const queries = names.flatMap((name) => ['base', 'canary'].map((side) => `avg(${name}{side="${side}"})`));
  const worker = async () => {
    for (let query = queries.shift(); query !== undefined; query = queries.shift()) {
      const url = `${server.url}/api/v1/query_range?${new URLSearchParams({ query, ...window, step: '60' }).toString()}`;
      await (await request(url, { dispatcher: agent })).body.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: DEFAULT_CLIENT.concurrency }, worker));
}

/** The whole way of an analysis: recorded, claimed, measured, judged, stored; its end is heard of as a viewer hears it. */
const service = new KayentaService(stack.platform, kayentaConfigSchema.parse({ accounts: [account] }));
service.start();
async function wholeRun(judge: string): Promise<void> {
  let id = '';
  const ended = new Promise<void>((resolve, reject) => {
    const leave = stack.platform.live.subscribe(({ stream }) => {
      if (stream !== `canary-${id}`) return;
      service.canaries.get(id).then((execution) => {
        if (!isEndedCanary(execution)) return;
        leave();
        if (execution.status === 'SUCCEEDED') resolve();
        else reject(new Error(JSON.stringify(execution.exception)));
      }, reject);
    });
  });
  id = await service.analyses.startAdhoc({ ...config, judge: { name: judge } }, asked, {
    by: { actor: 'bench' },
  });
  await ended;
}

interface Cost {
  /** Wall clock and CPU of this process, in milliseconds. */
  wall: number;
  cpu: number;
}

const costOf = async (work: () => Promise<unknown>): Promise<Cost> => {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1_000 };
};

const ways: Record<string, () => Promise<unknown>> = {
  'bare fetches': bare,
  'measured and paired': () => measure(config, asked, { store, signal: never, take: (pairs) => pairs }),
  ...Object.fromEntries(JUDGE_NAMES.map(({ name }) => [`whole run, ${name}`, () => wholeRun(name)])),
};
const costs = new Map<string, Cost[]>(Object.keys(ways).map((way) => [way, []]));
for (let round = 0; round < ROUNDS + WARM_UP; round++) {
  for (const [way, work] of Object.entries(ways)) {
    const cost = await costOf(work);
    if (round >= WARM_UP) costs.get(way)!.push(cost);
  }
}
// Whatever else the machine does only adds time, so the fastest round tells what is ours.
const least = (way: string, of: keyof Cost) => Math.min(...costs.get(way)!.map((cost) => cost[of]));
console.log(
  `${METRICS} metrics, the average over ${PODS} pods, x 2 x ${POINTS} points; fastest of ${ROUNDS} rounds, budget ${BUDGET}`,
);
row('', 'ms', 'CPU ms', 'ratio');
for (const way of costs.keys()) {
  const ratio = least(way, 'wall') / least('bare fetches', 'wall');
  row(way, least(way, 'wall'), least(way, 'cpu'), ratio, ratio <= BUDGET ? 'ok' : 'OVER');
}
await service.stop();
await stack.close();
await server.stop();
process.exit(0);
