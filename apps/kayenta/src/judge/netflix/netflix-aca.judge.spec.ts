import {
  canaryConfigSchema,
  metricSetPairSchema,
  scoreThresholdsSchema,
  toCanaryJson,
} from '@gennaker/canary';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import classifier from '../__fixtures__/kayenta-classifier.json' with { type: 'json' };
import gaps from '../__fixtures__/kayenta-known-gaps.json' with { type: 'json' };
import scoring from '../__fixtures__/kayenta-scoring.json' with { type: 'json' };
import type { Direction, EffectMeasure } from '../metric-options.js';
import { gaussianFrom, seededUniform } from '../statistics/random.js';
import { classify } from './classify.js';
import { netflixAcaJudge } from './netflix-aca.judge.js';
import { label, roundHalfUp, score, type ScoredResult } from './score.js';

type Json = Record<string, unknown>;
interface Case {
  id: string;
  kind: string;
  note?: string;
  input: Json;
  expected: Json;
}
const all = (file: { cases: unknown }) => file.cases as Case[];
const ofKind = (file: { cases: unknown }, kind: string) => all(file).filter((c) => c.kind === kind);
const gaussian = gaussianFrom(seededUniform(7));

/** Compares JSON, numbers to 1e-9 relative. */
function expectJson(actual: unknown, expected: unknown, path = '', tolerance = 1e-9): void {
  if (typeof expected === 'number' && typeof actual === 'number') {
    expect(Math.abs(actual - expected), `${path}: ${actual} instead of ${expected}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected)),
    );
  } else if (typeof expected === 'object' && expected !== null && typeof actual === 'object') {
    expect(Object.keys(actual as Json).sort(), path).toEqual(
      Object.keys(expected)
        .filter((k) => (expected as Json)[k] != null)
        .sort(),
    );
    for (const [key, value] of Object.entries(expected)) {
      if (value != null) expectJson((actual as Json)[key], value, `${path}.${key}`, tolerance);
    }
  } else {
    expect(actual, path).toEqual(expected);
  }
}

function classifyCase(input: Json) {
  const option = <T>(key: string, fallback: T) => (input[key] ?? fallback) as T;
  const measure: EffectMeasure = input.measure === 'cles' ? 'cles' : 'meanRatio';
  const neutral = measure === 'cles' ? 0.5 : 1;
  const direction = ['increase', 'decrease'].includes(String(input.direction)) ? input.direction : 'either';
  return classify({
    name: String(input.name),
    experiment: option<(number | string)[]>('experiment', []).map(Number),
    control: option<(number | string)[]>('control', []).map(Number),
    direction: direction as Direction,
    nanStrategy: input.nanStrategy === 'replace' ? 'replace' : 'remove',
    critical: option('critical', false),
    mustHaveData: option('mustHaveData', false),
    tolerance: option('tolerance', 0.25),
    confidence: option('confLevel', 0.98),
    effectSize: {
      measure,
      allowedIncrease: option('allowedIncrease', neutral),
      allowedDecrease: option('allowedDecrease', neutral),
      criticalIncrease: option('criticalIncrease', neutral),
      criticalDecrease: option('criticalDecrease', neutral),
    },
    gaussian,
  });
}

describe('the Mann-Whitney classifier', () => {
  it.each([...all(classifier), ...all(gaps)])(
    'gives the verdict of Kayenta on $id',
    ({ input, expected, note }) => {
      const constant = (side: unknown) => new Set(side as number[]).size === 1;
      const noisy =
        note?.includes('noise') === true || (constant(input.experiment) && constant(input.control));
      expectJson(toCanaryJson(classifyCase(input)), expected, '', noisy ? 1e-3 : 1e-9);
    },
  );
});

describe('scoring', () => {
  const withoutOrder = (groups: unknown) =>
    [...(groups as { name: string }[])].sort((a, b) => (a.name < b.name ? -1 : 1));

  it.each(ofKind(scoring, 'weightedSum'))('sums as Kayenta does on $id', ({ input, expected }) => {
    const summary = score(results(input), input.groupWeights as Record<string, number>);
    expectJson(toCanaryJson({ ...summary, groupScores: withoutOrder(summary.groupScores) }), {
      ...expected,
      groupScores: withoutOrder(expected.groupScores),
    });
  });

  it.each(ofKind(scoring, 'weightedSumAndThreshold'))(
    'labels as Kayenta does on $id',
    ({ input, expected }) => {
      const summary = score(results(input), input.groupWeights as Record<string, number>);
      const labelled = label(summary, { pass: Number(input.pass), marginal: Number(input.marginal) });
      expectJson(
        toCanaryJson({
          summaryScore: labelled.score,
          reason: labelled.classificationReason === '' ? null : labelled.classificationReason,
          classification: labelled.classification,
          groupScores: withoutOrder(summary.groupScores).map((g) => ({ ...g, labelCounts: null })),
        }),
        { ...expected, groupScores: withoutOrder(expected.groupScores) },
      );
    },
  );

  function results(input: Json): ScoredResult[] {
    return (input.results as (ScoredResult & { muted?: boolean })[]).filter((r) => r.muted !== true);
  }

  it('rounds the decimal text half up', () => {
    expect([33.335, 1.005, -2.345, 66.66499999999999, 99.995, 1e-9, 1e22].map(roundHalfUp)).toEqual([
      33.34, 1.01, -2.35, 66.66, 100, 0, 1e22,
    ]);
  });
});

describe('NetflixACAJudge-v1.0', () => {
  it.each(ofKind(scoring, 'judge'))('gives the result JSON of Kayenta on $id', ({ input, expected }) => {
    const judge = () =>
      netflixAcaJudge.judge({
        canaryConfig: canaryConfigSchema.parse(input.canaryConfig),
        scoreThresholds: scoreThresholdsSchema.parse(input.scoreThresholds),
        metricSetPairList: metricSetPairSchema.array().parse(input.metricSetPairList),
      });
    if (expected.throws !== undefined) expect(judge).toThrow();
    else expectJson(toCanaryJson(judge()), expected);
  });

  const input = (control: number[], experiment: number[], canary: Json = {}) => ({
    canaryConfig: canaryConfigSchema.parse({
      metrics: [{ name: 'm', groups: ['g'], analysisConfigurations: { canary }, scopeName: 'default' }],
      classifier: { groupWeights: { g: 100 } },
    }),
    scoreThresholds: { pass: 95, marginal: 75 },
    metricSetPairList: [metricSetPairSchema.parse({ name: 'm', id: 'p', values: { control, experiment } })],
  });
  const verdict = (control: number[], experiment: number[], canary: Json = {}) =>
    netflixAcaJudge.judge(input(control, experiment, canary)).results[0]!.classification;

  it('names the metric and the field of an option of the wrong type', () => {
    expect(() => verdict([1, 2], [3, 4], { effectSize: { allowedIncrease: '1.2' } })).toThrow(
      'metrics[m].analysisConfigurations.canary.allowedIncrease: must be a number, but is "1.2"',
    );
  });

  it('refuses a metric set pair whose metric is not in the config', () => {
    const asked = input([1], [2]);
    asked.metricSetPairList[0]!.name = 'other';
    expect(() => netflixAcaJudge.judge(asked)).toThrow('Could not find metric config for other');
  });

  it('calls a single point on each side an error, and does not let it fail a critical metric', () => {
    const result = netflixAcaJudge.judge(input([1], [2], { critical: true }));
    expect(result.results[0]).toMatchObject({ classification: 'Error', critical: false });
    expect(result.results[0]!.resultMetadata).toBeUndefined();
    expect(result.score.classificationReason).toBe('');
  });

  it.each([
    ['infinities', [1, 2, Infinity, 3], [1, -Infinity, 2, 4]],
    ['only NaN', [NaN, NaN], [NaN]],
    ['nothing', [], []],
    ['one point against many', [5], [1, 2, 3, 4]],
  ])('survives %s', (_, control, experiment) => {
    expect(() => verdict(control, experiment)).not.toThrow();
  });

  const side = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 5, maxLength: 40 });

  it('turns High into Low when the sides are swapped', () => {
    fc.assert(
      fc.property(side, side, (a, b) => {
        const there = verdict(a, b);
        const back = verdict(b, a);
        const mirrored = { High: 'Low', Low: 'High' }[there as string] ?? there;

        if (there !== 'Pass' && back !== 'Pass') expect(back).toBe(mirrored);
      }),
    );
  });

  it('says Pass for a series against itself, whatever the order', () => {
    fc.assert(
      fc.property(side, (a) => {
        expect(verdict(a, [...a].reverse())).toBe('Pass');
      }),
    );
  });
});
