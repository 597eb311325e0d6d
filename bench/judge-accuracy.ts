import type { CanaryConfig, MetricSetPair } from '@gennaker/canary';
import type { CanaryJudge, JudgeHistory } from '../apps/kayenta/src/judge/judge.js';
import { JUDGES } from '../apps/kayenta/src/judge/judges.js';
import { type Scenario, scenarios } from './judge-series.js';

const DRAWS = Number(process.env.DRAWS ?? 400);
const START = Date.UTC(2026, 0, 1);
const STEP = 60_000;

function configFor(metrics: string[]): CanaryConfig {
  return {
    metrics: metrics.map((name) => ({ name, groups: ['all'], scopeName: 'default' })),
    classifier: { groupWeights: { all: 100 } },
  };
}

function pairOf(name: string, sides: { control: number[]; experiment: number[] }): MetricSetPair {
  const scope = { startTimeMillis: START, stepMillis: STEP };
  return { name, id: name, tags: {}, values: sides, scopes: { control: scope, experiment: scope } };
}

interface Outcome {
  flagged: boolean;
  failed: boolean;
  inconclusive: boolean;
}

function ask(judge: CanaryJudge, pairs: MetricSetPair[], history?: JudgeHistory): Outcome {
  const result = judge.judge({
    canaryConfig: configFor(pairs.map((p) => p.name)),
    scoreThresholds: { pass: 95, marginal: 75 },
    metricSetPairList: pairs,
    ...(history === undefined ? {} : { history }),
  });
  const labels = result.results.map((r) => r.classification);
  return {
    flagged: labels.some((label) => label === 'High' || label === 'Low'),
    failed: result.score.score < 95,
    inconclusive: labels.includes('Inconclusive'),
  };
}

const percent = (count: number, of: number) => `${((100 * count) / of).toFixed(1)}%`.padStart(7);
const line = (cells: string[]) => console.log(cells.join('  '));

/** One metric, one judgement: how often each judge calls it changed. */
function singleMetric(n: number): void {
  console.log(
    `\nOne metric, ${n} points a side, ${DRAWS} draws: false alarms (A/A) and detections (A/B); inconclusive A/A, A/B of the second judge`,
  );
  line(['situation'.padEnd(30), ...JUDGES.map((j) => j.name.padEnd(21))]);
  for (const scenario of scenarios(20_260_101 + n)) {
    const counts = JUDGES.map(() => ({ falseAlarms: 0, detections: 0, open: [0, 0] as [number, number] }));
    for (let draw = 0; draw < DRAWS; draw++) {
      const same = pairOf('m', scenario.make(n, 0));
      const changed = pairOf('m', scenario.make(n, scenario.effect));
      for (const [i, judge] of JUDGES.entries()) {
        const count = counts[i]!;
        const aa = ask(judge, [same]);
        const ab = ask(judge, [changed]);
        if (aa.flagged) count.falseAlarms++;
        if (ab.flagged) count.detections++;
        if (aa.inconclusive) count.open[0]++;
        if (ab.inconclusive) count.open[1]++;
      }
    }
    line([
      scenario.name.padEnd(30),
      ...counts.map((c) => `${percent(c.falseAlarms, DRAWS)} ${percent(c.detections, DRAWS)}     `),
      counts[1]!.open.map((c) => percent(c, DRAWS)).join(' '),
    ]);
  }
}

/** Ten metrics of which none (A/A) or three (A/B) have changed: how often a run scores below the pass mark. */
function tenMetrics(scenario: Scenario, n: number): void {
  const draws = Math.ceil(DRAWS / 2);
  const cells = JUDGES.map((judge) => {
    let falseAlarms = 0;
    let detections = 0;
    for (let draw = 0; draw < draws; draw++) {
      const run = (changed: number) =>
        Array.from({ length: 10 }, (_, i) =>
          pairOf(`m${i}`, scenario.make(n, i < changed ? scenario.effect : 0)),
        );
      if (ask(judge, run(0)).failed) falseAlarms++;
      if (ask(judge, run(3)).failed) detections++;
    }
    return `${percent(falseAlarms, draws)} ${percent(detections, draws)}     `;
  });
  line([scenario.name.padEnd(30), ...cells]);
}

/** Growing judgements of one metric: how often any of them calls it changed, and after which one on average. */
function manyLooks(scenario: Scenario, n: number, looksPlanned: number): void {
  const draws = Math.ceil(DRAWS / 2);
  const cells = JUDGES.map((judge) => {
    let falseAlarms = 0;
    let detections = 0;
    let looks = 0;
    for (let draw = 0; draw < draws; draw++) {
      if (firstAlarm(judge, scenario.make(n, 0), looksPlanned) > 0) falseAlarms++;
      const stopped = firstAlarm(judge, scenario.make(n, scenario.effect), looksPlanned);
      if (stopped > 0) {
        detections++;
        looks += stopped;
      }
    }
    const mean = detections === 0 ? '   -' : (looks / detections).toFixed(1).padStart(4);
    return `${percent(falseAlarms, draws)} ${percent(detections, draws)} ${mean} `;
  });
  line([scenario.name.padEnd(30), ...cells]);
}

function firstAlarm(
  judge: CanaryJudge,
  sides: { control: number[]; experiment: number[] },
  planned: number,
): number {
  for (let look = 1; look <= planned; look++) {
    const upTo = Math.round((sides.control.length * look) / planned);
    const pair = pairOf('m', {
      control: sides.control.slice(0, upTo),
      experiment: sides.experiment.slice(0, upTo),
    });
    const history = { plannedJudgements: planned, judgement: look, earlier: [] };
    if (ask(judge, [pair], history).flagged) return look;
  }
  return 0;
}

singleMetric(60);
singleMetric(240);
console.log(
  '\nTen metrics in one group, 60 points: runs below the pass mark of 95, A/A and A/B (three changed)',
);
for (const scenario of scenarios(7).slice(0, 4)) tenMetrics(scenario, 60);
for (const looks of [6, 10]) {
  console.log(
    `\n${looks} growing judgements up to 120 points: any look raises the alarm, A/A and A/B, and after how many looks`,
  );
  for (const scenario of scenarios(11).slice(0, 4)) manyLooks(scenario, 120, looks);
}
