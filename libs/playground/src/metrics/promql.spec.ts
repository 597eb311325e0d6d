import { describe, expect, it } from 'vitest';
import { MetricHistory, type PodRecord } from './metric-history.js';
import { evaluate } from './promql-eval.js';
import { parsePromql } from './promql-parser.js';
import { parseShape } from './series.js';
import { SeriesSource } from './series-source.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const NOW = START + 3_600_000;

function record(
  pod: string,
  version: string,
  metrics: Record<string, string>,
  changes: Partial<PodRecord> = {},
): PodRecord {
  const annotations = Object.fromEntries(
    Object.entries(metrics).map(([name, shape]) => [`playground.gennaker.io/metric.${name}`, shape]),
  );
  return {
    uid: pod,
    namespace: 'default',
    pod,
    node: 'n',
    labels: { app: 'shop', version },
    annotations,
    containers: ['app'],
    startedAt: START,
    endedAt: undefined,
    ...changes,
  };
}

function source(...records: PodRecord[]): SeriesSource {
  const history = new MetricHistory({ now: () => NOW });
  history.restore(records);
  return new SeriesSource(history, 'seed', () => NOW);
}

const pods = source(
  record('a', 'v1', { latency: '100', errors_total: 'rate=2; rate=0.5 code=500' }),
  record('b', 'v1', { latency: '200', errors_total: 'rate=4' }),
  record('c', 'v2', { latency: '50', errors_total: 'rate=1' }),
);

function query(text: string, from = pods, at = NOW): Record<string, number> | number {
  const value = evaluate(parsePromql(text), from, at);
  if (value.type === 'scalar') return value.value;
  if (value.type === 'string') throw new Error('a string');
  return Object.fromEntries(
    value.elements.map(({ labels, value: number }) => [
      labels['pod'] ?? labels['version'] ?? labels['code'] ?? '',
      Math.round(number * 1_000) / 1_000,
    ]),
  );
}

describe('PromQL', () => {
  it.each<[string, unknown]>([
    ['latency', { a: 100, b: 200, c: 50 }],
    ['latency{version="v1"}', { a: 100, b: 200 }],
    ['latency{version!="v1"}', { c: 50 }],
    ['latency{pod=~"a|c"}', { a: 100, c: 50 }],
    ['latency{pod!~"a|c"}', { b: 200 }],
    ['{__name__="latency", pod="a"}', { a: 100 }],
    ['latency{missing=""}', { a: 100, b: 200, c: 50 }],
    ['nothing', {}],
    ['avg(latency)', { '': 116.667 }],
    ['avg(latency) by (version)', { v1: 150, v2: 50 }],
    ['avg by (version) (latency)', { v1: 150, v2: 50 }],
    ['sum without (pod, instance, version) (latency)', { '': 350 }],
    ['max(latency) - min(latency)', { '': 150 }],
    ['count(latency)', { '': 3 }],
    ['quantile(0.5, latency)', { '': 100 }],
    ['topk(1, latency)', { b: 200 }],
    ['latency > 75', { a: 100, b: 200 }],
    ['latency > bool 75', { a: 1, b: 1, c: 0 }],
    ['-latency{pod="a"} + 1', { a: -99 }],
    ['2 * 3 + 4 ^ 2 ^ 0.5', 6 + 4 ** Math.SQRT2],
    ['latency / on(pod) latency', { a: 1, b: 1, c: 1 }],
    ['latency and on(pod) latency{version="v2"}', { c: 50 }],
    ['latency unless latency{version="v2"}', { a: 100, b: 200 }],
    ['scalar(latency{pod="a"})', 100],
    ['absent(nothing)', { '': 1 }],
    ['clamp_max(latency, 60)', { a: 60, b: 60, c: 50 }],
    ['avg_over_time(latency[1m])', { a: 100, b: 200, c: 50 }],
    ['count_over_time(latency{pod="a"}[10s])', { a: 10 }],
    ['rate(errors_total{code=""}[1m])', { a: 2, b: 4, c: 1 }],
    ['sum(rate(errors_total[1m])) by (version)', { v1: 6.5, v2: 1 }],
    ['increase(errors_total{code="500"}[1m])', { a: 30 }],
    ['irate(errors_total{pod="b"}[1m])', { b: 4 }],
    ['latency offset 30m', { a: 100, b: 200, c: 50 }],
    ['latency offset 2h', {}],
  ])('%s', (text, expected) => {
    const result = query(text);
    if (typeof expected === 'number') expect(result).toBeCloseTo(expected, 6);
    else expect(result).toEqual(expected);
  });

  it.each([
    ['latency{', 'unexpected "end of input"'],
    ['latency{pod}', 'expected label matching operator'],
    ['sum(latency', 'unexpected "end of input"'],
    ['unknown(latency)', 'unknown function with name "unknown"'],
    ['rate(latency)', 'expected type range vector'],
    ['latency[5m]', 'got range vector'],
    ['latency{pod=~"("}', 'error parsing regexp'],
    ['{}', 'at least one non-empty matcher'],
    ['latency + latency{version="v1"} $', 'unexpected character'],
    ['('.repeat(200), 'nested too deeply'],
  ])('refuses %s', (text, message) => {
    expect(() => query(text)).toThrow(message);
  });

  it('knows nothing of a pod before it started and after it ended', () => {
    const gone = source(record('a', 'v1', { latency: '1' }, { endedAt: START + 60_000 }));
    expect(query('latency', gone, START - 1_000)).toEqual({});
    expect(query('latency', gone, START + 30_000)).toEqual({ a: 1 });
    expect(query('latency', gone, START + 61_000)).toEqual({});
  });
});

describe('simulated series', () => {
  const noisy = (shape: string): number[] => {
    const from = source(record('a', 'v1', { value: shape }));
    const series = from.select('value', [])[0];
    return from.between(series as NonNullable<typeof series>, START, NOW).map((sample) => sample.value);
  };
  const mean = (list: number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const deviation = (list: number[]): number =>
    Math.sqrt(mean(list.map((value) => (value - mean(list)) ** 2)));
  const correlation = (list: number[]): number =>
    mean(list.slice(1).map((value, index) => (value - mean(list)) * ((list[index] ?? 0) - mean(list)))) /
    deviation(list) ** 2;

  it('have the mean and the deviation of their annotation, and independent noise', () => {
    const values = noisy('mean=120 sd=10');
    expect(values).toHaveLength(3_600);
    expect(mean(values)).toBeGreaterThan(119.5);
    expect(mean(values)).toBeLessThan(120.5);
    expect(deviation(values)).toBeGreaterThan(9.5);
    expect(deviation(values)).toBeLessThan(10.5);
    expect(Math.abs(correlation(values))).toBeLessThan(0.05);
  });

  it('have the autocorrelation of their annotation', () => {
    const values = noisy('mean=0 sd=1 ar=0.8');
    expect(correlation(values)).toBeGreaterThan(0.74);
    expect(correlation(values)).toBeLessThan(0.86);
    expect(deviation(values)).toBeCloseTo(1, 0);
  });

  it('are the same whenever they are asked for', () => {
    expect(noisy('mean=5 sd=1')).toEqual(noisy('mean=5 sd=1'));
  });

  it('of a counter never fall', () => {
    const values = noisy('rate=1 sd=3');
    expect(values.every((value, index) => index === 0 || value >= (values[index - 1] ?? 0))).toBe(true);
  });

  it('may miss scrapes', () => {
    const count = noisy('mean=1 missing=0.5').length;
    expect(count).toBeGreaterThan(1_600);
    expect(count).toBeLessThan(2_000);
  });

  it('take words that are not known for labels', () => {
    expect(parseShape('mean=3 code=500 path=/a=b').labels).toEqual({ code: '500', path: '/a=b' });
  });
});
