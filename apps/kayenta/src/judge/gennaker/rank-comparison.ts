import { ascending, mean } from '../statistics/descriptive.js';
import type { Comparison, Method } from './comparison.js';
import { varianceInflation } from './dependence.js';
import { differencesOf, type Ladder, meansOf } from './ladder.js';
import { rankSumNull, type RankNull, signedRankNull } from './rank-null.js';
import { type Reference, reference } from './reference.js';

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
export function comparePaired(experiment: readonly number[], control: readonly number[]): Comparison {
  const n = experiment.length;
  const differences = new Float64Array(n);
  for (let i = 0; i < n; i++) differences[i] = experiment[i]! - control[i]!;
  const sorted = ascending(differences);
  return build({
    method: 'pairedRank',
    size: n,
    ladder: meansOf(sorted),
    null_: signedRankNull(n),
    reference: reference(n, varianceInflation(differences, sorted)),
    level: levelOf(ascending(control)),
  });
}

/**
 * Compares two samples that do not belong together in time: Mann-Whitney's test and the Hodges-Lehmann interval (order
 * statistics of all differences).
 */
export function compareUnpaired(experiment: readonly number[], control: readonly number[]): Comparison {
  const m = experiment.length;
  const n = control.length;
  const x = ascending(experiment);
  const y = ascending(control);
  // The variance of a difference of means is the sum of both variances, so the smaller side's inflation weighs more.
  const inflation = (n * varianceInflation(experiment, x) + m * varianceInflation(control, y)) / (m + n);
  const size = Math.min(m, n);
  return build({
    method: 'rankSum',
    size,
    ladder: differencesOf(x, y),
    null_: rankSumNull(m, n),
    reference: reference(size, inflation),
    level: levelOf(y),
  });
}

interface Parts {
  method: Method;
  size: number;
  ladder: Ladder;
  null_: RankNull;
  reference: Reference;
  level: number;
}

function build({ method, size, ladder, null_, reference: ref, level }: Parts): Comparison {
  const relative = (change: number) => (level === 0 ? change * Infinity || 0 : change / level);
  const above = (value: number) => {
    const { below, equal } = ladder.count(value);
    return ladder.size - below - equal + equal / 2;
  };
  let found: number | undefined;
  const middle = () => (found ??= medianOf(ladder));
  return {
    method,
    size,
    effectiveSize: ref.effectiveSize,
    get estimate() {
      return relative(middle());
    },
    pHigher: (margin) => ref.widen(null_.upperTail(above(margin * level))),
    pLower: (margin) => ref.widen(null_.upperTail(ladder.size - above(-margin * level))),
    interval(tail) {
      const k = null_.rungsOutside(tail);
      if (k < 1) return { low: -Infinity, high: Infinity };
      const stretch = ref.stretch(tail);
      const end = (rung: number) => relative(middle() + stretch * (rung - middle()));
      return { low: end(ladder.select(k)), high: end(ladder.select(ladder.size - k + 1)) };
    },
  };
}

function medianOf(ladder: Ladder): number {
  const lower = ladder.select(Math.floor((ladder.size + 1) / 2));
  return ladder.size % 2 === 1 ? lower : (lower + ladder.select(ladder.size / 2 + 1)) / 2;
}
