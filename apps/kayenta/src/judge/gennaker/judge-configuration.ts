import type { CanaryConfig } from '@gennaker/canary';
import type { MetricOptions } from '../metric-options.js';
import { OptionReader } from '../metric-options.js';
import type { Pairing } from './align.js';
import type { Method } from './comparison.js';
import type { DataType } from './data-type.js';

/** `judge.judgeConfigurations` of a config that is judged by GennakerJudge-v1. All shares are between 0 and 1. */
export interface JudgeConfiguration {
  /** Chance of a false alarm, over all metrics of a run together when nothing has changed. */
  level: number;
  /** Relative changes up to this are of no practical concern. */
  margin: number;
  /**
   * The largest relative change that may go unnoticed: a metric passes only when the data rule out more than that. For event
   * rates, of which it takes many to see a small change, a doubling by default.
   */
  tolerance: number;
  eventTolerance: number;
  /** Chance at which a change as large as the tolerance would be passed over. */
  risk: number;
  pairing: Pairing;
  /** Hold judgements of one run to limits that stay honest however often one looks. */
  sequential: boolean;
  /** What a run gets in which nothing was found, but no metric was steady enough to rule a change out. */
  inconclusive: 'pass' | 'fail';
}

const DEFAULTS: JudgeConfiguration = {
  level: 0.02,
  margin: 0.01,
  tolerance: 0.25,
  eventTolerance: 1,
  risk: 0.1,
  pairing: 'auto',
  sequential: true,
  inconclusive: 'pass',
};

/** @throws InvalidInputError for a value of the wrong type or out of range. */
export function judgeConfiguration(config: CanaryConfig): JudgeConfiguration {
  const raw = config.judge?.judgeConfigurations ?? {};
  const path = 'judge.judgeConfigurations';
  const read = new OptionReader(path);
  const share = (key: 'level' | 'margin' | 'tolerance' | 'eventTolerance' | 'risk', high: number) => {
    const value = read.number(raw, key, DEFAULTS[key]);
    const fits = value >= 0 && value < high && (value > 0 || (key !== 'level' && key !== 'risk'));
    if (!fits) {
      read.problems.push({
        path: `${path}.${key}`,
        message: `must be above 0 and below ${high}, but is ${value}`,
      });
    }
    return value;
  };
  const found: JudgeConfiguration = {
    level: share('level', 0.5),
    margin: share('margin', 100),
    tolerance: share('tolerance', 100),
    eventTolerance: share('eventTolerance', 100),
    risk: share('risk', 0.5),
    pairing: read.choice(raw, 'pairing', ['auto', 'always', 'never'], DEFAULTS.pairing),
    sequential: read.boolean(raw, 'sequential', DEFAULTS.sequential),
    inconclusive: read.choice(raw, 'inconclusive', ['pass', 'fail'], DEFAULTS.inconclusive),
  };
  read.done();
  return found;
}

/** What this judge needs to know about one metric beyond Kayenta's options. */
export interface MetricLimits {
  marginHigher: number;
  marginLower: number;
  tolerance: number;
  eventTolerance: number;
  risk: number;
  dataType: DataType | 'auto';
}

/** The changes that a comparison by this method has to rule out; a halved rate is as far from no change as a doubled one. */
export function toleratedBy(method: Method, limits: MetricLimits): { higher: number; lower: number } {
  return method === 'pairedRank' || method === 'rankSum'
    ? { higher: limits.tolerance, lower: -limits.tolerance }
    : { higher: limits.eventTolerance, lower: 1 / (1 + limits.eventTolerance) - 1 };
}

/**
 * The practical margins of a metric: its own `margin`, else what its effect size allows (allowedIncrease 1.2 is a margin of
 * 0.2 upwards), else the judge's.
 *
 * @throws InvalidInputError for a value of the wrong type.
 */
export function metricLimits(name: string, options: MetricOptions, judge: JudgeConfiguration): MetricLimits {
  const read = new OptionReader(`metrics[${name}].analysisConfigurations.canary`);
  const own = options.raw.margin == null ? undefined : Math.max(0, read.number(options.raw, 'margin', 0));
  const effect = read.object(options.raw, 'effectSize');
  const ratio = options.effectSize.measure === 'meanRatio';
  const allowed = (key: 'allowedIncrease' | 'allowedDecrease') =>
    ratio && effect[key] != null ? Math.max(0, Math.abs(options.effectSize[key] - 1)) : judge.margin;
  const marginHigher = own ?? allowed('allowedIncrease');
  const marginLower = own ?? allowed('allowedDecrease');
  const atLeastMargin = (value: number) => Math.max(value, marginHigher, marginLower);
  const tolerance = atLeastMargin(read.number(options.raw, 'tolerance', judge.tolerance));
  const eventTolerance = atLeastMargin(read.number(options.raw, 'tolerance', judge.eventTolerance));
  const dataType = read.choice(
    options.raw,
    'dataType',
    ['auto', 'continuous', 'count', 'zeroInflated'] as const,
    'auto',
  );
  read.done();
  return { marginHigher, marginLower, tolerance, eventTolerance, risk: judge.risk, dataType };
}
