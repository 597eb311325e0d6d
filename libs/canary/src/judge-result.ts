/** The verdicts of a judge on one metric. `Inconclusive` is given by GennakerJudge-v1 only. */
export type MetricClassification =
  'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric' | 'Error' | 'Inconclusive';

export interface MetricStatistics {
  min: number;
  max: number;
  mean: number;
  std: number;
  count: number;
}

/** The verdict on one metric set pair. Numbers may be NaN; `toCanaryJson` spells them. */
export interface AnalysisResult {
  name: string;
  /** The metric set pair's id. */
  id: string;
  tags: Record<string, string>;
  classification: MetricClassification;
  classificationReason?: string;
  groups: string[];
  experimentMetadata: { stats: MetricStatistics };
  controlMetadata: { stats: MetricStatistics };
  /** `ratio` is the mean of the canary over that of the baseline; a judge may add more. */
  resultMetadata?: { ratio: number } & Record<string, unknown>;
  critical: boolean;
  muted: boolean;
}

export interface GroupScore {
  name: string;
  score: number;
  classification: string;
  classificationReason: string;
}

export interface SummaryScore {
  score: number;
  classification: 'Pass' | 'Marginal' | 'Fail';
  classificationReason: string;
}

/** What a judge hands back for a list of metric set pairs. */
export interface JudgeResult {
  judgeName: string;
  results: AnalysisResult[];
  groupScores: GroupScore[];
  score: SummaryScore;
}
