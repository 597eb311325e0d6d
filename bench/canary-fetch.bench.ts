import type { CanaryConfig, CanaryExecutionRequest } from '@gennaker/canary';
import { SystemClock } from '@gennaker/kernel';
import { findPrometheus, startPrometheus } from '@gennaker/testing';
import { Agent, request } from 'undici';
import { measure } from '../apps/kayenta/src/analysis/measure.js';
import { prometheusStore } from '../apps/kayenta/src/metric-stores/prometheus/prometheus.store.js';
import { DEFAULT_CLIENT } from '../apps/kayenta/src/metric-stores/store-client.js';

const METRICS = 100;
const POINTS = 1_440;
const ROUNDS = 20;
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
      for (let i = 0; i <= POINTS; i++) {
        const value = 100 + ((i * 7_919 + metric) % 101) / 10;
        lines.push(`m${metric}{side="${side}"} ${value} ${(START + i * MINUTE) / 1_000}`);
      }
    }
  }
  return [...lines, '# EOF', ''].join('\n');
}

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
const store = prometheusStore.open(
  'bench',
  prometheusStore.accountSchema.parse({ endpoint: { baseUrl: server.url } }),
  { clock: new SystemClock(), client: DEFAULT_CLIENT },
);
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

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const fetches: number[] = [];
const analyses: number[] = [];
for (let round = 0; round < ROUNDS + WARM_UP; round++) {
  const alone = await timed(bare);
  const measured = await timed(() => measure(config, asked, store, never));
  if (round < WARM_UP) continue;
  fetches.push(alone);
  analyses.push(measured);
}
// Whatever else the machine does only adds time, so the faster rounds tell what is ours.
const quarter = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)]!;
const ratio = quarter(analyses) / quarter(fetches);
console.log(
  `${METRICS} metrics x 2 x ${POINTS} points, lower quartile of ${ROUNDS} rounds: bare fetches ${quarter(fetches).toFixed(0)} ms, ` +
    `measured and paired ${quarter(analyses).toFixed(0)} ms, ratio ${ratio.toFixed(2)}, budget ${BUDGET} ${ratio <= BUDGET ? 'ok' : 'OVER'}`,
);
await server.stop();
process.exit(0);
