import type { GroupScore, ScoreThresholds, SummaryScore } from '@gennaker/canary';
import { label, roundHalfUp } from '../netflix/score.js';
import type { Verdict } from './verdict.js';

/** Verdicts that say something about the canary; the others neither help nor harm a score. */
const CONCLUSIVE = new Set(['Pass', 'High', 'Low', 'NodataFailMetric']);

/**
 * Weights of the groups in per cent that add up to 100: configured ones, groups without one sharing what is left, and all
 * scaled so that nothing is lost to groups that have no metric or no data.
 */
export function normalisedWeights(groups: string[], configured: Record<string, number>): Map<string, number> {
  const spent = Object.values(configured).reduce((sum, w) => sum + Math.max(w, 0), 0);
  const unweighted = groups.filter((g) => configured[g] === undefined).length;
  const rest = unweighted > 0 ? Math.max(100 - spent, 0) / unweighted : 0;
  const raw = groups.map((g) => Math.max(configured[g] ?? rest, 0));
  const total = raw.reduce((sum, w) => sum + w, 0);
  return new Map(groups.map((g, i) => [g, total > 0 ? (100 * raw[i]!) / total : 100 / groups.length]));
}

/** Metrics without a group count as one group of their own, with the empty name. */
export function groupsOf(groups: readonly string[]): readonly string[] {
  return groups.length > 0 ? groups : [''];
}

export interface ScoreInput {
  verdicts: Verdict[];
  groupWeights: Record<string, number>;
  thresholds: ScoreThresholds;
  /** Whether more judgements of the run follow, so that an open question may stay open. */
  moreFollow: boolean;
  /** What a run gets in which no metric was steady enough for a verdict. Too few points never pass. */
  inconclusive: 'pass' | 'fail';
}

export function gennakerScore(input: ScoreInput): { groupScores: GroupScore[]; score: SummaryScore } {
  const counted = input.verdicts.filter((v) => !v.result.muted);
  const groupScores = scoreGroups(counted);
  const summarise = (summaryScore: number, reason?: string) => ({
    groupScores: groupScores.map((g) => ({
      name: g.name,
      score: g.score ?? 0,
      classification: '',
      classificationReason: '',
    })),
    score: label({ summaryScore, reason, groupScores: [], numMetrics: counted.length }, input.thresholds),
  });

  const failure = counted.find((v) => isCriticalFailure(v, input.moreFollow));
  if (failure !== undefined)
    return summarise(0, `Canary Failed: ${failure.result.classificationReason ?? ''}`);
  const missing = counted.filter((v) => v.result.classification === 'Nodata').length;
  if (counted.length > 0 && 2 * missing >= counted.length) {
    return summarise(0, 'Canary Failed: 50% or more metrics returned NODATA');
  }
  const judged = groupScores.filter((g): g is { name: string; score: number } => g.score !== undefined);
  if (judged.length === 0) {
    if (input.moreFollow) return summarise(100, 'No verdict yet: no metric has enough data so far');
    const noisy = counted.some((v) => v.result.classification === 'Inconclusive' && !v.tooFew);
    return noisy && input.inconclusive === 'pass'
      ? summarise(100, 'No change was found, though no metric is steady enough to rule one out')
      : summarise(0, 'Canary inconclusive: no metric has enough data for a verdict');
  }
  const weights = normalisedWeights(
    judged.map((g) => g.name),
    input.groupWeights,
  );
  const total = judged.reduce((sum, g) => sum + (g.score * (weights.get(g.name) ?? 0)) / 100, 0);
  return summarise(roundHalfUp(total));
}

function isCriticalFailure({ result, tooFew }: Verdict, moreFollow: boolean): boolean {
  if (!result.critical || result.classification === 'Pass') return false;
  return result.classification !== 'Inconclusive' || (tooFew && !moreFollow);
}

/** 100 times the share of passed metrics among those with a conclusion; undefined when a group has none. */
function scoreGroups(verdicts: Verdict[]): { name: string; score: number | undefined }[] {
  const groups = new Map<string, { passed: number; judged: number }>();
  for (const { result } of verdicts) {
    for (const name of new Set(groupsOf(result.groups))) {
      const group = groups.get(name) ?? { passed: 0, judged: 0 };
      if (CONCLUSIVE.has(result.classification)) group.judged++;
      if (result.classification === 'Pass') group.passed++;
      groups.set(name, group);
    }
  }
  return [...groups].map(([name, { passed, judged }]) => ({
    name,
    score: judged === 0 ? undefined : (100 * passed) / judged,
  }));
}
