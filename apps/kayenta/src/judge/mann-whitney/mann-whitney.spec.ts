import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import golden from '../__fixtures__/kayenta-mannwhitney.json' with { type: 'json' };
import oracle from '../__fixtures__/mannwhitney-r-oracle.json' with { type: 'json' };
import { ascending } from '../statistics/descriptive.js';
import { normalQuantile } from '../statistics/normal.js';
import { brentRoot } from './brent.js';
import { AllTiedError, mannWhitneyShift, standardisedRankSum } from './mann-whitney.js';

type Raw = (number | string)[];
const numbers = (values: Raw) => values.map(Number).filter((v) => !Number.isNaN(v));
/** Relative for large values, absolute for small ones. */
const near = (actual: number, expected: number, tolerance = 1e-9) => {
  const error = Math.abs(actual - expected);
  expect(error, `${actual} should be ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(expected)),
  );
};
interface Interval {
  ciLow?: number;
  ciHigh?: number;
  estimate?: number;
  error?: string;
}
interface GoldenCase {
  id: string;
  kind: string;
  input: {
    experiment?: Raw;
    control?: Raw;
    confidenceLevel?: number;
    mu?: number;
    quantile?: number;
    xyRef?: string;
    muMin?: number;
    muMax?: number;
    p?: number;
  };
  expected: Interval & { value?: number; tol?: number };
}
const cases = golden.cases as unknown as GoldenCase[];
const ofKind = (kind: string) => cases.filter((c) => c.kind === kind);

describe('the Mann-Whitney interval', () => {
  it.each(ofKind('confidenceInterval'))('equals Kayenta on $id', ({ input, expected }) => {
    const shift = () =>
      mannWhitneyShift(numbers(input.experiment!), numbers(input.control!), input.confidenceLevel!);
    if (expected.error !== undefined) {
      expect(shift).toThrow(AllTiedError);
      return;
    }
    const { low, high, estimate } = shift();
    near(low, expected.ciLow!);
    near(high, expected.ciHigh!);
    near(estimate, expected.estimate!);
  });

  it.each(
    oracle.cases as unknown as {
      id: string;
      input: { experiment: Raw; control: Raw; confidenceLevel: number };
      expected: { kayenta: Required<Interval>; rAsymptotic: Required<Interval> };
    }[],
  )('equals R and Kayenta on $id', ({ input, expected }) => {
    const { low, high, estimate } = mannWhitneyShift(
      numbers(input.experiment),
      numbers(input.control),
      input.confidenceLevel,
    );
    near(low, expected.kayenta.ciLow);
    near(high, expected.kayenta.ciHigh);
    near(estimate, expected.kayenta.estimate);
    near(low, expected.rAsymptotic.ciLow);
    near(high, expected.rAsymptotic.ciHigh);
  });

  const series = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 2, maxLength: 40 });

  it('is negated when the sides are swapped', () => {
    fc.assert(
      fc.property(series, series, (a, b) => {
        fc.pre(new Set([...a, ...b]).size > 2);
        const there = attempt(a, b);
        const back = attempt(b, a);
        fc.pre(there !== undefined && back !== undefined);
        near(there.low, -back.high, 2e-4);
        near(there.high, -back.low, 2e-4);
      }),
    );
  });

  it('stays where it is when both sides are shifted alike', () => {
    fc.assert(
      fc.property(series, series, fc.integer({ min: -500, max: 500 }), (a, b, d) => {
        const there = attempt(a, b);
        fc.pre(there !== undefined);
        const moved = attempt(
          a.map((v) => v + d),
          b.map((v) => v + d),
        )!;
        expect(moved).toEqual(there);
      }),
    );
  });
});

function attempt(a: number[], b: number[]) {
  try {
    return mannWhitneyShift(a, b, 0.98);
  } catch (error) {
    if (error instanceof AllTiedError) return undefined;
    throw error;
  }
}

describe('the parts of the interval', () => {
  const dataset = cases.find((c) => c.id === 'mw-ci-012')!.input;
  const x = ascending(numbers(dataset.experiment!));
  const y = ascending(numbers(dataset.control!));

  it.each(ofKind('wilcoxonDiff'))('the statistic equals Kayenta at $id', ({ input, expected }) => {
    near(standardisedRankSum(x, y, input.mu!) - input.quantile!, expected.value!);
  });

  it.each(ofKind('brentRoot'))('the root search follows the same path at $id', ({ input, expected }) => {
    const f = (d: number) => standardisedRankSum(x, y, d) - input.quantile!;
    const lower = input.muMin!;
    const upper = input.muMax!;
    const root = brentRoot(
      f,
      { lower, upper, atLower: f(lower), atUpper: f(upper) },
      { tolerance: 1e-4, maxIterations: 1_000 },
    );
    near(root, expected.value!);
  });

  it.each(ofKind('normalQuantile'))('the normal quantile is right at $input.p', ({ input, expected }) => {
    near(normalQuantile(input.p!), expected.value!, expected.tol);
  });
});
