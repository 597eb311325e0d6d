import type { CanaryConfig, JudgeResult, MetricSetPair, ScoreThresholds } from '@gennaker/canary';
import type { CanaryJudge } from '../judge/judge.js';

/** The changes that are tried, smallest first. */
const CHANGES = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2, 4];
/** A change counts as noticed when this share of the windows shows it. */
const NOTICED = 0.8;

export interface MetricCalibration {
  name: string;
  /** Share of windows in which the metric was called changed although nothing had. */
  falseAlarmRate: number;
  inconclusiveRate: number;
  noDataRate: number;
  /** The smallest relative rise and fall of those tried that most windows show; absent when even the largest hides. */
  smallestNoticedIncrease?: number;
  smallestNoticedDecrease?: number;
}

export interface Calibration {
  judgeName: string;
  windows: number;
  /** Share of windows whose score was below the pass mark although nothing had changed. */
  falseAlarmRate: number;
  metrics: MetricCalibration[];
  summary: string;
}

/** What is judged, and by what. */
export interface CalibrationInput {
  canaryConfig: CanaryConfig;
  scoreThresholds: ScoreThresholds;
  judge: CanaryJudge;
  /** The pairs of each window. */
  windows: MetricSetPair[][];
  /** Awaited before every judgement, of which there may be thousands: lets others work, or ends it all by throwing. */
  breathe: () => Promise<void>;
}

type Ask = (pairs: MetricSetPair[]) => Promise<JudgeResult>;

/**
 * Judges a config on windows of baseline against baseline: what it calls changed there is false, and the smallest change
 * put into one side of one metric by hand, which is then judged by itself, is what it can see.
 */
export async function calibrate(input: CalibrationInput): Promise<Calibration> {
  const { canaryConfig, scoreThresholds, judge, windows, breathe } = input;
  const ask: Ask = async (metricSetPairList) => {
    await breathe();
    return judge.judge({ canaryConfig, scoreThresholds, metricSetPairList });
  };
  const plain: JudgeResult[] = [];
  for (const pairs of windows) plain.push(await ask(pairs));
  const metrics: MetricCalibration[] = [];
  for (const { name: named } of canaryConfig.metrics ?? []) {
    const name = named ?? '';
    const own = windows.map((pairs) => pairs.filter((pair) => pair.name === name));
    metrics.push({
      name,
      ...ratesOf(name, plain),
      smallestNoticedIncrease: await smallestNoticed(own, ask, 'High', (change) => 1 + change),
      smallestNoticedDecrease: await smallestNoticed(own, ask, 'Low', (change) => 1 / (1 + change)),
    });
  }
  const failed = plain.filter((result) => result.score.score < scoreThresholds.pass).length;
  const falseAlarmRate = windows.length === 0 ? 0 : failed / windows.length;
  return {
    judgeName: judge.name,
    windows: windows.length,
    falseAlarmRate,
    metrics,
    summary: summaryOf(falseAlarmRate, metrics, windows.length),
  };
}

function ratesOf(name: string, results: JudgeResult[]): Omit<MetricCalibration, 'name'> {
  const labels = results.flatMap((r) =>
    r.results.filter((m) => m.name === name).map((m) => m.classification),
  );
  const share = (...wanted: string[]) =>
    labels.length === 0 ? 0 : labels.filter((label) => wanted.includes(label)).length / labels.length;
  return {
    falseAlarmRate: share('High', 'Low'),
    inconclusiveRate: share('Inconclusive'),
    noDataRate: share('Nodata', 'NodataFailMetric', 'Error'),
  };
}

async function smallestNoticed(
  windows: MetricSetPair[][],
  ask: Ask,
  label: 'High' | 'Low',
  factor: (change: number) => number,
): Promise<number | undefined> {
  for (const change of windows.length === 0 ? [] : CHANGES) {
    let noticed = 0;
    for (const pairs of windows) {
      const { results } = await ask(pairs.map((pair) => scaled(pair, factor(change))));
      if (results.some((result) => result.classification === label)) noticed++;
    }
    if (noticed >= NOTICED * windows.length) return change;
  }
  return undefined;
}

function scaled(pair: MetricSetPair, scale: number): MetricSetPair {
  return { ...pair, values: { ...pair.values, experiment: pair.values.experiment.map((v) => v * scale) } };
}

const percent = (share: number) => `${Number((share * 100).toFixed(1))} %`;

function summaryOf(falseAlarmRate: number, metrics: MetricCalibration[], windows: number): string {
  const blind = metrics.filter((m) => m.smallestNoticedIncrease === undefined).map((m) => m.name);
  const worst = metrics.reduce<MetricCalibration | undefined>(
    (most, m) => ((m.smallestNoticedIncrease ?? 0) > (most?.smallestNoticedIncrease ?? 0) ? m : most),
    undefined,
  );
  return [
    `With nothing changed, ${percent(falseAlarmRate)} of ${windows} windows would have failed.`,
    worst === undefined
      ? ''
      : `A rise of ${percent(worst.smallestNoticedIncrease ?? 0)} is seen in every metric that can see one (${worst.name} needs that much).`,
    blind.length === 0 ? '' : `No rise that was tried is seen in: ${blind.join(', ')}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** Cuts a long pair into windows of so many points, from the end; the rest at the beginning is dropped. */
export function windowsOf(pairs: MetricSetPair[], points: number, count: number): MetricSetPair[][] {
  return Array.from({ length: count }, (_, i) => {
    const from = (count - 1 - i) * points;
    return pairs.map((pair) => {
      const length = Math.min(pair.values.control.length, pair.values.experiment.length);
      const slice = (values: number[]) =>
        values.slice(Math.max(0, length - from - points), Math.max(0, length - from));
      return {
        ...pair,
        values: { control: slice(pair.values.control), experiment: slice(pair.values.experiment) },
      };
    });
  });
}

/**
 * Windows of one series against itself, one window earlier: for a baseline that has no second one to be compared with. The
 * sides did not run together, and their times say so.
 */
export function againstEarlier(pairs: MetricSetPair[], points: number, count: number): MetricSetPair[][] {
  const windows = windowsOf(pairs, points, count + 1);
  return windows.slice(1).map((window, i) =>
    window.map((pair, metric) => {
      const before = windows[i]![metric]!;
      const step = pair.scopes.control?.stepMillis ?? 60_000;
      return {
        ...pair,
        values: { control: before.values.control, experiment: pair.values.control },
        scopes: {
          control: { startTimeMillis: 0, stepMillis: step },
          experiment: { startTimeMillis: points * step, stepMillis: step },
        },
      };
    }),
  );
}
