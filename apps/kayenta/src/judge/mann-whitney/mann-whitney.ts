import { ascending } from '../statistics/descriptive.js';
import { normalQuantile } from '../statistics/normal.js';
import { brentRoot } from './brent.js';

/** The absolute tolerance of R's and Kayenta's root search. Verdicts on tiny numbers depend on it; it must stay. */
const TOLERANCE = 1e-4;
const MAX_ITERATIONS = 1000;

export interface LocationShift {
  /** Bounds of the confidence interval of location(experiment) - location(control). `low` may exceed `high` by noise. */
  low: number;
  high: number;
  estimate: number;
}

/** Thrown where the statistic has no variance, for example for one value on each side. */
export class AllTiedError extends Error {
  constructor() {
    super('cannot compute confidence interval when all observations are tied');
    this.name = 'AllTiedError';
  }
}

/**
 * The standardised rank sum statistic of (experiment - shift) against control, with ties averaged and a continuity
 * correction of one half; a non-increasing step function of the shift. Both sides ascending and without NaN.
 *
 * One merge of the two sorted sides gives both the rank sum and the tie groups, so a value costs O(m + n).
 */
export function standardisedRankSum(x: Float64Array, y: Float64Array, shift: number): number {
  const m = x.length;
  const n = y.length;
  const total = m + n;
  let j = 0;
  let rankSum = 0;
  let ties = 0;
  for (let i = 0; i < m;) {
    const v = shifted(x[i]!, shift);
    while (j < n && y[j]! < v) {
      const end = endOfRun(y, j);
      ties += tieTerm(end - j);
      j = end;
    }
    const before = i + j;
    const first = i;
    do i++;
    while (i < m && shifted(x[i]!, shift) === v);
    if (y[j] === v) j = endOfRun(y, j);
    const size = i + j - before;
    rankSum += (i - first) * (before + (size + 1) / 2);
    ties += tieTerm(size);
  }
  while (j < n) {
    const end = endOfRun(y, j);
    ties += tieTerm(end - j);
    j = end;
  }
  const dz = rankSum - (m * (m + 1)) / 2 - (m * n) / 2;
  const sigma = Math.sqrt(((m * n) / 12) * (total + 1 - ties / (total * (total - 1))));
  if (sigma === 0) throw new AllTiedError();
  return (dz - 0.5 * Math.sign(dz)) / sigma;
}

/** The index after the run of equal values that starts at `from`. */
function endOfRun(values: Float64Array, from: number): number {
  const value = values[from];
  let end = from + 1;
  while (end < values.length && values[end] === value) end++;
  return end;
}

function tieTerm(size: number): number {
  return size * size * size - size;
}

/** Infinity minus infinity ranks above all numbers. */
function shifted(value: number, shift: number): number {
  const v = value - shift;
  return Number.isNaN(v) ? Infinity : v;
}

/**
 * Mann-Whitney confidence interval and estimate of the shift between two samples, with the normal approximation, as
 * `wilcox.test(x, y, conf.int = TRUE, exact = FALSE, correct = TRUE)` of R gives the interval and Kayenta the estimate
 * (R drops the continuity correction for the estimate, Kayenta keeps it). Equal to Kayenta's to 1e-9.
 *
 * @param experiment canary values, in any order, at least one, without NaN
 * @param control baseline values, likewise
 * @param confidence in (0, 1), for example 0.98
 * @throws AllTiedError when the statistic has no variance
 */
export function mannWhitneyShift(
  experiment: ArrayLike<number>,
  control: ArrayLike<number>,
  confidence: number,
): LocationShift {
  const x = ascending(experiment);
  const y = ascending(control);
  const lower = (x[0] ?? Number.NaN) - (y[y.length - 1] ?? Number.NaN);
  const upper = (x[x.length - 1] ?? Number.NaN) - (y[0] ?? Number.NaN);
  const atLower = standardisedRankSum(x, y, lower);
  const atUpper = standardisedRankSum(x, y, upper);

  const root = (quantile: number) =>
    brentRoot(
      (shift) => standardisedRankSum(x, y, shift) - quantile,
      { lower, upper, atLower: atLower - quantile, atUpper: atUpper - quantile },
      { tolerance: TOLERANCE, maxIterations: MAX_ITERATIONS },
    );
  const guarded = (quantile: number) => {
    if (atLower - quantile <= 0) return lower;
    if (atUpper - quantile >= 0) return upper;
    return root(quantile);
  };

  const z = -normalQuantile((1 - confidence) / 2);
  return { low: guarded(z), high: guarded(-z), estimate: root(0) };
}
