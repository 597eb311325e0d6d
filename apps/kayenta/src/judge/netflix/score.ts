import type { AnalysisResult, ScoreThresholds, SummaryScore } from '@gennaker/canary';

export type ScoredResult = Pick<
  AnalysisResult,
  'name' | 'groups' | 'classification' | 'classificationReason' | 'critical'
>;

export interface GroupTally {
  name: string;
  score: number;
  /** No member could be classified, so the group counts as passed in the sum. */
  noData: boolean;
  labelCounts: Record<string, number>;
  numMetrics: number;
}

export interface ScoreSummary {
  summaryScore: number;
  reason?: string;
  groupScores: GroupTally[];
  numMetrics: number;
}

const COUNTED = new Set(['High', 'Low', 'Pass', 'NodataFailMetric']);

/**
 * Kayenta's weighted sum of group scores over results that are not muted. A critical failure, or missing data in half of
 * the metrics, makes the score 0.
 *
 * @param groupWeights per cent; groups without one share what is left to 100, and nothing is normalised
 */
export function score(results: readonly ScoredResult[], groupWeights: Record<string, number>): ScoreSummary {
  const groupScores = tally(results);
  const summary = { groupScores, numMetrics: results.length };
  const failure = results.find((r) => r.critical && r.classification !== 'Pass');
  if (failure !== undefined) {
    return { ...summary, summaryScore: 0, reason: `Canary Failed: ${failure.classificationReason ?? ''}` };
  }
  const missing = results.filter((r) => r.classification === 'Nodata').length;
  if ((100 * missing) / results.length >= 50) {
    return { ...summary, summaryScore: 0, reason: 'Canary Failed: 50% or more metrics returned NODATA' };
  }

  const unweighted = groupScores.filter((g) => groupWeights[g.name] === undefined).length;
  const spent = Object.values(groupWeights).reduce((sum, weight) => sum + weight, 0);
  let total = 0;
  for (const group of groupScores) {
    const weight = groupWeights[group.name] ?? (100 - spent) / unweighted;
    total += (group.noData ? 100 : group.score) * (weight / 100);
  }
  return { ...summary, summaryScore: roundHalfUp(total) };
}

function tally(results: readonly ScoredResult[]): GroupTally[] {
  const groups = new Map<string, GroupTally>();
  for (const result of results) {
    for (const name of new Set(result.groups)) {
      const group = groups.get(name) ?? { name, score: 0, noData: true, labelCounts: {}, numMetrics: 0 };
      group.numMetrics++;
      group.labelCounts[result.classification] = (group.labelCounts[result.classification] ?? 0) + 1;
      groups.set(name, group);
    }
  }
  for (const group of groups.values()) {
    const counted = Object.entries(group.labelCounts).filter(([label]) => COUNTED.has(label));
    const total = counted.reduce((sum, [, count]) => sum + count, 0);
    group.noData = total === 0;
    group.score = total === 0 ? 0 : (100 * (group.labelCounts.Pass ?? 0)) / total;
  }
  return [...groups.values()];
}

/** Puts the score against the thresholds of the execution request. */
export function label(summary: ScoreSummary, thresholds: ScoreThresholds): SummaryScore {
  const { summaryScore, reason } = summary;
  return {
    score: summaryScore,
    classification:
      summaryScore >= thresholds.pass ? 'Pass' : summaryScore >= thresholds.marginal ? 'Marginal' : 'Fail',
    classificationReason: reason ?? '',
  };
}

/** Rounds the shortest decimal text of a double half up (away from zero) to two decimals, as BigDecimal does. */
export function roundHalfUp(value: number): number {
  if (!Number.isFinite(value)) return value;
  const text = Math.abs(value).toString();
  const [digits = '0', exponent] = text.split('e');
  if (exponent !== undefined) return Number(exponent) > 0 ? value : 0;
  const [whole = '0', fraction = ''] = digits.split('.');
  const cents = BigInt(whole) * 100n + BigInt(`${fraction}00`.slice(0, 2));
  const up = (fraction[2] ?? '0') >= '5' ? 1n : 0n;
  const rounded = Number(cents + up) / 100;
  return value < 0 ? -rounded : rounded;
}
