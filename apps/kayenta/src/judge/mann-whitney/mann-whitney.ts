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
 *
 * @param tied whether values of y are equal; whoever asks for many shifts looks once
 */
export function standardisedRankSum(
  x: Float64Array,
  y: Float64Array,
  shift: number,
  tied = hasTies(y),
): number {
  const m = x.length;
  const n = y.length;
  const total = m + n;
  const wins = tied || !Number.isFinite(shift) ? -1 : winsWithoutTies(x, y, shift);
  const { twiceWins, ties } = wins < 0 ? mergeRanks(shiftAll(x, shift), y) : { twiceWins: 2 * wins, ties: 0 };
  const dz = (twiceWins - m * n) / 2;
  const sigma = Math.sqrt(((m * n) / 12) * (total + 1 - ties / (total * (total - 1))));
  if (sigma === 0) throw new AllTiedError();
  return (dz - 0.5 * Math.sign(dz)) / sigma;
}

function hasTies(sorted: Float64Array): boolean {
  for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) return true;
  return false;
}

/** The number of pairs that x wins once shifted, or -1 when a value of x is equal to another of x or of y. */
function winsWithoutTies(x: Float64Array, y: Float64Array, shift: number): number {
  const n = y.length;
  let wins = 0;
  let below = 0;
  let last = Number.NaN;
  for (let i = 0; i < x.length; i++) {
    const v = x[i]! - shift;
    if (v === last) return -1;
    last = v;
    while (below < n && y[below]! < v) below++;
    if (below < n && y[below] === v) return -1;
    wins += below;
  }
  return wins;
}

/** Infinity minus infinity ranks above all numbers. */
function shiftAll(x: Float64Array, shift: number): Float64Array {
  return x.map((v) => (Number.isNaN(v - shift) ? Infinity : v - shift));
}

/** Twice the number of pairs that x wins, a tie counting as half a win, and the sum of t^3 - t over groups of ties. */
function mergeRanks(x: Float64Array, y: Float64Array): { twiceWins: number; ties: number } {
  const m = x.length;
  const n = y.length;
  let twiceWins = 0;
  let ties = 0;
  let i = 0;
  let j = 0;
  while (i < m || j < n) {
    const v = i < m && (j >= n || x[i]! <= y[j]!) ? x[i]! : y[j]!;
    const fromX = i;
    const fromY = j;
    while (i < m && x[i] === v) i++;
    while (j < n && y[j] === v) j++;
    twiceWins += (i - fromX) * (fromY + j);
    const size = i - fromX + j - fromY;
    if (size > 1) ties += size * size * size - size;
  }
  return { twiceWins, ties };
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
  return { ...shiftOfSorted(ascending(experiment), ascending(control), confidence) };
}

/** The same of sides that are ascending already, each number computed when it is first asked for. */
export function shiftOfSorted(x: Float64Array, y: Float64Array, confidence: number): LocationShift {
  const tied = hasTies(y);
  const statistic = (shift: number) => standardisedRankSum(x, y, shift, tied);
  const lower = (x[0] ?? Number.NaN) - (y[y.length - 1] ?? Number.NaN);
  const upper = (x[x.length - 1] ?? Number.NaN) - (y[0] ?? Number.NaN);
  const atLower = statistic(lower);
  const atUpper = statistic(upper);

  const root = (quantile: number) =>
    brentRoot(
      (shift) => statistic(shift) - quantile,
      { lower, upper, atLower: atLower - quantile, atUpper: atUpper - quantile },
      { tolerance: TOLERANCE, maxIterations: MAX_ITERATIONS },
    );
  const guarded = (quantile: number) => {
    if (atLower - quantile <= 0) return lower;
    if (atUpper - quantile >= 0) return upper;
    return root(quantile);
  };

  const z = -normalQuantile((1 - confidence) / 2);
  let estimate: number | undefined;
  return {
    get low() {
      return guarded(z);
    },
    get high() {
      return guarded(-z);
    },
    get estimate() {
      return (estimate ??= root(0));
    },
  };
}
