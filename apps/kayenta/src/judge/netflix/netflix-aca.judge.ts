import type {
  AnalysisResult,
  CanaryConfig,
  JudgeResult,
  MetricConfig,
  MetricSetPair,
} from '@gennaker/canary';
import { InvalidInputError } from '@gennaker/kernel';
import { defineJudge } from '../judge.js';
import { AllTiedError } from '../mann-whitney/mann-whitney.js';
import { metricOptions } from '../metric-options.js';
import { describe } from '../statistics/descriptive.js';
import { gaussianFrom, seededUniform } from '../statistics/random.js';
import { handleNaN, removeOutliers } from '../transforms.js';
import { type Classification, classify } from './classify.js';
import { label, score } from './score.js';

const TOLERANCE = 0.25;
const CONFIDENCE = 0.98;
/** Kayenta draws this noise unseeded; a fixed seed makes a judgement repeatable, and no verdict hangs on it. */
const NOISE_SEED = 20_180_215;

/** The first metric config with that name. @throws InvalidInputError when there is none. */
export function metricConfigOf(config: CanaryConfig, name: string): MetricConfig {
  const metric = config.metrics?.find((m) => m.name === name);
  if (metric === undefined) {
    throw new InvalidInputError('kayenta.unknown_metric', `Could not find metric config for ${name}`);
  }
  return metric;
}

function judgeMetric(metric: MetricConfig, pair: MetricSetPair): AnalysisResult {
  const options = metricOptions(metric);
  const transform = (values: readonly number[]) => {
    const kept = handleNaN(values, options.nanStrategy);
    return options.removeOutliers ? removeOutliers(kept, options.outlierFactor) : kept;
  };
  const experiment = transform(pair.values.experiment);
  const control = transform(pair.values.control);
  const { classification, reason, deviation, critical } = orError(() =>
    classify({
      ...options,
      name: pair.name,
      experiment,
      control,
      tolerance: TOLERANCE,
      confidence: CONFIDENCE,
      gaussian: gaussianFrom(seededUniform(NOISE_SEED)),
    }),
  );
  return {
    name: pair.name,
    id: pair.id,
    tags: pair.tags,
    classification,
    ...(reason === undefined ? {} : { classificationReason: reason }),
    groups: metric.groups ?? [],
    experimentMetadata: { stats: describe(experiment) },
    controlMetadata: { stats: describe(control) },
    ...(deviation === undefined ? {} : { resultMetadata: { ratio: deviation } }),
    critical,
    muted: options.muted,
  };
}

/** A statistic without variance is a verdict of its own, and never a critical one: as in Kayenta. */
function orError(
  run: () => Classification,
): Omit<Classification, 'deviation'> & Partial<Pick<Classification, 'deviation'>> {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof AllTiedError)) throw error;
    return { classification: 'Error', reason: 'Metric Classification Failed', critical: false };
  }
}

/** Kayenta's standard judge: same verdicts, scores and result JSON for the same metric set pairs. */
export const netflixAcaJudge = defineJudge({
  name: 'NetflixACAJudge-v1.0',
  visible: true,
  open: ({ canaryConfig, scoreThresholds }) => ({
    examine: (pair) => judgeMetric(metricConfigOf(canaryConfig, pair.name), pair),
    conclude(results: AnalysisResult[]): JudgeResult {
      const summary = score(
        results.filter((r) => !r.muted),
        canaryConfig.classifier?.groupWeights ?? {},
      );
      return {
        judgeName: netflixAcaJudge.name,
        results,
        groupScores: summary.groupScores.map((group) => ({
          name: group.name,
          score: group.score,
          classification: '',
          classificationReason: '',
        })),
        score: label(summary, scoreThresholds),
      };
    },
  }),
});
