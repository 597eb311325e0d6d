import type { CanaryConfig, MetricSetPair } from '@gennaker/canary';
import { JUDGES } from '../apps/kayenta/src/judge/judges.js';
import { gaussianFrom, seededUniform } from '../apps/kayenta/src/judge/statistics/random.js';

const METRICS = 100;
const POINTS = 1_440;
const ROUNDS = 15;
const BUDGET_MS = 100;

const gaussian = gaussianFrom(seededUniform(42));
const side = (level: number) => Array.from({ length: POINTS }, () => level + 10 * gaussian());
const metricSetPairList: MetricSetPair[] = Array.from({ length: METRICS }, (_, i) => ({
  name: `m${i}`,
  id: `m${i}`,
  tags: {},
  values: { control: side(100), experiment: side(i % 4 === 0 ? 105 : 100) },
  scopes: {
    control: { startTimeMillis: 0, stepMillis: 60_000 },
    experiment: { startTimeMillis: 0, stepMillis: 60_000 },
  },
}));
const canaryConfig: CanaryConfig = {
  metrics: metricSetPairList.map((p) => ({ name: p.name, groups: ['all'], scopeName: 'default' })),
  classifier: { groupWeights: { all: 100 } },
};

console.log(
  `${METRICS} metrics x 2 x ${POINTS} points, ${ROUNDS} rounds, budget ${BUDGET_MS} ms of one core (median)`,
);
for (const judge of JUDGES) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    judge.judge({ canaryConfig, scoreThresholds: { pass: 95, marginal: 75 }, metricSetPairList });
    const used = process.cpuUsage(start);
    times.push((used.user + used.system) / 1_000);
  }
  const first = times[0]!;
  times.sort((a, b) => a - b);
  const median = times[Math.floor(ROUNDS / 2)]!;
  console.log(
    `${judge.name.padEnd(22)} first ${first.toFixed(1)} ms, median ${median.toFixed(1)} ms, worst ${times.at(-1)!.toFixed(1)} ms ${median <= BUDGET_MS ? 'ok' : 'OVER'}`,
  );
}
