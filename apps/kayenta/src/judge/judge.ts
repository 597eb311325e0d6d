import type { CanaryConfig, JudgeResult, MetricSetPair, ScoreThresholds } from '@gennaker/canary';

/** The evidence of a run so far, oldest first: the metric set pairs of the judgements that came before this one. */
export interface JudgeHistory {
  /** How many judgements the run plans in all, this one included. */
  plannedJudgements: number;
  /** Which judgement this is, from 1. */
  judgement: number;
  earlier: MetricSetPair[][];
}

export interface JudgeInput {
  canaryConfig: CanaryConfig;
  scoreThresholds: ScoreThresholds;
  metricSetPairList: MetricSetPair[];
  /** Absent for a judgement that stands alone. */
  history?: JudgeHistory;
}

/** A pure function from measurements to a verdict: no clock, no I/O, and any noise comes from a seeded generator. */
export interface CanaryJudge {
  readonly name: string;
  /** Whether user interfaces should offer it. */
  readonly visible: boolean;
  /** @throws InvalidInputError when the config cannot be judged, with the field and the fix. */
  judge(input: JudgeInput): JudgeResult;
}
