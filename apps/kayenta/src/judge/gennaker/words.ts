import type { Comparison, Interval } from './comparison.js';
import { type MetricLimits, toleratedBy } from './judge-configuration.js';

export interface Finding {
  name: string;
  comparison: Comparison;
  interval: Interval;
  paired: boolean;
  level: number;
  marginHigher: number;
  marginLower: number;
}

/** +12.3 %, or "any amount" where there is no bound. */
function percent(change: number): string {
  if (!Number.isFinite(change)) return change > 0 ? 'any amount' : 'all of it';
  const value = change * 100;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 2;
  return `${value >= 0 ? '+' : '-'}${Math.abs(value).toFixed(digits)} %`;
}

function share(value: number): string {
  return `${Number((value * 100).toFixed(2))} %`;
}

function basis({ comparison: c, paired }: Finding): string {
  const worth = Math.round(c.effectiveSize * 10) / 10;
  const points = `${c.size} ${paired ? 'paired ' : ''}points`;
  return worth >= c.size ? points : `${points} worth ${worth} independent ones`;
}

function range({ interval }: Pick<Finding, 'interval'>): string {
  if (interval.high === Infinity) return `${percent(interval.low)} or more`;
  return `${percent(interval.low)} to ${percent(interval.high)}`;
}

const confidence = (finding: Finding) => share(1 - finding.level);

export function wordsForChange(finding: Finding, direction: 'High' | 'Low', critical: boolean): string {
  const rose = direction === 'High';
  const margin = rose ? finding.marginHigher : finding.marginLower;
  const { estimate } = finding.comparison;
  const amount = Number.isFinite(estimate) ? `: ${percent(estimate)}` : ' from zero';
  return (
    `${finding.name} ${rose ? 'rose' : 'fell'}${amount} (${confidence(finding)} interval ${range(finding)}) ` +
    `in ${basis(finding)}; changes up to ${share(margin)} are ignored${critical ? ' (Critical)' : ''}`
  );
}

export function wordsForPass(finding: Finding): string {
  return (
    `${finding.name} did not change noticeably: ${percent(finding.comparison.estimate)} ` +
    `(${confidence(finding)} interval ${range(finding)}) in ${basis(finding)}`
  );
}

export function wordsForNoise(finding: Finding, limits: MetricLimits): string {
  const likely = { interval: finding.comparison.interval(limits.risk) };
  const { higher } = toleratedBy(finding.comparison.method, limits);
  return (
    `${finding.name} allows no verdict: ${range(likely)} is likely (${share(1 - 2 * limits.risk)} interval), and a ` +
    `change of ${share(higher)} must be ruled out to pass; ${basis(finding)}`
  );
}

export function wordsForDoubt(finding: Finding, metrics: number): string {
  return (
    `${finding.name} seems to have changed by ${percent(finding.comparison.estimate)} (interval ${range(finding)}), ` +
    `but among ${metrics} metrics that happens by chance too often for a verdict; ${basis(finding)}`
  );
}

export function wordsForTooFew(finding: Finding): string {
  return `${finding.name} has too few points for a verdict: ${basis(finding)} cannot reach ${confidence(finding)} confidence`;
}
