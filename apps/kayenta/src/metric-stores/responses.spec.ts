import { metricSetSchema, toCanaryJson } from '@gennaker/canary';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import transforms from '../judge/__fixtures__/kayenta-transforms.json' with { type: 'json' };
import { datadogSeries, stepOf } from './datadog/datadog-response.js';
import { mixMetricSets } from './mix-metric-sets.js';
import { parsePrometheus } from './prometheus/prometheus-json.js';
import { prometheusSeries } from './prometheus/prometheus-response.js';
import { onGrid } from './series.js';

interface Case {
  id: string;
  kind: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
}
const ofKind = (kind: string) => (transforms.cases as unknown as Case[]).filter((c) => c.kind === kind);

describe('the answer of Prometheus', () => {
  it.each(ofKind('promResponse'))('holds the series that Kayenta reads on $id', ({ input, expected }) => {
    const body = input['body'];
    const series = prometheusSeries(parsePrometheus(Buffer.from(JSON.stringify(body))), 'Prometheus');
    expect(series).toEqual(prometheusSeries(body, 'Prometheus'));
    const found = series.map(({ tags, times, values }) => {
      const [first = 0, second = first] = times;
      const stepSecs = Math.trunc((second - first) / 1_000);
      return {
        tags,
        startTimeMillis: first,
        stepSecs,
        values: [...values],
        endTimeMillis: first + values.length * stepSecs * 1_000,
      };
    });
    expect(found).toEqual(expected['results'] ?? []);
  });

  it('is read to the last bit of every number', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.nat(4e9),
            // Text has no negative zero.
            fc.double().map((value) => value + 0),
          ),
          { minLength: 1 },
        ),
        (samples) => {
          const values = samples.map(([seconds, value]) => [
            seconds + 0.125,
            String(value).replace('Infinity', 'Inf'),
          ]);
          const body = {
            status: 'success',
            data: { resultType: 'matrix', result: [{ metric: {}, values }] },
          };
          const [series] = prometheusSeries(parsePrometheus(Buffer.from(JSON.stringify(body))), 'Prometheus');
          expect([...(series?.values ?? [])]).toEqual(samples.map(([, value]) => value));
        },
      ),
    );
  });

  it('may hold infinities and NaN', () => {
    const values = [
      [0, '+Inf'],
      [60, '-Inf'],
      [120, 'NaN'],
      [180, '1e3'],
    ];
    const body = {
      status: 'success',
      data: { resultType: 'matrix', result: [{ metric: { __name__: 'x', a: 'b' }, values }] },
    };
    expect(prometheusSeries(body, 'Prometheus')).toEqual([
      {
        tags: { a: 'b' },
        times: Float64Array.of(0, 60_000, 120_000, 180_000),
        values: Float64Array.of(Infinity, -Infinity, NaN, 1_000),
      },
    ]);
  });

  it.each([
    ['spaces', '[[0, "1"], [60, "2"]]'],
    ['times as text', '[["0","1"]]'],
    ['an empty list', '[]'],
    ['a value that is no number', '[[0,"x"]]'],
    ['an exponent and infinities', '[[1.5e9,"+Inf"],[1500000060.5,"-1e-3"]]'],
  ])('is read like JSON, however it is written: %s', (_, values) => {
    const text = `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"\\"values\\":[["},"values":${values}}]}}`;
    const read = (body: unknown) => {
      try {
        return prometheusSeries(body, 'Prometheus');
      } catch (error) {
        return String(error);
      }
    };
    expect(read(parsePrometheus(Buffer.from(text)))).toEqual(read(JSON.parse(text)));
  });

  it('is refused in words when it is something else', () => {
    expect(() =>
      prometheusSeries({ status: 'success', data: { resultType: 'vector', result: [] } }, 'Prometheus'),
    ).toThrow('Prometheus gave an answer that is not the result of a range query');
  });
});

describe('the grid', () => {
  const window = { start: 0, end: 300_000, step: 60_000 };
  const values = (times: number[]) =>
    onGrid('m', 'q', [{ tags: {}, times: times.map((t) => t * 60_000), values: times }], window)[0]!.values;

  it('keeps every minute in its place, whatever is missing', () => {
    expect(values([0, 1, 2, 3, 4])).toEqual([0, 1, 2, 3, 4]);
    expect(values([0, 3])).toEqual([0, NaN, NaN, 3, NaN]);
    expect(values([2, 3, 4, 5])).toEqual([NaN, NaN, 2, 3, 4, 5]);
  });

  it('has a placeholder without tags and values for no series', () => {
    expect(onGrid('m', 'q', [], window)).toEqual([
      expect.objectContaining({
        name: 'm',
        tags: {},
        values: [],
        startTimeMillis: 0,
        endTimeMillis: 300_000,
        stepMillis: 60_000,
      }),
    ]);
  });
});

describe('the answer of Datadog', () => {
  const read = (series: Record<string, unknown>) => {
    const found = datadogSeries({ status: 'ok', series: [series] }, 'Datadog');
    const window = { start: Number(series['start']), end: Number(series['end']), step: stepOf(found)! };
    return toCanaryJson(onGrid('m', 'q', found, window)[0]!.values);
  };

  it.each(ofKind('datadogSeries').filter((c) => c.expected['throws'] === undefined))(
    'holds the values that Kayenta reads on $id',
    ({ input, expected }) => {
      expect(read(input['series'] as Record<string, unknown>)).toEqual(expected['values']);
    },
  );

  it('reads missing points at the end as NaN, where Kayenta fails', () => {
    const trailing = ofKind('datadogSeries').find((c) => c.expected['throws'] !== undefined)!;
    expect(read(trailing.input['series'] as Record<string, unknown>)).toEqual([1, 2, 'NaN', 'NaN']);
  });

  it('may refuse the query with status 200', () => {
    expect(() =>
      datadogSeries({ status: 'error', error: 'Error parsing query', series: [] }, 'Datadog'),
    ).toThrow('Datadog refused the query: Error parsing query');
  });
});

describe('mixing', () => {
  const sets = (raw: unknown) => metricSetSchema.array().parse(raw);

  it.each(ofKind('mixAll'))('pairs as Kayenta does on $id', ({ input, expected }) => {
    const mix = () =>
      mixMetricSets(
        input['metricNames'] as string[],
        sets(input['control']),
        sets(input['experiment']),
        () => 'id',
      );
    if (expected['throws'] !== undefined) {
      expect(mix).toThrow(String(expected['throws']).replace(/^\w+: /, ''));
      return;
    }
    expect(toCanaryJson(mix().map(({ name, tags, values }) => ({ name, tags, values })))).toEqual(
      expected['pairs'],
    );
  });

  const window = { startTimeMillis: 0, endTimeMillis: 180_000, stepMillis: 60_000 };

  it('compares every tagged set with NaN when the other side is a placeholder', () => {
    const tagged = sets([
      { name: 'm', tags: { zone: 'a' }, values: [1, 2, 3], ...window },
      { name: 'm', tags: { zone: 'b' }, values: [4, 5, 6], ...window },
    ]);
    const pairs = mixMetricSets(['m'], sets([{ name: 'm', ...window }]), tagged, () => 'id');
    expect(pairs.map((p) => [p.tags['zone'], p.values.control, p.values.experiment])).toEqual([
      ['a', [NaN, NaN, NaN], [1, 2, 3]],
      ['b', [NaN, NaN, NaN], [4, 5, 6]],
    ]);
  });

  it('says which side has no metric at all', () => {
    expect(() => mixMetricSets(['m'], sets([{ name: 'm' }]), [], () => 'id')).toThrow(
      'No experiment metrics found for m and the metric service did not create a placeholder.',
    );
  });
});
