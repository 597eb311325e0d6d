import { normalQuantile, normalTail } from '../statistics/normal.js';

/**
 * Decisions that may be looked at as often as one likes.
 *
 * Half of the error is kept for the planned last look, which is then an ordinary test at half the level. The other half
 * buys looks at any time: the mixture sequential probability ratio test for a normal statistic (Robbins 1970; Johari,
 * Koomen, Pekelis and Walsh 2017), whose p-value after n observations, with the deviate z, is
 * sqrt(a + 1) exp(-z^2 a / (2 (a + 1))), a = n times the mixing variance. Under no change the chance that it ever falls below
 * the level is at most the level, however many looks are taken. The mixing variance is chosen so that the boundary is
 * tightest at the planned end.
 */
export interface Look {
  /** Turns the one-sided tail of this look's statistic into one that is valid at this point of the run. */
  adjust(tail: number): number;
  /** The tail of the statistic that is needed for the adjusted tail to reach `tail`. */
  needed(tail: number): number;
}

/** A judgement that stands alone needs no correction. */
export const SINGLE_LOOK: Look = { adjust: (tail) => tail, needed: (tail) => tail };

/**
 * @param judgement from 1
 * @param planned judgements in all; a judgement after the planned last one is held to the boundary for any time
 * @param level the two-sided level of the run
 */
export function lookAt(judgement: number, planned: number, level: number): Look {
  if (planned <= 1 && judgement <= 1) return SINGLE_LOOK;
  if (judgement === planned) return { adjust: (tail) => Math.min(1, 2 * tail), needed: (tail) => tail / 2 };
  const a = tightest(level / 2) * (judgement / Math.max(planned, 1));
  return {
    adjust(tail) {
      if (tail >= 0.5) return 1;
      const z = normalQuantile(tail);
      const p = Math.sqrt(a + 1) * Math.exp((-z * z * a) / (2 * (a + 1)));
      // Two-sided p of half the error, back to one side of the whole.
      return Math.min(1, p);
    },
    needed(tail) {
      const log = 0.5 * Math.log(a + 1) - Math.log(tail);
      return normalTail(Math.sqrt((2 * log * (a + 1)) / a));
    },
  };
}

/** The a that makes the boundary at level alpha tightest: -2 ln(alpha) + ln(1 - 2 ln(alpha)), after Waudby-Smith and Ramdas. */
function tightest(alpha: number): number {
  const spread = -2 * Math.log(alpha);
  return spread + Math.log(spread + 1);
}
