import { ascending, mean } from '../statistics/descriptive.js';
import type { Comparison, Method } from './comparison.js';
import { varianceInflation } from './dependence.js';
import { differencesOf, type Ladder, meansOf } from './ladder.js';
import { rankSumNull, type RankNull, signedRankNull } from './rank-null.js';
import { studentQuantile, studentTail } from '../statistics/beta.js';
import { normalQuantile } from '../statistics/normal.js';

/** Both sides' values, ascending. */
export interface SortedSides {
  experiment: Float64Array;
  control: Float64Array;
}

function sortedSides(experiment: readonly number[], control: readonly number[]): SortedSides {
  return { experiment: ascending(experiment), control: ascending(control) };
}

/** The baseline's level that changes are measured against: its median's size, else its mean's. Sign-free, so it fits negative metrics. */
function levelOf(sorted: Float64Array): number {
  const n = sorted.length;
  const median = (sorted[Math.floor((n - 1) / 2)]! + sorted[Math.floor(n / 2)]!) / 2;
  return Math.abs(median) || Math.abs(mean(sorted));
}

/**
 * Compares the two sides minute by minute: Wilcoxon's signed rank test of the differences and the Hodges-Lehmann interval
 * (order statistics of the Walsh averages). What moves both sides at once, traffic for example, cancels out.
 *
 * @param experiment and control: same length, same minutes, no NaN
 */
export function comparePaired(
  experiment: readonly number[],
  control: readonly number[],
  sides = sortedSides(experiment, control),
): Comparison {
  const n = experiment.length;
  const differences = new Float64Array(n);
  for (let i = 0; i < n; i++) differences[i] = experiment[i]! - control[i]!;
  const sorted = ascending(differences);
  return build({
    method: 'pairedRank',
    size: n,
    ladder: meansOf(sorted),
    null_: signedRankNull(n),
    inflation: varianceInflation(differences, sorted),
    level: levelOf(sides.control),
  });
}

/**
 * Compares two samples that do not belong together in time: Mann-Whitney's test and the Hodges-Lehmann interval (order
 * statistics of all differences).
 */
export function compareUnpaired(
  experiment: readonly number[],
  control: readonly number[],
  sides = sortedSides(experiment, control),
): Comparison {
  const m = experiment.length;
  const n = control.length;
  const { experiment: x, control: y } = sides;
  // The variance of a difference of means is the sum of both variances, so the smaller side's inflation weighs more.
  const inflation = (n * varianceInflation(experiment, x) + m * varianceInflation(control, y)) / (m + n);
  const size = Math.min(m, n);
  return build({
    method: 'rankSum',
    size,
    ladder: differencesOf(x, y),
    null_: rankSumNull(m, n),
    inflation,
    level: levelOf(y),
  });
}

interface Parts {
  method: Method;
  size: number;
  ladder: Ladder;
  null_: RankNull;
  inflation: number;
  level: number;
}

function build(parts: Parts): Comparison {
  const { method, size, ladder, null_, inflation, level } = parts;
  const relative = (change: number) => (level === 0 ? change * Infinity || 0 : change / level);
  const above = (value: number) => {
    const { below, equal } = ladder.count(value);
    return ladder.size - below - equal + equal / 2;
  };
  const exact = {
    pHigher: (margin: number) => null_.upperTail(above(margin * level)),
    pLower: (margin: number) => null_.upperTail(ladder.size - above(-margin * level)),
  };
  let found: number | undefined;
  const middle = () => (found ??= ladder.median());
  const common = {
    method,
    size,
    effectiveSize: size / inflation,
    get estimate() {
      return relative(middle());
    },
  };
  if (inflation > 1) return Object.assign(common, dependent(parts, { relative, middle, exact }));
  return Object.assign(common, {
    ...exact,
    interval(tail: number) {
      const k = null_.rungsOutside(tail);
      if (k < 1) return { low: -Infinity, high: Infinity };
      return { low: relative(ladder.select(k)), high: relative(ladder.select(ladder.size - k + 1)) };
    },
  });
}

/** The error at each end of the interval whose arms measure how uncertain the estimate is. */
const ARM_TAIL = 0.1;

/**
 * Effective observations to one degree of freedom. Little is known of the inflation where few are left, and many metrics
 * mean deep tails; this share keeps runs of ten metrics below 5 % false alarms up to an autocorrelation of 0.9 (simulated,
 * see docs/canary.md).
 */
const FREEDOM_SHARE = 3.25;

interface Estimate {
  relative(change: number): number;
  middle(): number;
  exact: Pick<Comparison, 'pHigher' | 'pLower'>;
}

/**
 * Tests and interval when the observations hang together. The arms of the exact 80 % interval, divided by the normal
 * deviate that belongs to it, measure the standard error below and above the estimate as if observations were
 * independent; the root of the variance inflation corrects them, and Student's distribution accounts for the inflation being
 * estimated too. Ranks alone would not do: their statistic is bounded, so with
 * few points no difference, however large, could outweigh the correction. A verdict is never surer than the exact test of
 * independent observations.
 */
function dependent(
  { ladder, null_, inflation, level, size }: Parts,
  { relative, middle, exact }: Estimate,
): Pick<Comparison, 'pHigher' | 'pLower' | 'interval'> {
  const freedom = Math.max(size / inflation / FREEDOM_SHARE, 1);
  const k = null_.rungsOutside(ARM_TAIL);
  const scale = Math.sqrt(inflation) / -normalQuantile(ARM_TAIL);
  const arm = (rung: number) => (k < 1 ? Infinity : Math.abs(ladder.select(rung) - middle()) * scale);
  const below = lazily(() => arm(k));
  const aboveIt = lazily(() => arm(ladder.size - k + 1));
  // No spread at all leaves the exact test to decide.
  const tail = (distance: number, error: number) =>
    error === 0 ? (distance > 0 ? 0 : 1) : studentTail(distance / error, freedom);
  return {
    pHigher: (margin) => Math.max(exact.pHigher(margin), tail(middle() - margin * level, below())),
    pLower: (margin) => Math.max(exact.pLower(margin), tail(-margin * level - middle(), aboveIt())),
    interval(error) {
      if (null_.rungsOutside(error) < 1) return { low: -Infinity, high: Infinity };
      const reach = studentQuantile(error, freedom);
      return { low: relative(middle() - reach * below()), high: relative(middle() + reach * aboveIt()) };
    },
  };
}

function lazily(compute: () => number): () => number {
  let value: number | undefined;
  return () => (value ??= compute());
}
