import type { MetricConfig, MetricSetPair } from '@gennaker/canary';
import { type MetricOptions, metricOptions } from '../metric-options.js';
import { ascending } from '../statistics/descriptive.js';
import { iqrOutliers } from '../statistics/outliers.js';
import { type Aligned, align } from './align.js';
import type { Comparison } from './comparison.js';
import { type DataType, dataTypeOf } from './data-type.js';
import { compareEvents, compareZeroInflated } from './event-comparison.js';
import { type JudgeConfiguration, type MetricLimits, metricLimits } from './judge-configuration.js';
import { comparePaired, compareUnpaired, type SortedSides } from './rank-comparison.js';

/** One metric, looked at for itself: the evidence, or the reason why there is none. */
export interface Examined {
  pair: MetricSetPair;
  metric: MetricConfig;
  options: MetricOptions;
  limits: MetricLimits;
  aligned: Aligned;
  /** The aligned values of each side, ascending. */
  sorted: SortedSides;
  outcome:
    | { kind: 'missing' }
    | { kind: 'identical' }
    | { kind: 'compared'; dataType: DataType; comparison: Comparison };
}

/** @throws InvalidInputError for options of the wrong type. */
export function examine(metric: MetricConfig, pair: MetricSetPair, judge: JudgeConfiguration): Examined {
  const options = metricOptions(metric);
  const limits = metricLimits(pair.name, options, judge);
  const nothing = (values: number[]) => !values.some(Number.isFinite);
  const absent = nothing(pair.values.experiment) || nothing(pair.values.control);
  const prepared = { ...pair, values: prepare(pair, options) };
  const aligned = align(prepared, judge.pairing);
  const sorted = { experiment: ascending(aligned.experiment), control: ascending(aligned.control) };
  const examined = { pair, metric, options, limits, aligned, sorted };

  // Zeros put in for missing points must not make a metric that has to have data look alive.
  const missing =
    (absent && (options.nanStrategy === 'remove' || options.mustHaveData)) ||
    aligned.experiment.length === 0 ||
    aligned.control.length === 0;
  if (missing) return { ...examined, outcome: { kind: 'missing' } };
  if (identical(aligned)) return { ...examined, outcome: { kind: 'identical' } };

  const { experiment, control } = aligned;
  const dataType = limits.dataType === 'auto' ? dataTypeOf(experiment, control) : limits.dataType;
  return {
    ...examined,
    outcome: { kind: 'compared', dataType, comparison: compare(dataType, aligned, sorted) },
  };
}

function compare(type: DataType, { experiment, control, paired }: Aligned, sorted: SortedSides): Comparison {
  switch (type) {
    case 'count':
      return compareEvents(experiment, control, paired);
    case 'zeroInflated':
      return compareZeroInflated(experiment, control, paired);
    case 'continuous':
      return paired
        ? comparePaired(experiment, control, sorted)
        : compareUnpaired(experiment, control, sorted);
  }
}

/** Missing points by the metric's strategy; infinities and, if asked for, outliers become missing points. */
function prepare(pair: MetricSetPair, options: MetricOptions): { experiment: number[]; control: number[] } {
  const side = (values: number[]) => {
    const finite = allFinite(values)
      ? values
      : values.map((v) =>
          Number.isFinite(v) ? v : Number.isNaN(v) && options.nanStrategy === 'replace' ? 0 : Number.NaN,
        );
    if (!options.removeOutliers) return finite;
    const present = finite.filter((v) => !Number.isNaN(v));
    const outlier = iqrOutliers(present, options.outlierFactor, true);
    let i = 0;
    return finite.map((v) => (Number.isNaN(v) || outlier[i++] === true ? Number.NaN : v));
  };
  return { experiment: side(pair.values.experiment), control: side(pair.values.control) };
}

function allFinite(values: readonly number[]): boolean {
  for (const v of values) if (!Number.isFinite(v)) return false;
  return true;
}

function identical({ experiment, control }: Aligned): boolean {
  if (experiment.length !== control.length) {
    const first = control[0];
    return control.every((v) => v === first) && experiment.every((v) => v === first);
  }
  return experiment.every((v, i) => v === control[i]);
}
