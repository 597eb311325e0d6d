import { mean, variance } from '../statistics/descriptive.js';
import { normalQuantile } from '../statistics/normal.js';

/**
 * An ordered multiset that is never written out: all pairwise differences of two samples, or all pairwise means of one.
 * The rank statistics and their exact intervals are counts and order statistics of it.
 */
export interface Ladder {
  /** How many rungs there are. */
  readonly size: number;
  /** How many rungs are below `value`, and how many are equal to it. O(m + n). */
  count(value: number): { below: number; equal: number };
  /** The k-th smallest rung, 1 <= k <= size. */
  select(k: number): number;
  /** The middle rung, or the mean of the middle two. */
  median(): number;
}

interface Source {
  size: number;
  lowest: number;
  highest: number;
  /** Where the rungs lie, roughly: a normal distribution with this mean and standard deviation. */
  center: number;
  spread: number;
  /** How many rungs are <= value. */
  upTo(value: number): number;
  /** The greatest rung <= value and the least one above it; infinite where there is none. */
  around(value: number): { floor: number; ceiling: number };
  /** All rungs r with low < r <= high. */
  within(low: number, high: number): number[];
}

/** The differences x - y of two ascending samples: their median is the Hodges-Lehmann shift between the samples. */
export function differencesOf(x: Float64Array, y: Float64Array): Ladder {
  const m = x.length;
  const n = y.length;
  return ladder({
    size: m * n,
    lowest: x[0]! - y[n - 1]!,
    highest: x[m - 1]! - y[0]!,
    center: mean(x) - mean(y),
    spread: Math.sqrt(variance(x) + variance(y)),
    // Walks the border between rungs <= value and above. Which way it turns cannot be predicted, so there is no branch on it.
    upTo(value) {
      let count = 0;
      let i = 0;
      let j = 0;
      while (i < m && j < n) {
        const above = Number(x[i]! - y[j]! > value);
        count += (1 - above) * (n - j);
        i += 1 - above;
        j += above;
      }
      return count;
    },
    around(value) {
      let floor = -Infinity;
      let ceiling = Infinity;
      for (let i = 0, j = 0; i < m; i++) {
        const v = x[i]!;
        while (j < n && v - y[j]! > value) j++;
        if (j < n) floor = Math.max(floor, v - y[j]!);
        if (j > 0) ceiling = Math.min(ceiling, v - y[j - 1]!);
      }
      return { floor, ceiling };
    },
    within(low, high) {
      const found: number[] = [];
      for (let i = 0, j = 0; i < m; i++) {
        const v = x[i]!;
        while (j < n && v - y[j]! > high) j++;
        for (let k = j; k < n && v - y[k]! > low; k++) found.push(v - y[k]!);
      }
      return found;
    },
  });
}

/** The means (d_i + d_j) / 2, i <= j, of one ascending sample (Walsh averages): their median is its pseudo-median. */
export function meansOf(d: Float64Array): Ladder {
  const n = d.length;
  const rung = (i: number, j: number) => (d[i]! + d[j]!) / 2;
  return ladder({
    size: (n * (n + 1)) / 2,
    lowest: d[0]!,
    highest: d[n - 1]!,
    center: mean(d),
    spread: Math.sqrt(variance(d) / 2),
    upTo(value) {
      let count = 0;
      let i = 0;
      let j = n - 1;
      while (i <= j) {
        const above = Number((d[i]! + d[j]!) / 2 > value);
        count += (1 - above) * (j - i + 1);
        i += 1 - above;
        j -= above;
      }
      return count;
    },
    around(value) {
      let floor = -Infinity;
      let ceiling = Infinity;
      for (let i = 0, j = n - 1; i < n; i++) {
        while (j >= 0 && rung(i, j) > value) j--;
        if (j >= i) floor = Math.max(floor, rung(i, j));
        const next = Math.max(i, j + 1);
        if (next < n) ceiling = Math.min(ceiling, rung(i, next));
        // The rungs of all later i are above, and above this one's.
        if (j < i) break;
      }
      return { floor, ceiling };
    },
    within(low, high) {
      const found: number[] = [];
      for (let i = 0, j = n - 1; i <= j; i++) {
        while (j >= i && rung(i, j) > high) j--;
        for (let k = j; k >= i && rung(i, k) > low; k--) found.push(rung(i, k));
      }
      return found;
    },
  });
}

function ladder(source: Source): Ladder {
  return {
    size: source.size,
    count(value) {
      const below = source.upTo(previousDouble(value));
      return { below, equal: source.upTo(value) - below };
    },
    select: (k) => select(source, k).rung,
    median() {
      const k = Math.floor((source.size + 1) / 2);
      const { rung, next } = select(source, k);
      return source.size % 2 === 1 ? rung : (rung + (next ?? select(source, k + 1).rung)) / 2;
    },
  };
}

/** So few rungs are cheaper to write out and sort than to probe between. */
const AFFORDABLE = 128;

/** After so many probes the rungs are taken to be tied, and the bounds are moved onto rungs. */
const SMOOTH_PROBES = 12;

/**
 * Narrows a bracket (low, high] around the k-th rung, each probe O(m + n), until what is left is cheap to write out and sort.
 * The first probes go where the rung would be if the rungs were normally distributed, and then a little to its other side;
 * the later ones interpolate and bisect. Once tied rungs are suspected every probe moves a bound onto a rung, which ends
 * the search whatever the ties.
 *
 * @returns the rung, and the one after it where that came to light too
 */
function select(source: Source, k: number): { rung: number; next?: number | undefined } {
  let low = previousDouble(source.lowest);
  let high = source.highest;
  let upToLow = 0;
  let upToHigh = source.size;
  const deviate = normalQuantile((k - 0.5) / source.size);
  const density = (source.size / source.spread) * Math.exp((-deviate * deviate) / 2) * 0.3989;
  let aim = source.center + deviate * source.spread;
  for (let round = 0; upToHigh - upToLow > AFFORDABLE && low < previousDouble(high); round++) {
    const probe = aim > low && aim < high ? aim : Math.min(low + (high - low) / 2, previousDouble(high));
    const upTo = source.upTo(probe);
    if (upTo >= k) {
      high = round < SMOOTH_PROBES ? probe : source.around(probe).floor;
      upToHigh = upTo;
    } else {
      low = round < SMOOTH_PROBES ? probe : previousDouble(source.around(probe).ceiling);
      upToLow = upTo;
    }
    const overshoot = (upTo >= k ? -AFFORDABLE : AFFORDABLE) / 3;
    const share = round % 3 === 2 ? 0.5 : (k - upToLow) / (upToHigh - upToLow);
    aim = round < 4 ? probe + (k - upTo + overshoot) / density : low + share * (high - low);
  }
  if (low >= previousDouble(high)) return { rung: high };
  const left = Float64Array.from(source.within(low, high)).sort();
  return { rung: left[k - upToLow - 1]!, next: left[k - upToLow] };
}

const BYTES = new DataView(new ArrayBuffer(8));

/** The greatest double below `value`. */
function previousDouble(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  BYTES.setFloat64(0, value);
  const bits = BYTES.getBigInt64(0);
  BYTES.setBigInt64(0, value > 0 ? bits - 1n : bits + 1n);
  return BYTES.getFloat64(0);
}
