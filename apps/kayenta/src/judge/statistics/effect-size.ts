import { mean } from './descriptive.js';

/** Mean of the canary over mean of the baseline. NaN when either mean is 0, or a side is empty. */
export function meanRatio(experiment: ArrayLike<number>, control: ArrayLike<number>): number {
  const top = mean(experiment);
  const bottom = mean(control);
  return top === 0 || bottom === 0 ? Number.NaN : top / bottom;
}

/**
 * Common language effect size, Vargha and Delaney's A: P(experiment > control) + P(tie) / 2, from average ranks.
 * 0.5 says no difference. NaN when a side is empty. Both sides ascending.
 */
export function superiority(experiment: Float64Array, control: Float64Array): number {
  const pairs = experiment.length * control.length;
  return pairs === 0 ? Number.NaN : winsAndHalfTies(experiment, control) / pairs;
}

/** Number of pairs in which x is greater than y, ties counting one half: Mann-Whitney's U. Both sides ascending. */
function winsAndHalfTies(x: Float64Array, y: Float64Array): number {
  let below = 0;
  let upTo = 0;
  let twice = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i]!;
    while (below < y.length && y[below]! < v) below++;
    if (upTo < below) upTo = below;
    while (upTo < y.length && y[upTo]! <= v) upTo++;
    twice += below + upTo;
  }
  return twice / 2;
}
