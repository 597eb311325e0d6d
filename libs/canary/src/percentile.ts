/**
 * Percentile `p` (0 < p <= 100) of ascending values by R's type 7. NaN for no values.
 */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  const position = 1 + ((n - 1) * p) / 100;
  if (position < 1 || n === 1) return sorted[0] ?? Number.NaN;
  if (position >= n) return sorted[n - 1] ?? Number.NaN;
  const k = Math.floor(position);
  const below = sorted[k - 1] ?? Number.NaN;
  const above = sorted[k] ?? Number.NaN;
  return below + (position - k) * (above - below);
}
