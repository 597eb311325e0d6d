import type { MetricSetPair } from '@gennaker/canary';

export type Pairing = 'auto' | 'always' | 'never';

/** The values that are compared, in the order of time and without missing points. */
export interface Aligned {
  /** True when the sides have the same length and belong together point by point. */
  paired: boolean;
  experiment: number[];
  control: number[];
  /** Points with a value over points asked for, the worse side. */
  coverage: number;
}

/**
 * Lines up both sides. They are paired when both ran together: same start and step, or nothing said about time and the same
 * number of points. A pair in which either point is missing is left out. Sides that did not run together keep all
 * of their own points.
 */
export function align(pair: MetricSetPair, pairing: Pairing): Aligned {
  const { experiment, control } = pair.values;
  const coverage = Math.min(coverageOf(experiment), coverageOf(control));
  if (pairing !== 'never' && (pairing === 'always' || ranTogether(pair))) {
    if (coverage === 1 && experiment.length === control.length) {
      return { paired: true, experiment, control, coverage };
    }
    const length = Math.min(experiment.length, control.length);
    const aligned: Aligned = { paired: true, experiment: [], control: [], coverage };
    for (let i = 0; i < length; i++) {
      const x = experiment[i]!;
      const y = control[i]!;
      if (Number.isNaN(x) || Number.isNaN(y)) continue;
      aligned.experiment.push(x);
      aligned.control.push(y);
    }
    // Sides whose points alternate share too few minutes to be compared minute by minute.
    if (2 * aligned.experiment.length >= Math.min(presentIn(experiment), presentIn(control))) return aligned;
  }
  const present = (values: number[]) => values.filter((v) => !Number.isNaN(v));
  return { paired: false, experiment: present(experiment), control: present(control), coverage };
}

function ranTogether(pair: MetricSetPair): boolean {
  const { experiment, control } = pair.scopes;
  const start = (scope: typeof control) =>
    scope?.startTimeMillis ?? (scope?.startTimeIso == null ? undefined : Date.parse(scope.startTimeIso));
  const starts = [start(experiment), start(control)];
  if (starts[0] === undefined || starts[1] === undefined) {
    return pair.values.experiment.length === pair.values.control.length;
  }
  return starts[0] === starts[1] && (experiment?.stepMillis ?? 0) === (control?.stepMillis ?? 0);
}

function presentIn(values: number[]): number {
  let present = 0;
  for (const v of values) if (!Number.isNaN(v)) present++;
  return present;
}

function coverageOf(values: number[]): number {
  return values.length === 0 ? 0 : presentIn(values) / values.length;
}

/** Same metric and same tags. */
function sameSeries(a: MetricSetPair, b: MetricSetPair): boolean {
  const keys = Object.keys(a.tags);
  return (
    a.name === b.name &&
    keys.length === Object.keys(b.tags).length &&
    keys.every((k) => a.tags[k] === b.tags[k])
  );
}

/**
 * Puts the windows of a run's judgements together into one, so that a sliding lookback does not forget what was seen: points
 * by their time, the newest reading of a time counts. Without times, or with another step, the latest window stands alone.
 */
export function mergeHistory(latest: MetricSetPair, earlier: MetricSetPair[][]): MetricSetPair {
  const windows = earlier.flatMap((pairs) => pairs.filter((pair) => sameSeries(pair, latest)));
  const merged = (['experiment', 'control'] as const).map((side) =>
    mergeSide([...windows, latest].map((w) => ({ ...w.scopes[side], values: w.values[side] }))),
  );
  const [experiment, control] = merged;
  if (experiment === undefined || control === undefined) return latest;
  return {
    ...latest,
    values: { experiment: experiment.values, control: control.values },
    scopes: {
      experiment: { startTimeMillis: experiment.start, stepMillis: experiment.step },
      control: { startTimeMillis: control.start, stepMillis: control.step },
    },
  };
}

interface Window {
  startTimeMillis?: number | null;
  stepMillis?: number | null;
  values: number[];
}

function mergeSide(windows: Window[]): { start: number; step: number; values: number[] } | undefined {
  const step = windows.at(-1)?.stepMillis ?? 0;
  const starts = windows.map((w) => w.startTimeMillis);
  if (step <= 0 || !starts.every((s): s is number => s != null)) return undefined;
  if (windows.some((w) => w.stepMillis !== step)) return undefined;
  const start = Math.min(...starts);
  const end = Math.max(...windows.map((w, i) => starts[i]! + step * w.values.length));
  const values = Array.from({ length: Math.round((end - start) / step) }, () => Number.NaN);
  for (const [i, window] of windows.entries()) {
    const offset = Math.round((starts[i]! - start) / step);
    for (const [j, v] of window.values.entries()) if (!Number.isNaN(v)) values[offset + j] = v;
  }
  return { start, step, values };
}
