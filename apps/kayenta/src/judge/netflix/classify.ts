import type { MetricClassification } from '@gennaker/canary';
import { mannWhitneyShift } from '../mann-whitney/mann-whitney.js';
import type { Direction, EffectSizes } from '../metric-options.js';
import { commonLanguageEffectSize, meanRatio } from '../statistics/effect-size.js';
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
  return withoutComparison(input) ?? compare(input);
}

/** The verdicts that need no statistics: nothing there, or nothing different. */
function withoutComparison(input: ClassifyInput): Classification | undefined {
  const { name, experiment, control, critical } = input;
  const pass: Classification = { classification: 'Pass', deviation: 1, critical: false };
  if (experiment.length === 0 || control.length === 0) {
    if (input.nanStrategy === 'replace') return pass;
    const reason = `Missing data for ${name}`;
    return input.mustHaveData && !critical
      ? { classification: 'NodataFailMetric', reason, deviation: 1, critical: false }
      : { classification: 'Nodata', reason, deviation: 1, critical };
  }
  if (sameValues(experiment, control)) {
    return { ...pass, reason: 'The Canary and Baseline data are identical' };
  }
  const first = control[0];
  return isConstant(control) && experiment.every((v) => v === first) ? pass : undefined;
}

function compare(input: ClassifyInput): Classification {
  const { name, direction, effectSize: sizes } = input;
  const noisy = isConstant(input.experiment) && isConstant(input.control);
  const experiment = noisy ? withNoise(input.experiment, input.gaussian) : input.experiment;
  const control = noisy ? withNoise(input.control, input.gaussian) : input.control;

  const shift = mannWhitneyShift(experiment, control, input.confidence);
  const deviation = meanRatio(experiment, control);
  const effect = sizes.measure === 'cles' ? commonLanguageEffectSize(experiment, control) : deviation;
  const bound = input.tolerance * Math.abs(shift.estimate);
  const atLeast = (threshold: number) => Number.isNaN(effect) || effect >= threshold;
  const atMost = (threshold: number) => Number.isNaN(effect) || effect <= threshold;

  const verdict = (label: 'High' | 'Low', isCritical: boolean): Classification =>
    isCritical
      ? {
          classification: label,
          reason: `The metric ${name} was classified as ${label} (Critical)`,
          deviation,
          critical: true,
        }
      : { classification: label, reason: `${name} was classified as ${label}`, deviation, critical: false };

  if (direction !== 'decrease' && shift.low > bound && atLeast(sizes.allowedIncrease)) {
    return verdict('High', input.critical && atLeast(sizes.criticalIncrease));
  }
  if (direction !== 'increase' && shift.high < -bound && atMost(sizes.allowedDecrease)) {
    return verdict('Low', input.critical && atMost(sizes.criticalDecrease));
  }
  return { classification: 'Pass', deviation, critical: false };
}

/** Two constant sides have no spread to test against, so each value gets noise of 1e-5 of its size; 0 gets none. */
function withNoise(values: readonly number[], gaussian: () => number): number[] {
  return values.map((v) => v + gaussian() * v * 1e-5);
}

function isConstant(values: readonly number[]): boolean {
  return values.every((v) => v === values[0]);
}

function sameValues(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  const x = Float64Array.from(a).sort();
  const y = Float64Array.from(b).sort();
  return x.every((v, i) => v === y[i]);
}
