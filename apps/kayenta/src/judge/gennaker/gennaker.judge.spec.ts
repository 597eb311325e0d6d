import {
  canaryConfigSchema,
  type MetricSetPair,
  metricSetPairSchema,
  type ScoreThresholds,
  toCanaryJson,
} from '@gennaker/canary';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import gaps from '../__fixtures__/kayenta-known-gaps.json' with { type: 'json' };
import oracle from '../__fixtures__/mannwhitney-r-oracle.json' with { type: 'json' };
import type { JudgeHistory } from '../judge.js';
import { gaussianFrom, seededUniform } from '../statistics/random.js';
import { netflixAcaJudge } from '../netflix/netflix-aca.judge.js';
import { mergeHistory } from './align.js';
import { varianceInflation } from './dependence.js';
import { gennakerJudge } from './gennaker.judge.js';
import { benjaminiHochberg, holm } from './multiplicity.js';
import { compareUnpaired } from './rank-comparison.js';
import { rankSumNull, signedRankNull } from './rank-null.js';
import { lookAt } from './sequential.js';

type Options = Record<string, unknown>;
interface Metric {
  name?: string;
  control: number[];
  experiment: number[];
  canary?: Options;
  groups?: string[];
  /** Minutes by which the baseline's window lies before the canary's. */
  offset?: number;
}
interface Setting {
  groupWeights?: Record<string, number>;
  judge?: Options;
  history?: JudgeHistory;
  thresholds?: ScoreThresholds;
}

function pairOf({ name = 'm', control, experiment, offset = 0 }: Metric) {
  return metricSetPairSchema.parse({
    name,
    id: name,
    values: { control, experiment },
    scopes: {
      control: { startTimeMillis: -offset * 60_000, stepMillis: 60_000 },
      experiment: { startTimeMillis: 0, stepMillis: 60_000 },
    },
  });
}

function judge(metrics: Metric[], setting: Setting = {}) {
  return gennakerJudge.judge({
    canaryConfig: canaryConfigSchema.parse({
      metrics: metrics.map(({ name = 'm', canary = {}, groups = ['g'] }) => ({
        name,
        groups,
        analysisConfigurations: { canary },
        scopeName: 'default',
      })),
      judge: { name: gennakerJudge.name, judgeConfigurations: setting.judge ?? {} },
      classifier: { groupWeights: setting.groupWeights ?? {} },
    }),
    scoreThresholds: setting.thresholds ?? { pass: 95, marginal: 75 },
    metricSetPairList: metrics.map(pairOf),
    history: setting.history,
  });
}
const only = (metric: Metric, setting: Setting = {}) => judge([metric], setting).results[0]!;
const label = (metric: Metric, setting: Setting = {}) => only(metric, setting).classification;

const gaussian = gaussianFrom(seededUniform(99));
const noise = (n: number, level: number, sd: number) =>
  Array.from({ length: n }, () => level + sd * gaussian());
const constant = (n: number, value: number) => Array.from({ length: n }, () => value);

describe('GennakerJudge-v1 on one metric', () => {
  it.each(gaps.cases as unknown as { id: string; input: Metric & Options; desired: string }[])(
    'gives the verdict that Kayenta should have given on $id',
    ({ input, desired }) => {
      const { direction = 'either', nanStrategy = 'remove', mustHaveData = false } = input;
      expect(label({ ...input, canary: { direction, nanStrategy, mustHaveData } })).toBe(desired);
    },
  );

  it('finds five per cent in every minute under a swing that both sides share', () => {
    const traffic = Array.from({ length: 60 }, (_, i) => 100 * (1 + 0.25 * Math.sin(i / 9)));
    const experiment = traffic.map((t) => 1.05 * t * (1 + 0.01 * gaussian()));
    const metric = { control: traffic.map((t) => t * (1 + 0.01 * gaussian())), experiment };
    expect(label(metric)).toBe('High');
    expect(only(metric).resultMetadata).toMatchObject({ method: 'pairedRank', paired: true });
  });

  it('loses no detection on white noise against the first judge', () => {
    const scoreThresholds = { pass: 95, marginal: 75 };
    const canaryConfig = canaryConfigSchema.parse({ metrics: [{ name: 'm', scopeName: 'default' }] });
    const own = gaussianFrom(seededUniform(7));
    const white = (level: number) => Array.from({ length: 60 }, () => level + 10 * own());
    const draws = Array.from({ length: 500 }, () => pairOf({ control: white(100), experiment: white(109) }));
    const [first, second] = [netflixAcaJudge, gennakerJudge].map(({ judge: ask }) => {
      const verdict = (pair: MetricSetPair) =>
        ask({ canaryConfig, scoreThresholds, metricSetPairList: [pair] }).results[0]!.classification;
      return draws.filter((pair) => verdict(pair) === 'High').length;
    });
    expect(first).toBeGreaterThan(400);
    expect(second).toBeGreaterThanOrEqual(first!);
  });

  it('does not pair sides that ran at different times', () => {
    const metric = { control: noise(60, 100, 5), experiment: noise(60, 120, 5), offset: 30 };
    expect(only(metric).resultMetadata).toMatchObject({ method: 'rankSum', paired: false });
    expect(label(metric)).toBe('High');
  });

  it('ignores a change that is sure but of no practical size, and says so in numbers', () => {
    const result = only({ control: noise(1_440, 100, 2), experiment: noise(1_440, 100.5, 2) });
    expect(result.classification).toBe('Pass');
    expect(result.classificationReason).toMatch(
      /^m did not change noticeably: \+0\.\d+ % \(98 % interval .* in 1440 paired points/,
    );
  });

  it('takes the margin from what the effect size allows', () => {
    const metric = { control: noise(240, 100, 5), experiment: noise(240, 115, 5) };
    expect(label(metric)).toBe('High');
    expect(label({ ...metric, canary: { effectSize: { allowedIncrease: 1.2 } } })).toBe('Pass');
  });

  it('gives the same verdict whatever the unit', () => {
    const control = noise(60, 100, 10);
    const experiment = noise(60, 120, 10);
    const verdicts = [1, 1e-3, 1e-9, 1e9].map((unit) =>
      label({ control: control.map((v) => v * unit), experiment: experiment.map((v) => v * unit) }),
    );
    expect(new Set(verdicts)).toEqual(new Set(['High']));
  });

  it('judges negative metrics by the size of the baseline', () => {
    expect(label({ control: noise(60, -100, 5), experiment: noise(60, -80, 5) })).toBe('High');
    expect(label({ control: noise(60, -100, 5), experiment: noise(60, -120, 5) })).toBe('Low');
  });

  it.each([1, 2, 3, 5])('refuses a verdict on %d points a side, in words', (n) => {
    const result = only({ control: noise(n, 100, 1), experiment: noise(n, 200, 1) });
    expect(result.classification).toBe('Inconclusive');
    expect(result.classificationReason).toContain('too few points for a verdict');
  });

  it('refuses a verdict on data too noisy to rule out a large change', () => {
    const result = only({ control: noise(12, 100, 60), experiment: noise(12, 100, 60) });
    expect(result.classification).toBe('Inconclusive');
    expect(result.classificationReason).toContain('a change of 25 % must be ruled out to pass');
  });

  it('finds errors where the baseline has none', () => {
    const errors = Array.from({ length: 60 }, (_, i) => (i % 5 < 2 ? 1.5 + (i % 3) : 0));
    const result = only({ control: constant(60, 0), experiment: errors, canary: { direction: 'increase' } });
    expect(result.classification).toBe('High');
    expect(result.classificationReason).toContain('rose from zero');
    expect(result.resultMetadata?.method).toBe('zeroInflated');
  });

  it('compares small whole numbers as counts of events', () => {
    const count = (mean: number) => Array.from({ length: 120 }, (_, i) => mean + ((i * 7) % 3) - 1);
    expect(only({ control: count(2), experiment: count(4) })).toMatchObject({
      classification: 'High',
      resultMetadata: { method: 'eventRate' },
    });
  });

  it.each([
    ['nothing', [], [], 'Nodata'],
    ['only NaN', [NaN, NaN], [1, 2], 'Nodata'],
    ['only infinities', [Infinity, Infinity], [1, 2], 'Nodata'],
    ['the same constant', constant(9, 4), constant(9, 4), 'Pass'],
    ['two constants', constant(30, 3), constant(30, 5), 'High'],
    ['different lengths', noise(40, 100, 1), noise(90, 130, 1), 'High'],
  ] as [string, number[], number[], string][])(
    'says what it should on %s',
    (_, control, experiment, verdict) => {
      expect(label({ control, experiment })).toBe(verdict);
    },
  );

  it('lets mustHaveData fail a metric even when missing points are replaced by zero', () => {
    const canary = { nanStrategy: 'replace', mustHaveData: true };
    expect(label({ control: noise(9, 1, 0.1), experiment: constant(9, NaN), canary })).toBe(
      'NodataFailMetric',
    );
  });

  it('reports how many independent points the data are worth', () => {
    let state = 0;
    const slow = noise(240, 0, 1).map((e) => (state = 0.9 * state + e));
    const { effectiveSize, size } = only({
      control: noise(240, 100, 0.1),
      experiment: slow.map((v) => 100 + v),
    }).resultMetadata as unknown as { effectiveSize: number; size: number };
    expect(size).toBe(240);
    expect(effectiveSize).toBeLessThan(40);
  });

  it('writes its result as JSON without losing infinities', () => {
    const result = judge([{ control: constant(30, 0), experiment: constant(30, 2) }]);
    expect(JSON.parse(JSON.stringify(toCanaryJson(result)))).toMatchObject({
      results: [{ classification: 'High', resultMetadata: { ratio: 'NaN', relativeChange: 'Infinity' } }],
    });
  });

  it('refuses judge configuration of the wrong type', () => {
    const metric = { control: [1], experiment: [2] };
    expect(() => judge([metric], { judge: { level: '2%' } })).toThrow(
      'judge.judgeConfigurations.level: must be a number',
    );
    expect(() => judge([metric], { judge: { level: 0.7 } })).toThrow(
      'judge.judgeConfigurations.level: must be above 0 and below 0.5',
    );
  });
});

describe('GennakerJudge-v1 as a function of the data', () => {
  const side = fc.array(fc.integer({ min: -400, max: 400 }), { minLength: 8, maxLength: 50 });
  const equalSides = side.chain((a) =>
    fc.tuple(
      fc.constant(a),
      fc.array(fc.integer({ min: -400, max: 400 }), { minLength: a.length, maxLength: a.length }),
    ),
  );
  const continuous = { canary: { dataType: 'continuous' } };

  it('negates the tests when the sides are swapped', () => {
    fc.assert(
      fc.property(equalSides, ([a, b]) => {
        const there = only({ control: a, experiment: b, ...continuous }).resultMetadata!;
        const back = only({ control: b, experiment: a, ...continuous }).resultMetadata!;
        const level = (values: number[]) =>
          Math.abs(median(values)) || Math.abs(values.reduce((s, v) => s + v, 0) / values.length);
        fc.pre(
          level(a) > 0 &&
            level(b) > 0 &&
            there.relativeChange !== undefined &&
            back.relativeChange !== undefined,
        );
        expect(Number(there.relativeChange) * level(a)).toBeCloseTo(
          -Number(back.relativeChange) * level(b),
          6,
        );
      }),
    );
  });

  it('finds the same change when both sides are shifted alike', () => {
    fc.assert(
      fc.property(equalSides, fc.integer({ min: 1_000, max: 9_000 }), ([a, b], d) => {
        const moved = (values: number[]) => values.map((v) => v + d);
        fc.pre(a.some((v, i) => v !== b[i]));
        const change = (c: number[], e: number[]) =>
          Number(only({ control: c, experiment: e, ...continuous }).resultMetadata!.relativeChange) *
          Math.abs(median(c));
        fc.pre(median(a) !== 0);
        expect(change(moved(a), moved(b))).toBeCloseTo(change(a, b), 6);
      }),
    );
  });

  it('never calls a series changed against itself', () => {
    fc.assert(
      fc.property(side, (a) => {
        expect(label({ control: a, experiment: [...a] })).toBe('Pass');
      }),
    );
  });

  function median(values: number[]): number {
    const sorted = [...values].sort((x, y) => x - y);
    const n = sorted.length;
    return (sorted[Math.floor((n - 1) / 2)]! + sorted[Math.floor(n / 2)]!) / 2;
  }
});

describe('the exact interval', () => {
  const cases = (
    oracle.cases as unknown as {
      id: string;
      input: { experiment: (number | string)[]; control: (number | string)[]; confidenceLevel: number };
      expected: { rDefault: { method: string; ciLow: number; ciHigh: number; p: number; estimate: number } };
    }[]
  ).filter((c) => {
    const sizes = [c.input.experiment, c.input.control].map((v) => v.filter((x) => x !== 'NaN').length);
    return c.expected.rDefault.method.includes('exact') && sizes.every((n) => n > 3 && n <= 25);
  });

  it.each(cases)('equals the exact one of R on $id', ({ input, expected }) => {
    const finite = (values: (number | string)[]) => values.map(Number).filter((v) => !Number.isNaN(v));
    const y = finite(input.control);
    // R knows nothing of time; sorted to a see-saw, the data have no autocorrelation to correct for.
    const comparison = compareUnpaired(seesaw(finite(input.experiment)), seesaw(y));
    const sorted = Float64Array.from(y).sort();
    const level = Math.abs((sorted[Math.floor((y.length - 1) / 2)]! + sorted[Math.floor(y.length / 2)]!) / 2);
    const { low, high } = comparison.interval((1 - input.confidenceLevel) / 2);
    fcNear(comparison.estimate * level, expected.rDefault.estimate);
    if (Number.isFinite(low)) {
      fcNear(low * level, expected.rDefault.ciLow);
      fcNear(high * level, expected.rDefault.ciHigh);
    }
    fcNear(Math.min(1, 2 * Math.min(comparison.pHigher(0), comparison.pLower(0))), expected.rDefault.p);
  });

  function seesaw(values: number[]): number[] {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted.map((_, i) => (i % 2 === 0 ? sorted[i / 2]! : sorted[sorted.length - (i + 1) / 2]!));
  }

  function fcNear(actual: number, expected: number): void {
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
  }

  it('counts the null distributions out', () => {
    // Tables of Wilcoxon: P(W >= 10 | n = 4) = 1/16; P(U >= 9 | 3, 3) = 1/20.
    expect(signedRankNull(4).upperTail(10)).toBeCloseTo(1 / 16, 12);
    expect(rankSumNull(3, 3).upperTail(9)).toBeCloseTo(1 / 20, 12);
    expect(rankSumNull(3, 3).rungsOutside(0.01)).toBe(0);
  });

  it('goes over into the normal approximation without a jump', () => {
    const tail = (n: number) => signedRankNull(n).upperTail(0.65 * ((n * (n + 1)) / 2));
    expect(tail(51) / tail(50)).toBeGreaterThan(0.85);
    expect(tail(51) / tail(50)).toBeLessThan(1.05);
  });
});

describe('several metrics', () => {
  it('keeps their common chance of a false alarm: a lone small p among many is not enough', () => {
    const doubtful = { control: noise(60, 100, 10), experiment: noise(60, 100, 10) };
    doubtful.experiment = doubtful.control.map((v, i) => v + 4.2 + 14 * (((i * 37) % 60) / 30 - 1));
    expect(label(doubtful)).toBe('High');
    const others = Array.from({ length: 39 }, (_, i) => ({
      name: `n${i}`,
      control: noise(60, 100, 10),
      experiment: noise(60, 100, 10),
    }));
    const result = judge([doubtful, ...others]).results[0]!;
    expect(result.classification).toBe('Inconclusive');
    expect(result.classificationReason).toContain('among 40 metrics that happens by chance too often');
  });

  it('loses no weight to groups without data and none to weights that do not add up', () => {
    const good = { control: noise(240, 100, 2), experiment: noise(240, 100, 2) };
    const bad = { control: noise(240, 100, 2), experiment: noise(240, 130, 2) };
    const metrics = [
      { ...good, name: 'a', groups: ['first'] },
      { ...bad, name: 'b', groups: ['second'] },
    ];
    expect(judge(metrics, { groupWeights: { first: 60, second: 30, gone: 110 } }).score.score).toBe(66.67);
    expect(judge([metrics[0]!], { groupWeights: { first: 40 } }).score.score).toBe(100);
    expect(judge([{ ...good, groups: [] }]).score.score).toBe(100);
  });

  it('fails a run for a critical metric, in words', () => {
    const metrics = [
      { name: 'ok', control: noise(60, 100, 1), experiment: noise(60, 100, 1) },
      { name: 'errors', control: noise(60, 10, 1), experiment: noise(60, 20, 1), canary: { critical: true } },
    ];
    const { score } = judge(metrics);
    expect(score).toMatchObject({ score: 0, classification: 'Fail' });
    expect(score.classificationReason).toMatch(/^Canary Failed: errors rose: .* \(Critical\)$/);
  });

  it('does not pass a run that has too few points, and passes noise unless told otherwise', () => {
    const few = { control: noise(3, 1, 0.1), experiment: noise(3, 1, 0.1) };
    expect(judge([few]).score).toMatchObject({ score: 0, classification: 'Fail' });
    const noisy = { control: noise(12, 100, 60), experiment: noise(12, 100, 60) };
    expect(judge([noisy]).score.score).toBe(100);
    expect(judge([noisy], { judge: { inconclusive: 'fail' } }).score.score).toBe(0);
  });

  it.each([
    ['Benjamini and Hochberg', benjaminiHochberg, [0.03, 0.03, 0.03, 0.8]],
    ['Holm', holm, [0.04, 0.04, 0.04, 0.8]],
  ])('adjusts as %s wrote it', (_, procedure, expected) => {
    const tests = [0.01, 0.02, 0.0225, 0.8].map((p) => ({ p, weight: 1 }));
    const found = procedure(tests);
    if (procedure === holm) expect(found.map((p) => Number(p.toFixed(4)))).toEqual([0.04, 0.06, 0.06, 0.8]);
    else expect(found.map((p) => Number(p.toFixed(4)))).toEqual(expected);
  });
});

describe('the judgements of one run', () => {
  it('lets no verdict be wrung out of noise by looking often', () => {
    let falseAlarms = 0;
    const runs = 200;
    for (let run = 0; run < runs; run++) {
      const control = noise(60, 100, 10);
      const experiment = noise(60, 100, 10);
      const alarmed = [1, 2, 3, 4, 5, 6].some((look) => {
        const upTo = look * 10;
        const history = { judgement: look, plannedJudgements: 6, earlier: [] };
        const verdict = label(
          { control: control.slice(0, upTo), experiment: experiment.slice(0, upTo) },
          { history },
        );
        return verdict === 'High' || verdict === 'Low';
      });
      if (alarmed) falseAlarms++;
    }
    expect(falseAlarms / runs).toBeLessThanOrEqual(0.03);
  });

  it('stops a bad canary early and lets a good one go on', () => {
    const history = { judgement: 2, plannedJudgements: 6, earlier: [] };
    const bad = judge([{ control: noise(20, 100, 5), experiment: noise(20, 130, 5) }], { history });
    expect(bad.score).toMatchObject({ score: 0, classification: 'Fail' });
    const first = { ...history, judgement: 1 };
    const young = judge([{ control: noise(4, 100, 5), experiment: noise(4, 100, 5) }], { history: first });
    expect(young.score).toMatchObject({
      score: 100,
      classificationReason: 'No verdict yet: no metric has enough data so far',
    });
  });

  it('asks for more before the planned end than at it, and for most early on', () => {
    const needed = [1, 2, 3, 4, 5, 6].map((judgement) => lookAt(judgement, 6, 0.02).needed(0.01));
    expect(needed[5]).toBe(0.005);
    expect(Math.max(...needed.slice(0, 5))).toBeLessThan(0.005);
    for (const [i, tail] of needed.entries()) {
      expect(lookAt(i + 1, 6, 0.02).adjust(tail)).toBeCloseTo(0.01, 6);
    }
  });

  it('remembers what slid out of the lookback window', () => {
    const window = (from: number, values: number[]) =>
      metricSetPairSchema.parse({
        name: 'm',
        values: { control: values, experiment: values.map((v) => v + 1) },
        scopes: {
          control: { startTimeMillis: from * 60_000, stepMillis: 60_000 },
          experiment: { startTimeMillis: from * 60_000, stepMillis: 60_000 },
        },
      });
    const merged = mergeHistory(window(4, [4, 5, NaN]), [[window(0, [0, 1, 2])], [window(2, [2, 3, 44])]]);
    expect(merged.values.control).toEqual([0, 1, 2, 3, 4, 5, NaN]);
    expect(merged.scopes.control).toMatchObject({ startTimeMillis: 0, stepMillis: 60_000 });
  });
});

describe('the variance inflation', () => {
  const series = (n: number, rho: number) => {
    let state = gaussian();
    return Array.from({ length: n }, () => (state = rho * state + Math.sqrt(1 - rho * rho) * gaussian()));
  };

  it.each([
    [0, 1, 1.7],
    [0.5, 2.3, 4],
    [0.8, 6.5, 13],
  ])('of an autoregression of %d is about what theory says', (rho, low, high) => {
    const found = varianceInflation(series(4_000, rho));
    expect(found).toBeGreaterThanOrEqual(low);
    expect(found).toBeLessThan(high);
  });

  it('is 1 for a constant, for a straight line and for very few points', () => {
    expect(varianceInflation(constant(50, 3))).toBe(1);
    expect(varianceInflation([1, 2, 3])).toBe(1);
  });
});
