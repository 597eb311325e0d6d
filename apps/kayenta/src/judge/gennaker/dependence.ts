import { ascending } from '../statistics/descriptive.js';

/** Series at least this long are also looked at in blocks, which shows slow swings under fast noise. */
const BLOCKS_FROM = 120;
const GREATEST_CORRELATION = 0.98;
/** With fewer values even a correlation that matters may look like none. */
const NOTICED_FROM = 56;
/** In standard errors: what white noise exceeds once in twenty times. */
const NOTICED_BY = 1.645;

/**
 * By how much autocorrelation inflates the variance of a mean of this series (>= 1); n divided by it is the effective
 * sample size.
 *
 * The ranks, freed from a straight trend (a change that creeps in is a change, not noise), are taken for a first-order
 * autoregression. Its lag-one correlation r is corrected for the downward bias that it has in short series from which a
 * mean and a trend were taken (Marriott and Pope 1954, Kendall 1954; with a trend: E r = rho - (2 + 4 rho) / n), and
 * the factor is (1 + rho) / (1 - rho).
 * Noise on top of a slow swing hides that swing from the lag-one correlation; for long series the same is therefore done
 * to means of blocks, and the greater factor counts. A correlation that white noise shows as well counts as none, where there
 * are enough values to tell; correcting for it would only hide changes. A constant series has nothing to correlate: 1.
 *
 * @param series values in the order of time, without NaN
 * @param sorted the same values, ascending
 */
export function varianceInflation(series: ArrayLike<number>, sorted = ascending(series)): number {
  const n = series.length;
  if (n < 6 || sorted[0] === sorted[n - 1]) return 1;
  const ranks = withoutTrend(averageRanks(series, sorted));
  const direct = autoregressionFactor(ranks);
  if (n < BLOCKS_FROM) return direct;
  const block = Math.round(Math.sqrt(n) / 3);
  const means = blockMeans(ranks, block);
  return Math.max(direct, ((block * spreadOf(means)) / spreadOf(ranks)) * autoregressionFactor(means));
}

/** The residuals of the least squares line over time. */
function withoutTrend(values: Float64Array): Float64Array {
  const n = values.length;
  const middle = (n - 1) / 2;
  let sum = 0;
  let slope = 0;
  for (let i = 0; i < n; i++) {
    sum += values[i]!;
    slope += values[i]! * (i - middle);
  }
  slope /= (n * (n * n - 1)) / 12;
  const mean = sum / n;
  const residuals = new Float64Array(n);
  for (let i = 0; i < n; i++) residuals[i] = values[i]! - mean - slope * (i - middle);
  return residuals;
}

/** Of residuals, whose mean is 0. */
function autoregressionFactor(residuals: Float64Array): number {
  const n = residuals.length;
  let together = 0;
  let alone = 0;
  let previous = 0;
  for (let i = 0; i < n; i++) {
    const v = residuals[i]!;
    alone += v * v;
    together += v * previous;
    previous = v;
  }
  const noticed = n < NOTICED_FROM ? -1 : NOTICED_BY / Math.sqrt(n);
  if (alone === 0 || together / alone < noticed) return 1;
  const rho = Math.min(Math.max((n * (together / alone) + 2) / (n - 4), 0), GREATEST_CORRELATION);
  return (1 + rho) / (1 - rho);
}

/** Mean square of residuals, whose mean is 0. */
function spreadOf(residuals: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < residuals.length; i++) squares += residuals[i]! * residuals[i]!;
  return squares / (residuals.length - 1);
}

/** Means of consecutive blocks, counted from the end so that the newest data are all used. */
function blockMeans(values: Float64Array, block: number): Float64Array {
  const blocks = Math.floor(values.length / block);
  const start = values.length - blocks * block;
  const means = new Float64Array(blocks);
  for (let b = 0; b < blocks; b++) {
    let sum = 0;
    for (let i = 0; i < block; i++) sum += values[start + b * block + i]!;
    means[b] = sum / block;
  }
  return means;
}

/** Ranks from 1 with ties averaged. */
function averageRanks(values: ArrayLike<number>, sorted: Float64Array): Float64Array {
  const n = values.length;
  const rankAt = new Float64Array(n);
  for (let i = 0; i < n;) {
    let end = i + 1;
    while (end < n && sorted[end] === sorted[i]) end++;
    const rank = (i + 1 + end) / 2;
    while (i < end) rankAt[i++] = rank;
  }
  // Where values of about that size begin, so that few places are left to look at.
  const least = sorted[0]!;
  const scale = (n - 1) / (sorted[n - 1]! - least);
  const begin = new Uint32Array(n + 1).fill(n);
  for (let i = n - 1; i >= 0; i--) begin[((sorted[i]! - least) * scale) >>> 0] = i;
  for (let b = n - 1; b >= 0; b--) if (begin[b] === n) begin[b] = begin[b + 1]!;
  const ranks = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const v = values[i]!;
    const bucket = ((v - least) * scale) >>> 0;
    let low = begin[bucket]!;
    let high = begin[bucket + 1]! - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < v) low = middle + 1;
      else high = middle;
    }
    ranks[i] = rankAt[low]!;
  }
  return ranks;
}
