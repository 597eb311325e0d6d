import { studentQuantile, studentTail } from '../statistics/beta.js';
import { normalQuantile } from '../statistics/normal.js';

/**
 * How the tail of a statistic that was computed as if observations were independent is read when they are not: its normal
 * deviate shrinks by the root of the variance inflation and is put against Student's distribution with the effective
 * sample size less one, since the inflation itself was estimated. Without inflation nothing changes, so that exact tests
 * stay exact.
 */
export interface Reference {
  effectiveSize: number;
  /** From the tail under independence to the honest one. */
  widen(tail: number): number;
  /** By how much the arms of an interval that was made for independence grow. */
  stretch(tail: number): number;
}

export function reference(size: number, inflation: number): Reference {
  const effectiveSize = size / inflation;
  if (inflation === 1) return { effectiveSize, widen: (tail) => tail, stretch: () => 1 };
  const freedom = Math.max(effectiveSize - 1, 1);
  const root = Math.sqrt(inflation);
  return {
    effectiveSize,
    widen: (tail) => (tail <= 0 ? 0 : studentTail(-normalQuantile(tail) / root, freedom)),
    stretch: (tail) => (studentQuantile(tail, freedom) * root) / -normalQuantile(tail),
  };
}
