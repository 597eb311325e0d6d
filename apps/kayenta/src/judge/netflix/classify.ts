import type { MetricClassification } from '@gennaker/canary';
import { shiftOfSorted } from '../mann-whitney/mann-whitney.js';
import type { Direction, EffectSizes } from '../metric-options.js';
import { ascending } from '../statistics/descriptive.js';
import { meanRatio, superiority } from '../statistics/effect-size.js';
import type { NanStrategy } from '../transforms.js';

export interface ClassifyInput {
  name: string;
  experiment: readonly number[];
  control: readonly number[];
  direction: Direction;
  nanStrategy: NanStrategy;
  critical: boolean;
  mustHaveData: boolean;
  effectSize: EffectSizes;
  /** The interval must clear this share of the estimate before a metric counts as changed. */
  tolerance: number;
  confidence: number;
  /** Standard normal deviates, for the one case in which both sides are constant. */
  gaussian: () => number;
}

export interface Classification {
  classification: MetricClassification;
  reason?: string;
  /** Mean ratio, or 1 where no comparison was made. */
  deviation: number;
  critical: boolean;
}

/**
 * Kayenta's Mann-Whitney classifier, case by case in its order.
 *
 * @throws AllTiedError where the statistic has no variance; the judge turns it into the verdict `Error`.
 */
export function classify(input: ClassifyInput): Classification {
  const { experiment, control } = input;
  if (experiment.length === 0 || control.length === 0) return withoutData(input);
  const x = ascending(experiment);
  const y = ascending(control);
  const pass: Classification = { classification: 'Pass', deviation: 1, critical: false };
  if (x.length === y.length && x.every((v, i) => v === y[i])) {
    return { ...pass, reason: 'The Canary and Baseline data are identical' };
  }
  if (!isConstant(x) || !isConstant(y)) return compare(input, { experiment, control, x, y });
  if (x[0] === y[0]) return pass;
  const noisy = {
    experiment: withNoise(experiment, input.gaussian),
    control: withNoise(control, input.gaussian),
  };
  return compare(input, { ...noisy, x: ascending(noisy.experiment), y: ascending(noisy.control) });
}

function withoutData({ name, nanStrategy, mustHaveData, critical }: ClassifyInput): Classification {
  if (nanStrategy === 'replace') return { classification: 'Pass', deviation: 1, critical: false };
  const reason = `Missing data for ${name}`;
  return mustHaveData && !critical
    ? { classification: 'NodataFailMetric', reason, deviation: 1, critical: false }
    : { classification: 'Nodata', reason, deviation: 1, critical };
}

interface Sides {
  experiment: readonly number[];
  control: readonly number[];
  /** The same, ascending. */
  x: Float64Array;
  y: Float64Array;
}

function compare(input: ClassifyInput, { experiment, control, x, y }: Sides): Classification {
  const { name, direction, effectSize: sizes } = input;
  const shift = shiftOfSorted(x, y, input.confidence);
  const deviation = meanRatio(experiment, control);
  const effect = sizes.measure === 'cles' ? superiority(x, y) : deviation;
  // Only a bound on the right side of 0 has to be held against the estimate, which costs as much as a bound to find.
  const clears = (bound: number) => bound > 0 && bound > input.tolerance * Math.abs(shift.estimate);
  const atLeast = (threshold: number) => Number.isNaN(effect) || effect >= threshold;
  const atMost = (threshold: number) => Number.isNaN(effect) || effect <= threshold;

  const verdict = (label: 'High' | 'Low', isCritical: boolean): Classification => ({
    classification: label,
    reason: isCritical
      ? `The metric ${name} was classified as ${label} (Critical)`
      : `${name} was classified as ${label}`,
    deviation,
    critical: isCritical,
  });
  if (direction !== 'decrease' && clears(shift.low) && atLeast(sizes.allowedIncrease)) {
    return verdict('High', input.critical && atLeast(sizes.criticalIncrease));
  }
  if (direction !== 'increase' && clears(-shift.high) && atMost(sizes.allowedDecrease)) {
    return verdict('Low', input.critical && atMost(sizes.criticalDecrease));
  }
  return { classification: 'Pass', deviation, critical: false };
}

/** Two constant sides have no spread to test against, so each value gets noise of 1e-5 of its size; 0 gets none. */
function withNoise(values: readonly number[], gaussian: () => number): number[] {
  return values.map((v) => v + gaussian() * v * 1e-5);
}

function isConstant(sorted: Float64Array): boolean {
  return sorted[0] === sorted[sorted.length - 1];
}
