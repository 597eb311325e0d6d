import { PromqlError } from './promql-lexer.js';
import type { Sample } from './series-source.js';

interface Window {
  samples: Sample[];
  from: number;
  to: number;
}

/** Increase of a counter over a window with resets, extrapolated to its edges as Prometheus does. */
function extrapolated(
  { samples, from, to }: Window,
  isCounter: boolean,
  isRate: boolean,
): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || samples.length < 2) return undefined;
  let increase = last.value - first.value;
  if (isCounter) {
    let before = first.value;
    for (const { value } of samples.slice(1)) {
      if (value < before) increase += before;
      before = value;
    }
  }
  const sampled = (last.time - first.time) / 1_000;
  const spacing = sampled / (samples.length - 1);
  let toStart = (first.time - from) / 1_000;
  let toEnd = (to - last.time) / 1_000;
  const threshold = spacing * 1.1;
  if (toStart >= threshold) toStart = spacing / 2;
  if (isCounter && increase > 0 && first.value >= 0) {
    // A counter is not extrapolated below zero.
    toStart = Math.min(toStart, sampled * (first.value / increase));
  }
  if (toEnd >= threshold) toEnd = spacing / 2;
  const factor = (sampled + toStart + toEnd) / sampled;
  const result = increase * factor;
  return isRate ? result / ((to - from) / 1_000) : result;
}

function instant({ samples }: Window, isCounter: boolean, perSecond: boolean): number | undefined {
  const last = samples.at(-1);
  const before = samples.at(-2);
  if (!last || !before) return undefined;
  const delta = isCounter && last.value < before.value ? last.value : last.value - before.value;
  return perSecond ? delta / ((last.time - before.time) / 1_000) : delta;
}

const values = (window: Window): number[] => window.samples.map((sample) => sample.value);
const sum = (list: number[]): number => list.reduce((total, value) => total + value, 0);

export function variance(list: number[]): number {
  const mean = sum(list) / list.length;
  return sum(list.map((value) => (value - mean) ** 2)) / list.length;
}

export function quantile(q: number, list: number[]): number {
  if (list.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const sorted = [...list].sort((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? Number.NaN;
  const high = sorted[Math.ceil(rank)] ?? Number.NaN;
  return low + (high - low) * (rank - Math.floor(rank));
}

/** Functions over a range of samples. Undefined drops the series from the result. */
export const RANGE_FUNCTIONS: Readonly<
  Record<string, (window: Window, parameter: number) => number | undefined>
> = {
  rate: (window) => extrapolated(window, true, true),
  increase: (window) => extrapolated(window, true, false),
  delta: (window) => extrapolated(window, false, false),
  irate: (window) => instant(window, true, true),
  idelta: (window) => instant(window, false, false),
  avg_over_time: (window) => sum(values(window)) / window.samples.length,
  sum_over_time: (window) => sum(values(window)),
  min_over_time: (window) => Math.min(...values(window)),
  max_over_time: (window) => Math.max(...values(window)),
  count_over_time: (window) => window.samples.length,
  last_over_time: (window) => window.samples.at(-1)?.value,
  stddev_over_time: (window) => Math.sqrt(variance(values(window))),
  stdvar_over_time: (window) => variance(values(window)),
  present_over_time: () => 1,
  quantile_over_time: (window, q) => quantile(q, values(window)),
  changes: (window) =>
    values(window).filter((value, index, list) => index > 0 && value !== list[index - 1]).length,
  resets: (window) =>
    values(window).filter((value, index, list) => index > 0 && value < (list[index - 1] ?? 0)).length,
};

/** Functions of one value. */
export const VALUE_FUNCTIONS: Readonly<Record<string, (value: number, ...parameters: number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  sqrt: Math.sqrt,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sgn: Math.sign,
  round: (value, to = 1) => Math.floor(value / to + 0.5) * to,
  clamp: (value, low = -Infinity, high = Infinity) => Math.max(low, Math.min(high, value)),
  clamp_min: (value, low = -Infinity) => Math.max(low, value),
  clamp_max: (value, high = Infinity) => Math.min(high, value),
};

export function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
    default:
      throw new PromqlError(`operator ${operator} is not defined between these values`);
  }
}

export const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};
