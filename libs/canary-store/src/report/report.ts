import {
  type AnalysisResult,
  ascending,
  percentile,
  type CanaryExecution,
  canaryStatusView,
  type MetricClassification,
  type MetricSetPair,
} from '@gennaker/canary';

export interface Distribution {
  /** Edges of the bins, one more than counts. */
  edges: number[];
  control: number[];
  experiment: number[];
}

export interface ReportSeries {
  startTimeMillis: number | undefined;
  stepMillis: number | undefined;
  values: number[];
  /** Minimum, quartiles and maximum; absent without values. */
  quantiles?: { min: number; p25: number; p50: number; p75: number; p95: number; max: number };
}

export interface ReportMetric {
  name: string;
  id: string;
  tags: Record<string, string>;
  groups: string[];
  classification: MetricClassification;
  words: string;
  critical: boolean;
  muted: boolean;
  /** Mean of the canary over that of the baseline. */
  ratio?: number;
  interval?: unknown;
  details: Record<string, unknown>;
  control: ReportSeries;
  experiment: ReportSeries;
  distribution?: Distribution;
}

export interface Report {
  execution: Record<string, unknown>;
  title: string;
  verdict: { score: number; classification: string; words: string } | undefined;
  groups: unknown[];
  metrics: ReportMetric[];
}

const BINS = 24;

/** All that a person needs to see why an analysis came out as it did. Results are as they were stored, NaN spelled out. */
export function reportOf(execution: CanaryExecution, pairs: MetricSetPair[]): Report {
  const { judgeResult, requested } = execution;
  const results = new Map((judgeResult?.results ?? []).map((result) => [result.id, result]));
  return {
    execution: canaryStatusView(execution),
    title: `${requested.config.name ?? 'Canary analysis'} for ${requested.application}`,
    verdict: judgeResult && {
      score: judgeResult.score.score,
      classification: judgeResult.score.classification,
      words: judgeResult.score.classificationReason,
    },
    groups: judgeResult?.groupScores ?? [],
    metrics: pairs.map((pair) => metricOf(pair, results.get(pair.id))),
  };
}

function metricOf(pair: MetricSetPair, result: AnalysisResult | undefined): ReportMetric {
  const metadata: Partial<NonNullable<AnalysisResult['resultMetadata']>> = result?.resultMetadata ?? {};
  const { ratio, interval, ...details } = metadata;
  return {
    name: pair.name,
    id: pair.id,
    tags: pair.tags,
    groups: result?.groups ?? [],
    classification: result?.classification ?? 'Error',
    words: result?.classificationReason ?? wordsFor(pair.name, result?.classification, ratio),
    critical: result?.critical ?? false,
    muted: result?.muted ?? false,
    ratio,
    interval,
    details,
    control: seriesOf(pair.values.control, pair.scopes.control),
    experiment: seriesOf(pair.values.experiment, pair.scopes.experiment),
    distribution: distributionOf(pair),
  };
}

/** Kayenta's judge gives no reason when a metric passes. */
function wordsFor(name: string, classification: string | undefined, ratio: number | undefined): string {
  if (classification === undefined) return `${name} was not judged`;
  const known = typeof ratio === 'number' && Number.isFinite(ratio);
  return known
    ? `${name}: ${classification}, mean at ${(100 * ratio).toFixed(1)} % of the baseline`
    : `${name}: ${classification}`;
}

function seriesOf(values: number[], scope: MetricSetPair['scopes']['control']): ReportSeries {
  const sorted = ascending(values.filter(Number.isFinite));
  const at = (p: number) => percentile(sorted, p);
  return {
    startTimeMillis: scope?.startTimeMillis ?? undefined,
    stepMillis: scope?.stepMillis ?? undefined,
    values,
    ...(sorted.length === 0
      ? {}
      : {
          quantiles: {
            min: sorted[0]!,
            p25: at(25),
            p50: at(50),
            p75: at(75),
            p95: at(95),
            max: sorted.at(-1)!,
          },
        }),
  };
}

function distributionOf({ values }: MetricSetPair): Distribution | undefined {
  const sides = [values.control, values.experiment].map((side) => side.filter(Number.isFinite));
  const all = ascending(sides.flat());
  const low = all[0];
  const high = all.at(-1);
  if (low === undefined || high === undefined) return undefined;
  const width = (high - low) / BINS || 1;
  const counts = sides.map((side) => {
    const bins = Array.from({ length: BINS }, () => 0);
    for (const v of side) bins[Math.min(BINS - 1, Math.floor((v - low) / width))]!++;
    return bins;
  });
  const edges = Array.from({ length: BINS + 1 }, (_, i) => low + i * width);
  return { edges, control: counts[0]!, experiment: counts[1]! };
}
