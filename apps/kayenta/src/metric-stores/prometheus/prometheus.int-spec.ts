import {
  findPrometheus,
  HttpFake,
  type RunningServer,
  startPrometheus,
  startPushgateway,
} from '@gennaker/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MINUTE, never, openStore, requestFor, START, windowOf } from '../testing.suite.js';
import { prometheusStore } from './prometheus.store.js';

const programs = await findPrometheus();
if ('missing' in programs)
  process.stderr.write(`Tests with a real Prometheus are skipped: ${programs.missing}\n`);

/** Two servers that report every 60 seconds; the second one is silent from minute 3 to 5. */
function samples(): string {
  const lines = ['# TYPE latency gauge'];
  for (let minute = 0; minute < 30; minute++) {
    const at = START / 1_000 + minute * 60;
    lines.push(`latency{server="app-v1",zone="a"} ${100 + minute} ${at}`);
    if (minute < 3 || minute > 5) lines.push(`latency{server="app-v2",zone="a"} ${200 + minute} ${at}`);
  }
  return [...lines, '# EOF', ''].join('\n');
}

describe.skipIf('missing' in programs)('a real Prometheus', () => {
  let server: RunningServer;
  beforeAll(async () => {
    if ('missing' in programs) return;
    server = await startPrometheus(programs, { past: samples() });
  });
  afterAll(() => server?.stop());
  const open = (account = {}) =>
    openStore(prometheusStore, { endpoint: { baseUrl: server.url }, ...account });
  const latency = (labels: string, extra = {}) =>
    requestFor(
      { type: 'prometheus', metricName: 'latency', customInlineTemplate: labels, ...extra },
      { scope: 'app-v1' },
    );

  it('gives the points of the window, and one at its end', async () => {
    const [set] = await open().query(latency('server="${scope}"'), windowOf(5), never);
    expect(set?.values).toEqual([100, 101, 102, 103, 104, 105]);
    expect(set).toMatchObject({ tags: {}, startTimeMillis: START, stepMillis: MINUTE });
    expect(set?.attributes).toEqual({ query: 'avg(latency{server="app-v1"})' });
  });

  it('keeps every minute in its place when a server is silent', async () => {
    const asked = requestFor({
      type: 'prometheus',
      customInlineTemplate: 'PromQL:last_over_time(latency{server="app-v2"}[1s])',
    });
    expect((await open().query(asked, windowOf(8), never))[0]?.values).toEqual([
      200,
      201,
      202,
      NaN,
      NaN,
      NaN,
      206,
      207,
      208,
    ]);
  });

  it('gives one set for each combination of the labels it groups by', async () => {
    const sets = await open().query(latency('zone="a"', { groupByFields: ['server'] }), windowOf(1), never);
    expect(sets.map(({ tags, values }) => [tags, values])).toEqual([
      [{ server: 'app-v1' }, [100, 101]],
      [{ server: 'app-v2' }, [200, 201]],
    ]);
  });

  it('gives a placeholder for a query that finds nothing', async () => {
    expect(await open().query(latency('server="none"'), windowOf(3), never)).toEqual([
      expect.objectContaining({ tags: {}, values: [] }),
    ]);
  });

  it('says in words what is wrong with a query', async () => {
    const wrong = requestFor({ type: 'prometheus', customInlineTemplate: 'PromQL:sum(' });
    await expect(open().query(wrong, windowOf(3), never)).rejects.toThrow(
      "Prometheus account 'main' refused the query: bad_data: 1:5: parse error",
    );
  });

  it('lists metrics and reports its health', async () => {
    // The names of metrics are those of the last hours only when they are scraped; ours are of the past.
    await expect(open().descriptors('', 10, never)).resolves.toBeInstanceOf(Array);
    await expect(open().checkHealth(never)).resolves.toBeUndefined();
  });
});

describe.skipIf('missing' in programs)('a real Prometheus behind a pushgateway', () => {
  it('shows what was pushed a moment ago', async () => {
    if ('missing' in programs) return;
    const gateway = await startPushgateway(programs);
    const server = await startPrometheus(programs, { targets: [gateway.address] });
    try {
      await gateway.push({ job: 'app', instance: 'app-v001-abcd' }, '# TYPE errors gauge\nerrors 42\n');
      const store = openStore(prometheusStore, {
        endpoint: { baseUrl: server.url },
        metadataCachingIntervalMs: 0,
      });
      const asked = requestFor(
        { type: 'prometheus', metricName: 'errors', customInlineTemplate: 'instance=~"${scope}-.{4}"' },
        { scope: 'app-v001' },
      );
      await vi.waitFor(
        async () => {
          const end = Math.floor(Date.now() / 1_000) * 1_000;
          const [set] = await store.query(asked, { start: end - 5_000, end, step: 1_000 }, never);
          expect(set?.values.at(-1)).toBe(42);
        },
        { timeout: 20_000, interval: 200 },
      );
      expect(await store.descriptors('ERR', 5, never)).toContainEqual({ name: 'errors' });
    } finally {
      await server.stop();
      await gateway.stop();
    }
  });
});

describe('a store that speaks the API of Prometheus', () => {
  const empty = { status: 'success', data: { resultType: 'matrix', result: [] } };
  let server: HttpFake;
  beforeAll(async () => {
    server = await new HttpFake(() => ({ body: empty })).start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.requests.length = 0;
    server.next.length = 0;
  });
  const open = (account = {}, client = {}) =>
    openStore(prometheusStore, { endpoint: { baseUrl: `${server.url}/prefix` }, ...account }, client);
  const up = requestFor({ type: 'prometheus', customInlineTemplate: 'PromQL:up' });

  it('gets the query, the window and the step under its own path', async () => {
    await open().query(up, windowOf(2), never);
    const { url } = server.requests[0]!;
    expect(url.pathname).toBe('/prefix/api/v1/query_range');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      query: 'up',
      start: '2026-01-05T12:00:00.000Z',
      end: '2026-01-05T12:02:00.000Z',
      step: '60',
    });
  });

  it.each([
    ['basic credentials', { username: 'u', password: 'p' }, 'Basic dTpw'],
    ['a bearer token before them', { username: 'u', password: 'p', bearerToken: 't' }, 'Bearer t'],
  ])('gets %s with the first request', async (_, account, expected) => {
    await open(account).query(up, windowOf(1), never);
    expect(server.requests[0]?.headers.authorization).toBe(expected);
  });

  it('gets headers and tenant', async () => {
    await open({ tenant: 'team-a', headers: { 'x-vm-account': '7' } }).query(up, windowOf(1), never);
    expect(server.requests[0]?.headers).toMatchObject({ 'x-scope-orgid': 'team-a', 'x-vm-account': '7' });
  });

  it('is asked again after 500, 503, 408 and 429', async () => {
    server.next.push(
      { status: 500 },
      { status: 503, body: 'down' },
      { status: 408 },
      { status: 429, headers: { 'retry-after': '0' } },
    );
    await open({}, { attempts: 5 }).query(up, windowOf(1), never);
    expect(server.requests).toHaveLength(5);
  });

  it('is given up in words after the last attempt', async () => {
    for (let i = 0; i < 3; i++) server.next.push({ status: 502, body: '<html>Bad Gateway</html>' });
    await expect(open().query(up, windowOf(1), never)).rejects.toMatchObject({
      status: 503,
      message: `Prometheus account 'main' answered with status 502: "<html>Bad Gateway</html>"`,
    });
  });

  it('may answer HTML, be down, or hang: each has its words', async () => {
    server.next.push({ status: 200, body: '<html><title>Sign in</title></html>' });
    await expect(open().query(up, windowOf(1), never)).rejects.toThrow(
      /text\/html that is not JSON: "<html><title>Sign in<\/title><\/html>"\. Check that its address leads to the API/,
    );
    server.next.push('hang', 'hang');
    await expect(open({}, { timeoutMs: 50, attempts: 2 }).query(up, windowOf(1), never)).rejects.toThrow(
      'did not answer within 0.05 seconds',
    );
    await expect(
      open({ endpoint: { baseUrl: 'http://127.0.0.1:1' } }).query(up, windowOf(1), never),
    ).rejects.toThrow('cannot be reached: ECONNREFUSED');
  });

  it('is left at once when the asker gives up', async () => {
    server.next.push('hang');
    const asker = new AbortController();
    const asked = open().query(up, windowOf(1), asker.signal);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    asker.abort(new Error('changed my mind'));
    await expect(asked).rejects.toThrow('changed my mind');
  });

  it('never sees more requests at a time than allowed', async () => {
    let running = 0;
    let most = 0;
    const busy = await new HttpFake(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return { body: empty };
    }).start();
    const store = openStore(prometheusStore, { endpoint: { baseUrl: busy.url } }, { concurrency: 4 });
    await Promise.all(Array.from({ length: 40 }, () => store.query(up, windowOf(1), never)));
    await busy.stop();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });
});
