import { describe as group, expect, it } from 'vitest';
import transforms from '../__fixtures__/kayenta-transforms.json' with { type: 'json' };
import { handleNaN } from '../transforms.js';
import { ascending, describe, percentile } from './descriptive.js';
import { meanRatio, superiority } from './effect-size.js';
import { normalQuantile, normalTail } from './normal.js';
import { iqrOutliers, kSigmaOutliers } from './outliers.js';

type Raw = (number | string)[];
interface Case {
  id: string;
  kind: string;
  input: { values: Raw; k: number; factor: number; reduceSensitivity?: boolean; p: number } & Record<
    'experiment' | 'control',
    Raw
  >;
  expected: Record<string, unknown> & { value: number; values: Raw; throws?: string };
}
const ofKind = (kind: string) => (transforms.cases as unknown as Case[]).filter((c) => c.kind === kind);
const numbers = (values: Raw) => values.map(Number);

group('transforms and statistics equal Kayenta', () => {
  it.each(ofKind('removeNaNs'))('removing NaN on $id', ({ input, expected }) => {
    expect(handleNaN(numbers(input.values), 'remove')).toEqual(numbers(expected.values));
  });

  it.each(ofKind('replaceNaNs'))('replacing NaN on $id', ({ input, expected }) => {
    expect(handleNaN(numbers(input.values), 'replace')).toEqual(numbers(expected.values));
  });

  it.each(ofKind('ksigma'))('k sigma outliers on $id', ({ input, expected }) => {
    expect(kSigmaOutliers(numbers(input.values), input.k)).toEqual(expected.outliers);
  });

  it.each(ofKind('iqr'))('interquartile outliers on $id', ({ input, expected }) => {
    const detect = () => iqrOutliers(numbers(input.values), input.factor, input.reduceSensitivity ?? false);
    if (expected.throws === undefined) expect(detect()).toEqual(expected.outliers);
    else expect(detect).toThrow('factor must be greater than zero');
  });

  it.each(ofKind('percentile'))('percentile on $id', ({ input, expected }) => {
    expect(percentile(ascending(numbers(input.values)), input.p)).toBeCloseTo(Number(expected.value), 12);
  });

  it.each(ofKind('meanRatio'))('ratio of means on $id', ({ input, expected }) => {
    expect(meanRatio(numbers(input.experiment), numbers(input.control))).toBeCloseTo(
      Number(expected.value),
      12,
    );
  });

  it.each(ofKind('cles'))('common language effect size on $id', ({ input, expected }) => {
    const value = superiority(ascending(numbers(input.experiment)), ascending(numbers(input.control)));
    expect(value).toBeCloseTo(Number(expected.value), 12);
  });

  it.each(ofKind('summary'))('summary on $id', ({ input, expected }) => {
    expect(describe(numbers(input.values))).toEqual(expected.stats);
  });
});

group('the normal distribution', () => {
  it.each([0.5, 0.1, 0.01, 1e-6, 1e-12, 0.975])('quantile and tail undo each other at %d', (p) => {
    expect(normalTail(-normalQuantile(p)) / p).toBeCloseTo(1, 11);
  });
});
