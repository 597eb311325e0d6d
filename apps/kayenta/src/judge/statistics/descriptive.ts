import type { MetricStatistics } from '@gennaker/canary';

export { ascending, percentile } from '@gennaker/canary';

/** The mean in two passes, the second correcting the rounding of the first, as commons-math computes it. NaN when empty. */
export function mean(values: ArrayLike<number>): number {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] ?? 0;
  const first = sum / n;
  if (!Number.isFinite(first)) return first;
  let correction = 0;
  for (let i = 0; i < n; i++) correction += (values[i] ?? 0) - first;
  return first + correction / n;
}

/** The variance around `center` with the divisor n - 1 (n when `population`), corrected for rounding. 0 for one value. */
export function variance(values: ArrayLike<number>, center = mean(values), population = false): number {
  const n = values.length;
  if (n === 1) return 0;
  let squares = 0;
  let deviations = 0;
  for (let i = 0; i < n; i++) {
    const d = (values[i] ?? 0) - center;
    squares += d * d;
    deviations += d;
  }
  return (squares - (deviations * deviations) / n) / (population ? n : n - 1);
}

/** Minimum, maximum, mean, sample standard deviation and count; all 0 for no values. */
export function describe(values: ArrayLike<number>): MetricStatistics {
  const count = values.length;
  if (count === 0) return { min: 0, max: 0, mean: 0, std: 0, count };
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < count; i++) {
    const v = values[i] ?? 0;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  const center = mean(values);
  return { min, max, mean: center, std: Math.sqrt(variance(values, center)), count };
}
