/** One hypothesis: its p-value and its weight, relative to the others of its family. */
export interface Tested {
  p: number;
  weight: number;
}

/** A metric that counts for nothing in the score still gets a verdict: no weight is below this share of the mean. */
const LEAST_WEIGHT = 0.1;

/** Weights scaled to a mean of 1, as both procedures need them; all 1 when nothing has weight. */
function normalised(tests: readonly Tested[]): number[] {
  const sum = (weights: number[]) => weights.reduce((total, w) => total + w, 0);
  const given = tests.map((t) => Math.max(t.weight, 0));
  const mean = sum(given) / tests.length;
  if (!(mean > 0)) return tests.map(() => 1);
  const lifted = given.map((w) => Math.max(w, LEAST_WEIGHT * mean));
  return lifted.map((w) => (w * tests.length) / sum(lifted));
}

/**
 * Adjusted p-values of the weighted Benjamini-Hochberg procedure (Genovese, Roeder and Wasserman 2006): of the metrics that
 * are called changed, the expected share of false ones stays below the level; when nothing has changed, so does the
 * chance of any false alarm.
 */
export function benjaminiHochberg(tests: readonly Tested[]): number[] {
  const weights = normalised(tests);
  const weighted = tests.map((t, i) => ({ i, q: t.p / weights[i]! }));
  weighted.sort((a, b) => b.q - a.q);
  const adjusted = tests.map(() => 1);
  let least = 1;
  for (const [position, { i, q }] of weighted.entries()) {
    least = Math.min(least, (q * tests.length) / (tests.length - position));
    adjusted[i] = Math.min(1, Math.max(least, tests[i]!.p));
  }
  return adjusted;
}

/** Adjusted p-values of Holm's procedure (1979), weighted: the chance of any false alarm in the family stays below the level. */
export function holm(tests: readonly Tested[]): number[] {
  const weights = normalised(tests);
  const ordered = tests.map((t, i) => ({ i, q: t.p / weights[i]! }));
  ordered.sort((a, b) => a.q - b.q);
  const adjusted = tests.map(() => 1);
  let left = weights.reduce((sum, w) => sum + w, 0);
  let greatest = 0;
  for (const { i, q } of ordered) {
    greatest = Math.max(greatest, q * left);
    adjusted[i] = Math.min(1, Math.max(greatest, tests[i]!.p));
    left -= weights[i]!;
  }
  return adjusted;
}
