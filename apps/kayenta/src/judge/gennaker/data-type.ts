export type DataType = 'continuous' | 'count' | 'zeroInflated';

/** From this share of zeros on, a median says nothing about a change. */
const ZERO_SHARE = 0.2;
/** Whole numbers with a mean below this are counts of events; above, they are as good as continuous. */
const COUNT_MEAN = 20;

/**
 * What kind of data this is, told from the values of both sides: whole numbers that are small are event counts, other
 * non-negative values with many zeros are zero-inflated, and all else is continuous.
 */
export function dataTypeOf(experiment: readonly number[], control: readonly number[]): DataType {
  let zeros = 0;
  let whole = true;
  let sum = 0;
  const total = experiment.length + control.length;
  for (const side of [experiment, control]) {
    for (const v of side) {
      if (v < 0) return 'continuous';
      if (v === 0) zeros++;
      if (whole && !Number.isInteger(v)) whole = false;
      sum += v;
    }
  }
  if (whole && sum / total < COUNT_MEAN && sum > 0 && !isFlat(experiment, control)) return 'count';
  return zeros / total >= ZERO_SHARE && zeros < total && !isFlat(experiment, control)
    ? 'zeroInflated'
    : 'continuous';
}

/** Two constant levels are a gauge, say a number of replicas, not events. */
function isFlat(experiment: readonly number[], control: readonly number[]): boolean {
  return [experiment, control].every((side) => side.every((v) => v === side[0]));
}
