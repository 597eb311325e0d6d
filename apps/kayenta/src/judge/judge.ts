import type { CanaryConfig, JudgeResult, MetricSetPair, ScoreThresholds } from '@gennaker/canary';

/** The evidence of a run so far, oldest first: the metric set pairs of the judgements that came before this one. */
export interface JudgeHistory {
  /** How many judgements the run plans in all, this one included. */
  plannedJudgements: number;
  /** Which judgement this is, from 1. */
  judgement: number;
  earlier: MetricSetPair[][];
}

/** What a judgement is made by. */
export interface JudgeContext {
  canaryConfig: CanaryConfig;
  scoreThresholds: ScoreThresholds;
  /** Absent for a judgement that stands alone. */
  history?: JudgeHistory;
}

export interface JudgeInput extends JudgeContext {
  metricSetPairList: MetricSetPair[];
}

/** One judgement: each pair is looked at for itself, in any order, as soon as it is measured; then the verdict is drawn. */
export interface Judgement<Examined = unknown> {
  /** The costly part. @throws InvalidInputError when the config cannot be judged, with the field and the fix */
  examine(pair: MetricSetPair): Examined;
  /** @param examined in the order of the list */
  conclude(examined: Examined[]): JudgeResult;
}

/** A pure function from measurements to a verdict: no clock, no I/O, and any noise comes from a seeded generator. */
export interface CanaryJudge {
  readonly name: string;
  /** Whether user interfaces should offer it. */
  readonly visible: boolean;
  open(context: JudgeContext): Judgement;
  /** The same for measurements that are at hand as a whole. @throws InvalidInputError */
  judge(input: JudgeInput): JudgeResult;
}

/** Declares a judge; what it keeps of a pair until the verdict is its own affair. */
export function defineJudge<Examined>(
  judge: Pick<CanaryJudge, 'name' | 'visible'> & { open(context: JudgeContext): Judgement<Examined> },
): CanaryJudge {
  return {
    ...judge,
    judge({ metricSetPairList, ...context }) {
      const judgement = judge.open(context);
      return judgement.conclude(metricSetPairList.map((pair) => judgement.examine(pair)));
    },
  };
}
