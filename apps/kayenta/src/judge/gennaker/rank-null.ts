import { normalQuantile, normalTail } from '../statistics/normal.js';

/** The distribution of a rank statistic S when nothing differs: symmetric around half of its greatest value. */
export interface RankNull {
  /** P(S >= s), s possibly a half. */
  upperTail(s: number): number;
  /** The greatest k with P(S <= k - 1) <= tail: how many rungs of the ladder lie outside of the bound. 0 when none does. */
  rungsOutside(tail: number): number;
}

/** Up to these sizes the distribution is counted out; beyond, the normal approximation is right to about 1e-4. */
const EXACT_PAIRED = 50;
const EXACT_PER_SIDE = 25;

const counted = new Map<string, RankNull>();
const REMEMBERED = 256;

/** Wilcoxon's signed rank statistic for n pairs: the number of Walsh averages above 0. */
export function signedRankNull(n: number): RankNull {
  if (n > EXACT_PAIRED) {
    return approximate((n * (n + 1)) / 2, Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24));
  }
  return remember(`${n}`, () => {
    const ways = new Float64Array((n * (n + 1)) / 2 + 1);
    ways[0] = 1;
    for (let rank = 1, reach = 0; rank <= n; rank++) {
      reach += rank;
      for (let s = reach; s >= rank; s--) ways[s]! += ways[s - rank]!;
    }
    return exact(ways);
  });
}

/** Mann-Whitney's statistic for samples of m and n: the number of pairs with x above y. */
export function rankSumNull(m: number, n: number): RankNull {
  if (m > EXACT_PER_SIDE || n > EXACT_PER_SIDE) {
    return approximate(m * n, Math.sqrt((m * n * (m + n + 1)) / 12));
  }
  return remember(`${m}x${n}`, () => {
    // ways[j][u]: choices of j of the ranks seen so far with u pairs won; ranks are added one by one.
    const ways = Array.from({ length: m + 1 }, () => new Float64Array(m * n + 1));
    ways[0]![0] = 1;
    for (let rank = 1; rank <= m + n; rank++) {
      for (let j = Math.min(rank, m); j >= 1; j--) {
        // The j-th chosen rank wins against those below it that were not chosen.
        const wins = rank - j;
        if (wins > n) continue;
        const from = ways[j - 1]!;
        const to = ways[j]!;
        for (let u = m * n; u >= wins; u--) to[u]! += from[u - wins]!;
      }
    }
    return exact(ways[m]!);
  });
}

function remember(key: string, build: () => RankNull): RankNull {
  const known = counted.get(key);
  if (known !== undefined) return known;
  if (counted.size >= REMEMBERED) counted.clear();
  const built = build();
  counted.set(key, built);
  return built;
}

function exact(ways: Float64Array): RankNull {
  const total = ways.reduce((sum, w) => sum + w, 0);
  const cumulated = new Float64Array(ways.length);
  let sum = 0;
  for (let s = 0; s < ways.length; s++) cumulated[s] = (sum += ways[s]!) / total;
  const greatest = ways.length - 1;
  return {
    upperTail(s) {
      // Symmetry: P(S >= s) = P(S <= greatest - s). A half, from ties, counts to the cautious side.
      const index = Math.floor(greatest - Math.floor(s));
      return index < 0 ? 0 : cumulated[Math.min(index, greatest)]!;
    },
    rungsOutside(tail) {
      let k = 0;
      while (k <= greatest && cumulated[k]! <= tail) k++;
      return k;
    },
  };
}

function approximate(greatest: number, sd: number): RankNull {
  const center = greatest / 2;
  return {
    upperTail: (s) => normalTail((s - center - 0.5) / sd),
    rungsOutside: (tail) => Math.max(0, Math.floor(center - 0.5 + normalQuantile(tail) * sd) + 1),
  };
}
