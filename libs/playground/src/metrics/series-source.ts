import { RE2JS } from 're2js';
import type { MetricHistory, PodRecord } from './metric-history.js';
import { PromqlError } from './promql-lexer.js';
import type { LabelCondition } from './promql-parser.js';
import { seriesOf, SCRAPE_MS, type Labels, type Series } from './series.js';

export interface Sample {
  time: number;
  value: number;
}

/** How far an instant query looks back for a sample, as Prometheus does. */
const LOOKBACK_MS = 5 * 60_000;

/** The series of all pods that ran, found by labels. */
export class SeriesSource {
  /** What a selector of the present query found, so that a range query looks once and not at every step. */
  private readonly selected = new WeakMap<readonly LabelCondition[], Series[]>();
  private readonly cache = new Map<string, { record: PodRecord; series: Series[] }>();

  constructor(
    private readonly history: MetricHistory,
    private readonly seed: string,
    private readonly now: () => number,
  ) {}

  all(): Series[] {
    const records = this.history.all();
    const alive = new Set(records.map((record) => record.uid));
    for (const uid of this.cache.keys()) if (!alive.has(uid)) this.cache.delete(uid);
    return records.flatMap((record) => this.of(record));
  }

  select(name: string | undefined, conditions: readonly LabelCondition[]): Series[] {
    const known = this.selected.get(conditions);
    if (known) return known;
    const tests = conditions.map(compileCondition);
    const found = this.all().filter(
      (series) =>
        (name === undefined || series.labels['__name__'] === name) &&
        tests.every((test) => test(series.labels)),
    );
    this.selected.set(conditions, found);
    return found;
  }

  /** The newest sample at or before `time`; undefined when the series is stale then. */
  at(series: Series, time: number): Sample | undefined {
    const newest = Math.min(time, this.now());
    if (newest < series.from || time >= series.to) return undefined;
    const oldest = Math.max(series.from, newest - LOOKBACK_MS);
    for (let at = Math.floor(newest / SCRAPE_MS) * SCRAPE_MS; at >= oldest; at -= SCRAPE_MS) {
      const value = series.valueAt(at);
      if (value !== undefined) return { time: at, value };
    }
    return undefined;
  }

  /** The samples in (from, to]. */
  between(series: Series, from: number, to: number): Sample[] {
    const samples: Sample[] = [];
    const end = Math.min(to, this.now(), series.to);
    const start = Math.max(Math.floor(from / SCRAPE_MS) * SCRAPE_MS + SCRAPE_MS, series.from);
    for (let at = Math.ceil(start / SCRAPE_MS) * SCRAPE_MS; at <= end; at += SCRAPE_MS) {
      const value = series.valueAt(at);
      if (value !== undefined) samples.push({ time: at, value });
    }
    return samples;
  }

  /** A pod that changed its labels or annotations gets its series anew. */
  private of(record: PodRecord): Series[] {
    const known = this.cache.get(record.uid);
    if (known && sameShape(known.record, record)) {
      if (known.record.endedAt !== record.endedAt) {
        known.record = record;
        for (const series of known.series) series.to = record.endedAt ?? Infinity;
      }
      return known.series;
    }
    const series = seriesOf(record, this.seed);
    this.cache.set(record.uid, { record, series });
    return series;
  }
}

function sameShape(a: PodRecord, b: PodRecord): boolean {
  return (
    a === b ||
    (JSON.stringify(a.labels) === JSON.stringify(b.labels) &&
      JSON.stringify(a.annotations) === JSON.stringify(b.annotations))
  );
}

function compileCondition({ name, operator, value }: LabelCondition): (labels: Labels) => boolean {
  if (operator === '=') return (labels) => (labels[name] ?? '') === value;
  if (operator === '!=') return (labels) => (labels[name] ?? '') !== value;
  const pattern = compilePattern(value);
  const matches = (labels: Labels): boolean => pattern.matcher(labels[name] ?? '').matches();
  return operator === '=~' ? matches : (labels) => !matches(labels);
}

function compilePattern(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    throw new PromqlError(`error parsing regexp: ${(error as Error).message}`);
  }
}
