import { incompleteBeta, inverseBeta } from '../statistics/beta.js';
import { mean, variance } from '../statistics/descriptive.js';
import type { Comparison } from './comparison.js';
import { varianceInflation } from './dependence.js';
import { compareUnpaired } from './rank-comparison.js';

/** Sizes of events are compared as well when each side has at least this many. */
const SIZES_FROM = 8;

/**
 * Compares event rates: given the events of both sides together, the canary's share is binomial (Przyborowski and
 * Wilenski 1940), which bounds the ratio of the rates exactly (Clopper and Pearson). Where counts scatter more than
 * Poisson's law allows, or follow each other in bursts, the number of events is taken for as many as carry the same
 * information (quasi-likelihood).
 *
 * @param experiment events per minute, not negative, without NaN; likewise control
 * @param paired whether the sides belong together minute by minute; a swing of both does not count as scatter then
 */
export function compareEvents(
  experiment: readonly number[],
  control: readonly number[],
  paired: boolean,
): Comparison {
  const m = experiment.length;
  const n = control.length;
  const dispersion = paired ? pairedDispersion(experiment, control) : unpairedDispersion(experiment, control);
  const inCanary = sum(experiment) / dispersion.scale;
  const inBaseline = sum(control) / dispersion.scale;
  // With equal rates the canary's share of the events is its share of the time.
  const odds = m / n;
  const share = (ratio: number) => (ratio * odds) / (1 + ratio * odds);
  const ratioOf = (p: number) => (p >= 1 ? Infinity : p / (1 - p) / odds);
  return {
    method: 'eventRate',
    size: Math.min(m, n),
    effectiveSize: Math.min(m, n) / dispersion.inflation,
    estimate: inBaseline === 0 ? (inCanary === 0 ? 0 : Infinity) : inCanary / inBaseline / odds - 1,
    pHigher: (margin) => (inCanary === 0 ? 1 : incompleteBeta(share(1 + margin), inCanary, inBaseline + 1)),
    pLower: (margin) =>
      inBaseline === 0 ? 1 : incompleteBeta(1 - share(Math.max(1 - margin, 0)), inBaseline, inCanary + 1),
    interval: (tail) => ({
      low: inCanary === 0 ? -1 : ratioOf(inverseBeta(tail, inCanary, inBaseline + 1)) - 1,
      high: inBaseline === 0 ? Infinity : ratioOf(inverseBeta(1 - tail, inCanary + 1, inBaseline)) - 1,
    }),
  };
}

interface Dispersion {
  /** Variance of the compared quantity over what Poisson's law gives. */
  scale: number;
  inflation: number;
}

const LEAST_SCALE = 0.5;

function pairedDispersion(experiment: readonly number[], control: readonly number[]): Dispersion {
  const differences = experiment.map((v, i) => v - control[i]!);
  const expected = mean(experiment) + mean(control);
  const inflation = varianceInflation(differences);
  const scale = expected === 0 ? 1 : (variance(differences) * inflation) / expected;
  return { scale: Math.max(scale, LEAST_SCALE), inflation };
}

function unpairedDispersion(experiment: readonly number[], control: readonly number[]): Dispersion {
  const m = experiment.length;
  const n = control.length;
  const expected = mean(experiment) / m + mean(control) / n;
  const fx = varianceInflation(experiment);
  const fy = varianceInflation(control);
  const found = (variance(experiment) * fx) / m + (variance(control) * fy) / n;
  const scale = expected === 0 ? 1 : found / expected;
  return { scale: Math.max(scale, LEAST_SCALE), inflation: Math.max(fx, fy) };
}

/**
 * Compares series that are zero most of the time in both of their parts: how often something happens (event rates of the
 * minutes that are not zero), and how large it is then (ranks of those values, where there are enough). Each part gets
 * half of the allowed error, so either may raise the alarm.
 */
export function compareZeroInflated(
  experiment: readonly number[],
  control: readonly number[],
  paired: boolean,
): Comparison {
  const happened = (values: readonly number[]): number[] => values.map((v) => (v > 0 ? 1 : 0));
  const often = compareEvents(happened(experiment), happened(control), paired);
  const large = [experiment, control].map((values) => values.filter((v) => v > 0));
  const [x = [], y = []] = large;
  if (x.length < SIZES_FROM || y.length < SIZES_FROM) return { ...often, method: 'zeroInflated' };
  const much = compareUnpaired(x, y);
  const either = (p: (c: Comparison) => number) => Math.min(1, 2 * Math.min(p(often), p(much)));
  const strongest = evidence(often) <= evidence(much) ? often : much;
  return {
    method: 'zeroInflated',
    size: often.size,
    effectiveSize: often.effectiveSize,
    estimate: strongest.estimate,
    pHigher: (margin) => either((c) => c.pHigher(margin)),
    pLower: (margin) => either((c) => c.pLower(margin)),
    interval: (tail) => strongest.interval(tail / 2),
  };
}

function evidence(c: Comparison): number {
  return Math.min(c.pHigher(0), c.pLower(0));
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const v of values) total += v;
  return total;
}
