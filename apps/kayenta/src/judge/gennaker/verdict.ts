import type { AnalysisResult, MetricClassification } from '@gennaker/canary';
import { describe } from '../statistics/descriptive.js';
import { meanRatio, superiority } from '../statistics/effect-size.js';
import type { Comparison, Interval } from './comparison.js';
import type { Examined } from './examine.js';
import { toleratedBy } from './judge-configuration.js';
import { benjaminiHochberg, holm } from './multiplicity.js';
import type { Look } from './sequential.js';
import {
  type Finding,
  wordsForChange,
  wordsForDoubt,
  wordsForNoise,
  wordsForPass,
  wordsForTooFew,
} from './words.js';

/** A result, and whether an inconclusive one is so for want of points. */
export interface Verdict {
  result: AnalysisResult;
  tooFew: boolean;
}

interface Evidence {
  examined: Examined;
  comparison?: Comparison;
  pHigher: number;
  pLower: number;
  /** Two-sided p of the directions that matter. */
  p: number;
  weight: number;
}

const FEW_INDEPENDENT_POINTS = 20;

/**
 * Verdicts on all metrics of a judgement together. The chance of a false alarm is shared out: metrics that are critical
 * by Holm's procedure, the others by Benjamini and Hochberg's, each family with half of it when there are both.
 */
export function verdicts(
  all: Examined[],
  weightOf: (groups: string[]) => number,
  level: number,
  look: Look,
): Verdict[] {
  const evidence = all.map((examined) => weigh(examined, weightOf, look));
  const tested = evidence.filter((e) => e.comparison !== undefined && !e.examined.options.muted);
  const critical = tested.filter((e) => e.examined.options.critical);
  const ordinary = tested.filter((e) => !e.examined.options.critical);
  const families = critical.length > 0 && ordinary.length > 0 ? 2 : 1;
  const adjusted = new Map<Evidence, number>();
  for (const [family, procedure] of [
    [critical, holm],
    [ordinary, benjaminiHochberg],
  ] as const) {
    for (const [i, p] of procedure(family).entries()) adjusted.set(family[i]!, Math.min(1, p * families));
  }
  return evidence.map((e) =>
    decide(e, { level, look, metrics: tested.length, adjusted: adjusted.get(e) ?? e.p }),
  );
}

function weigh(examined: Examined, weightOf: (groups: string[]) => number, look: Look): Evidence {
  const weight = weightOf(examined.metric.groups ?? []);
  if (examined.outcome.kind !== 'compared') return { examined, pHigher: 1, pLower: 1, p: 1, weight };
  const { comparison } = examined.outcome;
  const { direction } = examined.options;
  const pHigher =
    direction === 'decrease' ? 1 : look.adjust(comparison.pHigher(examined.limits.marginHigher));
  const pLower = direction === 'increase' ? 1 : look.adjust(comparison.pLower(examined.limits.marginLower));
  return { examined, comparison, pHigher, pLower, p: Math.min(1, 2 * Math.min(pHigher, pLower)), weight };
}

interface Circumstances {
  level: number;
  look: Look;
  metrics: number;
  adjusted: number;
}

function decide(evidence: Evidence, circumstances: Circumstances): Verdict {
  const { examined, comparison } = evidence;
  const { options, pair } = examined;
  if (examined.outcome.kind === 'missing') {
    const fails = options.mustHaveData && !options.critical;
    const label = fails ? 'NodataFailMetric' : 'Nodata';
    const verdict = {
      label,
      words: `Missing data for ${pair.name}`,
      critical: options.critical && !fails,
    } as const;
    return { result: resultOf(examined, verdict, { ratio: 1 }), tooFew: false };
  }
  if (comparison === undefined) {
    const words = 'The Canary and Baseline data are identical';
    return {
      result: resultOf(examined, { label: 'Pass', words, critical: false }, { ratio: 1 }),
      tooFew: false,
    };
  }
  const interval = comparison.interval(circumstances.look.needed(circumstances.level / 2));
  const decision = classify(evidence, comparison, interval, circumstances);
  const { aligned, sorted } = examined;
  const metadata = {
    ratio: meanRatio(aligned.experiment, aligned.control),
    method: comparison.method,
    dataType: examined.outcome.kind === 'compared' ? examined.outcome.dataType : undefined,
    relativeChange: comparison.estimate,
    interval: { ...interval, confidence: 1 - circumstances.level },
    cles: superiority(sorted.experiment, sorted.control),
    pValue: evidence.p,
    adjustedPValue: circumstances.adjusted,
    size: comparison.size,
    effectiveSize: comparison.effectiveSize,
    paired: aligned.paired,
    coverage: aligned.coverage,
    margin: { increase: examined.limits.marginHigher, decrease: examined.limits.marginLower },
    warnings:
      comparison.effectiveSize < FEW_INDEPENDENT_POINTS
        ? [`only ${comparison.effectiveSize.toFixed(1)} independent points: small changes cannot be seen`]
        : [],
  };
  return { result: resultOf(examined, decision, metadata), tooFew: decision.tooFew === true };
}

interface Decision {
  label: MetricClassification;
  words: string;
  critical: boolean;
  tooFew?: boolean;
}

function classify(
  evidence: Evidence,
  comparison: Comparison,
  interval: Interval,
  { level, metrics, adjusted }: Circumstances,
): Decision {
  const { options, limits, aligned, pair } = evidence.examined;
  const finding: Finding = {
    name: pair.name,
    comparison,
    interval,
    paired: aligned.paired,
    level,
    ...limits,
  };
  const higher = evidence.pHigher <= evidence.pLower;
  if (adjusted <= level && allowsVerdict(evidence.examined, higher)) {
    const critical = options.critical && isCritical(evidence.examined, comparison.estimate, higher);
    const label = higher ? 'High' : 'Low';
    return { label, words: wordsForChange(finding, label, critical), critical };
  }
  const none = { critical: false };
  if (interval.low === -Infinity && interval.high === Infinity) {
    return {
      ...none,
      label: 'Inconclusive',
      words: wordsForTooFew(finding),
      tooFew: true,
      critical: options.critical,
    };
  }
  if (adjusted > level && evidence.p <= level && allowsVerdict(evidence.examined, higher)) {
    return { ...none, label: 'Inconclusive', words: wordsForDoubt(finding, metrics) };
  }
  return isSteady(evidence.examined, comparison, interval)
    ? { ...none, label: 'Pass', words: wordsForPass(finding) }
    : { ...none, label: 'Inconclusive', words: wordsForNoise(finding, limits) };
}

/** Whether the data rule out a change beyond the tolerance, with the judge's risk of passing over one that large. */
function isSteady({ options, limits }: Examined, comparison: Comparison, interval: Interval): boolean {
  const { higher, lower } = toleratedBy(comparison.method, limits);
  const within = ({ low, high }: Interval) =>
    (options.direction === 'decrease' || high <= higher) &&
    (options.direction === 'increase' || low >= lower);
  // The wider interval is at hand already, and mostly answers the question.
  return within(interval) || within(comparison.interval(limits.risk));
}

/** With the effect size measured as P(canary > baseline), its limits apply to that measure, on top of the margin. */
function allowsVerdict({ options, sorted }: Examined, higher: boolean): boolean {
  const { effectSize } = options;
  if (effectSize.measure !== 'cles') return true;
  const effect = superiority(sorted.experiment, sorted.control);
  return higher ? effect >= effectSize.allowedIncrease : effect <= effectSize.allowedDecrease;
}

function isCritical({ options, sorted }: Examined, change: number, higher: boolean): boolean {
  const { effectSize } = options;
  const effect = effectSize.measure === 'cles' ? superiority(sorted.experiment, sorted.control) : 1 + change;
  return higher ? effect >= effectSize.criticalIncrease : effect <= effectSize.criticalDecrease;
}

function resultOf(
  { pair, metric, options, aligned }: Examined,
  { label, words, critical }: Decision,
  resultMetadata: NonNullable<AnalysisResult['resultMetadata']>,
): AnalysisResult {
  return {
    name: pair.name,
    id: pair.id,
    tags: pair.tags,
    classification: label,
    classificationReason: words,
    groups: metric.groups ?? [],
    experimentMetadata: { stats: describe(aligned.experiment) },
    controlMetadata: { stats: describe(aligned.control) },
    resultMetadata,
    critical,
    muted: options.muted,
  };
}
