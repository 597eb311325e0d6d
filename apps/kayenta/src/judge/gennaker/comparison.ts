/** How baseline and canary were compared. */
export type Method = 'pairedRank' | 'rankSum' | 'eventRate' | 'zeroInflated';

export interface Interval {
  low: number;
  high: number;
}

/**
 * The comparison of one metric, in relative change of the canary against the baseline's level: 0.1 is +10 %. All questions
 * are answered with the dependence in the data already accounted for.
 */
export interface Comparison {
  method: Method;
  /** Observations compared: pairs, or the smaller side. */
  size: number;
  effectiveSize: number;
  /** Infinite when the baseline is zero throughout. */
  estimate: number;
  /** One-sided p-value against "the change is at most `margin`" and "at least -`margin`". */
  pHigher(margin: number): number;
  pLower(margin: number): number;
  /** Interval with the error `tail` at each end; an end is infinite where the data cannot bound it. */
  interval(tail: number): Interval;
}
