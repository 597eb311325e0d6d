import { hashFraction } from '../model/hash.js';
import { parseDuration, PREFIX } from '../pods/behaviour.js';
import type { PodRecord } from './metric-history.js';

export type Labels = Readonly<Record<string, string>>;

/** A simulated time series: what it is called, how long it lived, and its value at any scrape. */
export interface Series {
  labels: Labels;
  type: 'counter' | 'gauge';
  /** First and (exclusive) end of its life, in milliseconds since the epoch. */
  from: number;
  to: number;
  /** The value that the scrape at `time` saw; undefined for a scrape that failed. */
  valueAt(time: number): number | undefined;
}

/** How often the simulated pods are scraped. Short, so that a demonstration need not wait. */
export const SCRAPE_MS = 1_000;
const METRIC_PREFIX = `${PREFIX}metric.`;
const HISTORY = `${PREFIX}metrics-history`;

/** The behaviour of one metric: `mean=120 sd=10`, `rate=0.5`, `mean=5 drift=0.1 every=1m`, `mean=3 missing=0.1`. */
interface MetricShape {
  type: 'counter' | 'gauge';
  mean: number;
  sd: number;
  min: number;
  max: number;
  /** Change per hour. */
  trend: number;
  /** Height and period of a wave. */
  wave: number;
  period: number;
  /** Autocorrelation of the noise, in [0, 1). */
  ar: number;
  /** Share of scrapes without a value. */
  missing: number;
  labels: Record<string, string>;
}

const NUMBERS = ['mean', 'rate', 'sd', 'min', 'max', 'trend', 'wave', 'ar', 'missing'] as const;

/** Parses the value of a metric annotation. Unknown words become labels; a bare number is a constant. */
export function parseShape(text: string): MetricShape {
  const numbers: Partial<Record<(typeof NUMBERS)[number], number>> = {};
  const labels: Record<string, string> = {};
  let period = 60_000;
  for (const word of text.trim().split(/[\s,]+/)) {
    const [key = '', value = ''] = word.includes('=')
      ? (word.split(/=(.*)/s) as [string, string])
      : ['mean', word];
    const known = NUMBERS.find((name) => name === key);
    if (known) numbers[known] = Number(value);
    else if (key === 'period') period = parseDuration(value) ?? period;
    else if (key !== '') labels[key] = value;
  }
  const { rate, mean = 0 } = numbers;
  const finite = (value: number | undefined, fallback: number): number =>
    value !== undefined && Number.isFinite(value) ? value : fallback;
  return {
    type: rate === undefined ? 'gauge' : 'counter',
    mean: finite(rate ?? mean, 0),
    sd: Math.abs(finite(numbers.sd, 0)),
    min: finite(numbers.min, rate === undefined ? -Infinity : 0),
    max: finite(numbers.max, Infinity),
    trend: finite(numbers.trend, 0),
    wave: finite(numbers.wave, 0),
    period,
    ar: Math.min(Math.max(finite(numbers.ar, 0), 0), 0.999),
    missing: Math.min(Math.max(finite(numbers.missing, 0), 0), 1),
    labels,
  };
}

/** All series of a pod: those of its annotations, and what every pod has (`up`, restarts, CPU and memory). */
export function seriesOf(record: PodRecord, seed: string): Series[] {
  const container = record.containers[0] ?? 'app';
  const common = podLabels(record);
  const history = parseDuration(record.annotations[HISTORY]) ?? 0;
  const from = Math.ceil((record.startedAt - history) / SCRAPE_MS) * SCRAPE_MS;
  const to = record.endedAt ?? Infinity;
  const series: Series[] = [];
  const add = (name: string, shape: MetricShape): void => {
    const labels = { ...common, container, ...shape.labels, __name__: name };
    const id = `${seed}/${record.uid}/${name}/${JSON.stringify(shape.labels)}`;
    series.push({ labels, type: shape.type, from, to, valueAt: valueFunction(shape, id, from) });
  };
  add('up', parseShape('1'));
  add('container_cpu_usage_seconds_total', parseShape('rate=0.05 sd=0.01'));
  add('container_memory_working_set_bytes', parseShape('mean=67108864 sd=1048576 min=0'));
  for (const [key, value] of Object.entries(record.annotations)) {
    if (!key.startsWith(METRIC_PREFIX)) continue;
    // Several series of one metric are told apart by what follows a second dot: metric.requests_total.errors.
    const [name = ''] = key.slice(METRIC_PREFIX.length).split('.');
    for (const part of value.split(';')) if (part.trim() !== '') add(name, parseShape(part));
  }
  return series;
}

function podLabels(record: PodRecord): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(record.labels))
    labels[key.replaceAll(/[^A-Za-z0-9_]/g, '_')] = value;
  const app = record.labels['app'] ?? record.labels['app.kubernetes.io/name'];
  const version = record.labels['version'] ?? record.labels['app.kubernetes.io/version'];
  return {
    ...labels,
    ...(app === undefined ? {} : { app }),
    ...(version === undefined ? {} : { version }),
    namespace: record.namespace,
    pod: record.pod,
    node: record.node,
    job: app ?? 'pods',
    instance: record.pod,
  };
}

/** Length of the history over which correlated noise is summed; what lies further back has no weight left. */
const AR_WINDOW = 40;

/** A number from a standard normal distribution that depends on the series and the scrape alone (Box-Muller). */
function noise(id: string, index: number): number {
  const u = Math.max(hashFraction(`${id}#${index}`), 1e-9);
  const v = hashFraction(`${id}~${index}`);
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

function correlatedNoise(id: string, index: number, ar: number): number {
  if (ar === 0) return noise(id, index);
  let sum = 0;
  let weight = 1;
  for (let back = 0; back < AR_WINDOW; back++) {
    sum += weight * noise(id, index - back);
    weight *= ar;
  }
  // Scaled so that the deviation stays what the annotation asks for.
  return sum * Math.sqrt(1 - ar * ar);
}

function valueFunction(shape: MetricShape, id: string, from: number): Series['valueAt'] {
  const level = (index: number): number => {
    const time = index * SCRAPE_MS;
    const drift = (shape.trend * (time - from)) / 3_600_000;
    const wave = shape.wave === 0 ? 0 : shape.wave * Math.sin((2 * Math.PI * time) / shape.period);
    const random = shape.sd === 0 ? 0 : shape.sd * correlatedNoise(id, index, shape.ar);
    return Math.min(Math.max(shape.mean + drift + wave + random, shape.min), shape.max);
  };
  const isMissing = (index: number): boolean =>
    shape.missing > 0 && hashFraction(`${id}?${index}`) < shape.missing;
  if (shape.type === 'gauge') {
    return (time) => {
      const index = Math.floor(time / SCRAPE_MS);
      return isMissing(index) ? undefined : level(index);
    };
  }
  const first = Math.floor(from / SCRAPE_MS);
  // Sums are kept, so that a counter's value deep in its life costs what was not yet summed.
  const sums: number[] = [0];
  return (time) => {
    const steps = Math.floor(time / SCRAPE_MS) - first;
    if (steps < 0) return undefined;
    for (let index = sums.length; index <= steps; index++) {
      sums.push((sums[index - 1] ?? 0) + (Math.max(0, level(first + index)) * SCRAPE_MS) / 1_000);
    }
    return isMissing(first + steps) ? undefined : sums[steps];
  };
}
