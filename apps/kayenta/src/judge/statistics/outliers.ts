import { ascending, mean, percentile, variance } from './descriptive.js';

/**
 * Interquartile fences: a value is an outlier when it lies beyond `factor` times the interquartile range from the
 * quartiles. With `reduceSensitivity` the fences are moved out to the 1st and 99th percentile where those are wider,
 * so that a short series only loses points that stand apart from all others.
 *
 * @throws RangeError when `factor` is not positive.
 */
export function iqrOutliers(
  values: ArrayLike<number>,
  factor: number,
  reduceSensitivity: boolean,
): boolean[] {
  if (!(factor > 0)) throw new RangeError('factor must be greater than zero');
  const sorted = ascending(values);
  const q1 = percentile(sorted, 25);
  const q3 = percentile(sorted, 75);
  let lower = q1 - factor * (q3 - q1);
  let upper = q3 + factor * (q3 - q1);
  if (reduceSensitivity) {
    lower = Math.min(percentile(sorted, 1), lower);
    upper = Math.max(percentile(sorted, 99), upper);
  }
  return Array.from(values, (v) => v > upper || v < lower);
}

/**
 * A value is an outlier when it is more than `k` standard deviations (of the population) away from the mean.
 *
 * @throws RangeError when `k` is not positive.
 */
export function kSigmaOutliers(values: ArrayLike<number>, k: number): boolean[] {
  if (!(k > 0)) throw new RangeError('k must be greater than zero');
  const center = mean(values);
  const reach = k * Math.sqrt(variance(values, center, true));
  return Array.from(values, (v) => Math.abs(v - center) > reach);
}
