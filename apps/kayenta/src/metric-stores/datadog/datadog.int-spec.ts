import { DatadogServer, type DatadogSeriesData } from '@gennaker/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, never, openStore, requestFor, START, windowOf } from '../testing.suite.js';
import { datadogStore } from './datadog.store.js';

const minuteOf = (time: number) => (time - START) / MINUTE;
const series: DatadogSeriesData[] = [
  { query: 'avg:cpu{app:web}', valueAt: minuteOf },
  {
    query: 'avg:gaps{app:web}',
    valueAt: (t) => (minuteOf(t) === 2 ? undefined : minuteOf(t) === 3 ? null : 7),
  },
  { query: 'avg:cpu{app:web} by {host}', tags: ['host:a'], valueAt: () => 1 },
  { query: 'avg:cpu{app:web} by {host}', tags: ['host:b'], valueAt: () => 2 },
];
const keys = { apiKey: 'api', applicationKey: 'application' };

describe('Datadog', () => {
  let server: DatadogServer;
  beforeAll(async () => {
    server = await new DatadogServer({ ...keys, series, rateLimit: 20 }).start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.requests.length = 0;
  });
  const open = (account = {}) =>
    openStore(datadogStore, { endpoint: { baseUrl: server.url }, ...keys, ...account });
  const cpu = requestFor({ type: 'datadog', metricName: 'avg:cpu' }, { scope: 'app:web' });

  it('gives the points of the window, keeping the keys in headers', async () => {
    const [set] = await open().query(cpu, windowOf(5), never);
    expect(set).toMatchObject({
      name: 'm',
      tags: {},
      stepMillis: MINUTE,
      startTimeMillis: START,
      values: [0, 1, 2, 3, 4],
    });
    expect(set?.attributes).toEqual({ query: 'avg:cpu{app:web}' });
    const [{ url, headers }] = server.requests as [(typeof server.requests)[0]];
    expect(Object.fromEntries(url.searchParams)).toEqual({
      from: String(START / 1_000),
      to: String(START / 1_000 + 300),
      query: 'avg:cpu{app:web}',
    });
    expect(headers).toMatchObject({ 'dd-api-key': 'api', 'dd-application-key': 'application' });
  });

  it('keeps minutes in their place when points are absent or null', async () => {
    const request = requestFor({ type: 'datadog', metricName: 'avg:gaps' }, { scope: 'app:web' });
    expect((await open().query(request, windowOf(5), never))[0]?.values).toEqual([7, 7, NaN, NaN, 7]);
  });

  it('takes the interval that Datadog chose as the step', async () => {
    const [set] = await open().query(cpu, windowOf(600), never);
    expect(set?.stepMillis).toBe(5 * MINUTE);
    expect(set?.values).toHaveLength(120);
  });

  it('tells several series apart by their tags', async () => {
    const request = requestFor(
      { type: 'datadog', customInlineTemplate: 'avg:cpu{app:${scope}} by {host}' },
      { scope: 'web' },
    );
    const sets = await open().query(request, windowOf(2), never);
    expect(sets.map(({ tags, values }) => [tags, values])).toEqual([
      [{ host: 'a' }, [1, 1]],
      [{ host: 'b' }, [2, 2]],
    ]);
  });

  it('gives a placeholder for a query that finds nothing', async () => {
    const request = requestFor({ type: 'datadog', metricName: 'avg:none' }, { scope: '*' });
    expect(await open().query(request, windowOf(3), never)).toEqual([
      expect.objectContaining({ tags: {}, values: [] }),
    ]);
  });

  it('waits out the rate limit', async () => {
    const store = open();
    const sets = await Promise.all(Array.from({ length: 30 }, () => store.query(cpu, windowOf(2), never)));
    expect(sets.every(([set]) => set?.values.length === 2)).toBe(true);
    expect(server.requests.length).toBeGreaterThan(30);
  });

  it('says in words that a query or a key is wrong, and does not try again', async () => {
    const wrong = requestFor({ type: 'datadog', customInlineTemplate: 'nonsense' });
    await expect(open().query(wrong, windowOf(2), never)).rejects.toThrow(
      "Datadog account 'main' refused the query: Error parsing query: unable to parse nonsense",
    );
    await expect(open({ apiKey: 'stolen' }).query(cpu, windowOf(2), never)).rejects.toThrow(
      "Datadog account 'main' refused the credentials: Forbidden",
    );
    expect(server.requests).toHaveLength(2);
  });

  it('lists metrics and reports its health', async () => {
    expect(await open().descriptors('CP', 10, never)).toEqual([{ name: 'cpu' }]);
    await expect(open().checkHealth(never)).resolves.toBeUndefined();
    await expect(open({ apiKey: 'stolen' }).checkHealth(never)).rejects.toThrow('refused the credentials');
  });
});
