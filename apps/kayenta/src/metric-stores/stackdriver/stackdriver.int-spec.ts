import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StackdriverServer, type StackdriverSeriesData } from '@gennaker/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, never, openStore, requestFor, START, windowOf } from '../testing.suite.js';
import { stackdriverStore } from './stackdriver.store.js';

/** The minute that a period ends. */
const minuteOf = (time: number) => (time - START) / MINUTE;
const filter = 'metric.type="custom/latency" AND resource.type=global';
const series: StackdriverSeriesData[] = [
  { filter, metricLabels: { code: '200' }, resourceLabels: { zone: 'a' }, valueAt: (t) => minuteOf(t) },
  {
    filter,
    metricLabels: { code: '500' },
    resourceLabels: { zone: 'a' },
    valueType: 'INT64',
    valueAt: (t) => (minuteOf(t) === 2 ? undefined : 9),
  },
];
const query = { type: 'stackdriver', metricType: 'custom/latency', resourceType: 'global' };

describe('Stackdriver', () => {
  let server: StackdriverServer;
  let folder: string;
  beforeAll(async () => {
    const metricTypes = Array.from({ length: 25 }, (_, i) => `custom/metric-${i}`);
    server = await new StackdriverServer({ project: 'p1', series, pageSize: 4, metricTypes }).start();
    folder = await mkdtemp(join(tmpdir(), 'gennaker-key-'));
    await writeFile(join(folder, 'key.json'), server.keyFile());
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  const open = (account = {}) =>
    openStore(stackdriverStore, {
      project: 'p1',
      jsonPath: join(folder, 'key.json'),
      endpoint: { baseUrl: server.url },
      ...account,
    });

  it('signs in with the key of a service account and joins the pages of the answer', async () => {
    const sets = await open().query(requestFor(query), windowOf(5), never);
    expect(sets.map(({ tags, values }) => [tags['code'], values])).toEqual([
      ['200', [1, 2, 3, 4, 5]],
      ['500', [9, NaN, 9, 9, 9]],
    ]);
    expect(sets[0]?.tags).toEqual({ code: '200', zone: 'a', project_id: 'p1' });
    const [token, ...pages] = server.requests;
    expect(token?.url.pathname).toBe('/token');
    expect(pages).toHaveLength(3);
    expect(Object.fromEntries(pages[0]!.url.searchParams)).toMatchObject({
      filter,
      'interval.startTime': '2026-01-05T12:00:00.000Z',
      'interval.endTime': '2026-01-05T12:05:00.000Z',
      'aggregation.alignmentPeriod': '60s',
      'aggregation.crossSeriesReducer': 'REDUCE_MEAN',
      'aggregation.perSeriesAligner': 'ALIGN_MEAN',
    });
  });

  it('asks for one token for many queries', async () => {
    const store = open();
    await Promise.all([1, 2, 3].map(() => store.query(requestFor(query), windowOf(2), never)));
    await store.query(requestFor(query), windowOf(2), never);
    expect(server.requests.filter(({ url }) => url.pathname === '/token')).toHaveLength(1);
  });

  it('takes aligner, reducer and groups from the query, then from the scope', async () => {
    const asked = {
      ...query,
      perSeriesAligner: 'ALIGN_DELTA',
      groupByFields: ['metric.labels.code', 'resource.zone'],
    };
    const scope = {
      extendedScopeParams: { crossSeriesReducer: 'REDUCE_SUM', perSeriesAligner: 'ALIGN_RATE' },
    };
    await open().query(requestFor(asked, scope), windowOf(1), never);
    const { searchParams } = server.requests.at(-1)!.url;
    expect(searchParams.get('aggregation.perSeriesAligner')).toBe('ALIGN_DELTA');
    expect(searchParams.get('aggregation.crossSeriesReducer')).toBe('REDUCE_SUM');
    expect(searchParams.getAll('aggregation.groupByFields')).toEqual(['metric.labels.code', 'resource.zone']);
  });

  it('tries again when the quota is exhausted', async () => {
    const store = open();
    await store.checkHealth(never);
    server.next.push({
      status: 429,
      body: { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded' } },
    });
    expect(await store.query(requestFor(query), windowOf(1), never)).toHaveLength(2);
  });

  it('says in words what Google refuses', async () => {
    const short = { ...windowOf(1), step: 10_000 };
    await expect(open().query(requestFor(query), short, never)).rejects.toThrow(
      "Stackdriver account 'main' refused the query: INVALID_ARGUMENT: Field aggregation.alignmentPeriod",
    );
    await expect(open({ project: 'other' }).query(requestFor(query), windowOf(1), never)).rejects.toThrow(
      'NOT_FOUND: Project other was not found.',
    );
  });

  it('lists metrics over pages and stops at the limit', async () => {
    const found = await open().descriptors('METRIC-1', 5, never);
    expect(found.map(({ name }) => name)).toEqual([1, 10, 11, 12, 13].map((i) => `custom/metric-${i}`));
  });
});
