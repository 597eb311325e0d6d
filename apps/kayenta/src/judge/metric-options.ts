import type { MetricConfig } from '@gennaker/canary';
import { type FieldProblem, InvalidInputError } from '@gennaker/kernel';
import type { NanStrategy } from './transforms.js';

export type Direction = 'increase' | 'decrease' | 'either';
export type EffectMeasure = 'meanRatio' | 'cles';

export interface EffectSizes {
  measure: EffectMeasure;
  allowedIncrease: number;
  allowedDecrease: number;
  criticalIncrease: number;
  criticalDecrease: number;
}

/** `analysisConfigurations.canary` of one metric, with the defaults filled in. */
export interface MetricOptions {
  direction: Direction;
  nanStrategy: NanStrategy;
  removeOutliers: boolean;
  outlierFactor: number;
  critical: boolean;
  mustHaveData: boolean;
  muted: boolean;
  effectSize: EffectSizes;
  /** The raw object, for options that only one judge knows. */
  raw: Record<string, unknown>;
}

/** Reads typed fields of a loosely typed object and collects what is wrong with them. */
export class OptionReader {
  readonly problems: FieldProblem[] = [];

  constructor(private readonly path: string) {}

  object(from: Record<string, unknown>, key: string): Record<string, unknown> {
    const value = from[key];
    if (value == null) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    return this.refuse(key, 'an object', value, {});
  }

  boolean(from: Record<string, unknown>, key: string, fallback: boolean): boolean {
    const value = from[key];
    if (value == null) return fallback;
    return typeof value === 'boolean' ? value : this.refuse(key, 'true or false', value, fallback);
  }

  number(from: Record<string, unknown>, key: string, fallback: number): number {
    const value = from[key];
    if (value == null) return fallback;
    return typeof value === 'number' ? value : this.refuse(key, 'a number', value, fallback);
  }

  /** Text that is not one of the choices means the fallback, as in Kayenta; what is not text is refused. */
  choice<T extends string>(
    from: Record<string, unknown>,
    key: string,
    choices: readonly T[],
    fallback: T,
  ): T {
    const value = from[key];
    if (value == null) return fallback;
    if (typeof value !== 'string') return this.refuse(key, `one of ${choices.join(', ')}`, value, fallback);
    return choices.find((choice) => choice === value) ?? fallback;
  }

  /** @throws InvalidInputError when anything was refused. */
  done(): void {
    if (this.problems.length > 0)
      throw new InvalidInputError('kayenta.invalid_metric_options', this.problems);
  }

  private refuse<T>(key: string, wanted: string, value: unknown, fallback: T): T {
    this.problems.push({
      path: `${this.path}.${key}`,
      message: `must be ${wanted}, but is ${JSON.stringify(value)}`,
    });
    return fallback;
  }
}

/**
 * Reads the canary options of a metric with Kayenta's defaults.
 *
 * @throws InvalidInputError for a value of the wrong type, for example a number written as a string.
 */
export function metricOptions(metric: MetricConfig): MetricOptions {
  const raw = metric.analysisConfigurations?.canary ?? {};
  const read = new OptionReader(`metrics[${metric.name ?? ''}].analysisConfigurations.canary`);
  const outliers = read.object(raw, 'outliers');
  const effect = read.object(raw, 'effectSize');
  const measure = read.choice(effect, 'measure', ['meanRatio', 'cles'], 'meanRatio');
  const neutral = measure === 'cles' ? 0.5 : 1;
  const options: MetricOptions = {
    direction: read.choice(raw, 'direction', ['increase', 'decrease', 'either'], 'either'),
    nanStrategy: read.choice(raw, 'nanStrategy', ['remove', 'replace'], 'remove'),
    removeOutliers: read.choice(outliers, 'strategy', ['remove', 'keep'], 'keep') === 'remove',
    outlierFactor: read.number(outliers, 'outlierFactor', 3),
    critical: read.boolean(raw, 'critical', false),
    mustHaveData: read.boolean(raw, 'mustHaveData', false),
    muted: read.boolean(raw, 'muted', false),
    effectSize: {
      measure,
      allowedIncrease: read.number(effect, 'allowedIncrease', neutral),
      allowedDecrease: read.number(effect, 'allowedDecrease', neutral),
      criticalIncrease: read.number(effect, 'criticalIncrease', neutral),
      criticalDecrease: read.number(effect, 'criticalDecrease', neutral),
    },
    raw,
  };
  if (options.removeOutliers && !(options.outlierFactor > 0)) {
    read.problems.push({
      path: `metrics[${metric.name ?? ''}].analysisConfigurations.canary.outliers.outlierFactor`,
      message: `must be greater than zero, but is ${options.outlierFactor}`,
    });
  }
  read.done();
  return options;
}
