import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, HttpFake } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from './stack.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5, 12);
const iso = (time: number) => new Date(time).toISOString();

/** Series that depend on query and time only; what is asked of `bad` lies 30 % higher. */
function answerTo(parameters: URLSearchParams): object {
  const query = parameters.get('query') ?? '';
  const values: [number, string][] = [];
  const [start = 0, end = 0] = ['start', 'end'].map((name) => Date.parse(parameters.get(name) ?? ''));
  for (let time = start; time < end; time += MINUTE) {
    const noise = Math.sin((time / MINUTE) * 7_919 + query.length) * 5;
    values.push([time / 1_000, String((query.includes('bad') ? 130 : 100) + noise)]);
  }
  return { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } };
}

describe('canaries at the front door', () => {
  let stack: Stack;
  let dataDir: string;
  let drop: () => Promise<void>;
  const prometheus = new HttpFake(({ url }) => ({
    body: url.pathname.endsWith('/values')
      ? { status: 'success', data: ['latency', 'errors_total'] }
      : answerTo(url.searchParams),
  }));

  beforeAll(async () => {
    await prometheus.start();
    const database = await createTestDatabase();
    drop = () => database.drop();
    dataDir = await mkdtemp(join(tmpdir(), 'gennaker-canary-'));
    stack = await startStack({
      databaseUrl: database.url,
      redisUrl: process.env['REDIS_URL'],
      dataDir,
      environment: {
        GATE_PORT: '0',
        QUEUE_PREFIX: `test-${randomUUID()}`,
        KAYENTA_PROMETHEUS_URL: prometheus.url,
      },
      playgroundPort: undefined,
      print: () => undefined,
    });
  });
  afterAll(async () => {
    await stack.close();
    await prometheus.stop();
    await drop();
    await rm(dataDir, { recursive: true });
  });

  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const answer = await fetch(`${stack.url}${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json = /^[[{]/.test(text) ? JSON.parse(text) : undefined;
    return { status: answer.status, headers: answer.headers, text, json };
  }

  const ended = async (path: string) => {
    let last: Awaited<ReturnType<typeof ask>>['json'];
    await expect
      .poll(async () => (last = (await ask('GET', path)).json).complete, { timeout: 20_000 })
      .toBe(true);
    return last;
  };

  const scope = (name: string) => ({
    scope: name,
    start: iso(START),
    end: iso(START + 60 * MINUTE),
    step: 60,
  });
  const executionRequest = (experiment = 'good') => ({
    scopes: { default: { controlScope: scope('base'), experimentScope: scope(experiment) } },
    thresholds: { pass: 95, marginal: 75 },
  });
  const configOf = (changes: object = {}) => ({
    name: 'front',
    applications: ['web'],
    metrics: [
      {
        name: 'latency',
        query: { type: 'prometheus', customInlineTemplate: 'PromQL:avg(latency{server="${scope}"})' },
        groups: ['g'],
        analysisConfigurations: { canary: { direction: 'increase' } },
        scopeName: 'default',
      },
    ],
    classifier: { groupWeights: { g: 100 } },
    ...changes,
  });
  const stored = async (name: string, changes: object = {}) =>
    (await ask('POST', '/v2/canaryConfig', configOf({ name, ...changes }))).json.canaryConfigId as string;

  it('are started with a stored config, listed, read and shown', async () => {
    const config = await stored('stored');
    const started = await ask(
      'POST',
      `/v2/canaries/canary/${config}?application=web&metricsAccountName=prometheus`,
      executionRequest(),
    );
    const id = started.json.canaryExecutionId as string;
    expect(await ended(`/v2/canaries/canary/${id}`)).toMatchObject({
      application: 'web',
      canaryConfigId: config,
      status: 'succeeded',
      result: { judgeResult: { score: { score: 100 } } },
    });
    expect((await ask('GET', '/v2/canaries/web/executions?limit=1')).json).toMatchObject([
      { pipelineId: id },
    ]);
    const { json: pairs } = await ask('GET', `/v2/canaries/metricSetPairList/${id}`);
    expect(pairs).toHaveLength(1);
    expect((await ask('GET', `/v2/canaries/${id}/report`)).json.metrics).toHaveLength(1);
    expect((await ask('GET', `/v2/canaries/${id}/report.html`)).text).toContain(
      '<title>Canary report</title>',
    );
    expect((await ask('GET', `/v2/canaryConfig/${config}`)).json.metrics[0].query.serviceType).toBe(
      'prometheus',
    );
  });

  it('say who has started them, from where and why', async () => {
    const reason = { 'x-spinnaker-reason': 'trying it out' };
    const body = { canaryConfig: configOf(), executionRequest: executionRequest() };
    const { json } = await ask('POST', '/v2/canaries/canary', body, reason);
    const [event] = await stack.platform.journal.store.read(`canary-${json.canaryExecutionId}`, { limit: 1 });
    expect(event?.meta).toMatchObject({
      actor: 'anonymous',
      from: expect.stringMatching(/127\.0\.0\.1$|^::1$/),
      reason: 'trying it out',
    });
    await ended(`/v2/canaries/canary/${json.canaryExecutionId}`);
  });

  it('come page by page', async () => {
    const body = { canaryConfig: configOf(), executionRequest: executionRequest() };
    const asked: string[] = [];
    for (let i = 0; i < 5; i++) {
      asked.push(
        (await ask('POST', '/v2/canaries/canary?application=paged', body)).json.canaryExecutionId as string,
      );
    }
    const seen: string[] = [];
    let next: string | undefined = '/v2/canaries/paged/executions?limit=2';
    for (let pages = 1; next !== undefined; pages++) {
      expect(pages).toBeLessThanOrEqual(3);
      const { headers, json } = await ask('GET', next);
      seen.push(...json.map(({ pipelineId }: { pipelineId: string }) => pipelineId));
      next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(seen).toEqual(asked.toReversed());
    expect((await ask('GET', '/v2/canaries/paged/executions?limit=2&cursor=nonsense')).json).toMatchObject({
      status: 400,
      problems: [{ path: 'cursor', message: 'must be a cursor of this list' }],
    });
  });

  it('run as a whole without a pipeline, and can be cancelled', async () => {
    const config = await stored('alone');
    const times = { startTimeIso: iso(START), endTimeIso: iso(START + 60 * MINUTE) };
    const request = (changes: object) => ({
      scopes: [{ controlScope: 'base', experimentScope: 'good', step: 60, ...changes }],
      thresholds: { pass: 95, marginal: 75 },
      analysisIntervalMins: 20,
      lifetimeDurationMins: 60,
    });
    const path = '/v2/canaries/standalone_canary_analysis';
    const run = await ask('POST', `${path}/${config}?application=web`, request(times));
    expect(await ended(`${path}/${run.json.canaryAnalysisExecutionId}`)).toMatchObject({
      executionStatus: 'SUCCEEDED',
      canaryAnalysisExecutionResult: { canaryScores: [100, 100, 100] },
    });
    const body = { canaryConfig: configOf(), executionRequest: request({}) };
    const { canaryAnalysisExecutionId: waiting } = (await ask('POST', path, body)).json;
    expect((await ask('PUT', `/v2/canaries/pipelines/${waiting}/cancel`)).status).toBe(202);
    expect((await ended(`${path}/${waiting}`)).status).toBe('canceled');
  });

  it('can be judged again, by both judges, stored or as they come', async () => {
    const { json } = await ask('POST', '/v2/canaries/canary', {
      canaryConfig: configOf(),
      executionRequest: executionRequest('bad'),
    });
    const { metricSetPairListId } = await ended(`/v2/canaries/canary/${json.canaryExecutionId}`);
    const thresholds = 'passThreshold=95&marginalThreshold=75';
    const config = await stored('judged');
    const byId = `canaryConfigId=${config}&metricSetPairListId=${metricSetPairListId}&${thresholds}`;
    const judged = await ask('POST', `/v2/canaries/judges/judge?${byId}`);
    expect(judged.json.score).toMatchObject({ score: 0, classification: 'Fail' });

    const metricSetPairList = [
      { name: 'latency', values: { control: [1, 'NaN', 3], experiment: [1, 'NaN', 3] } },
    ];
    const inline = { canaryConfig: configOf(), metricSetPairList };
    const again = await ask('POST', `/v2/canaries/judges/judge?${thresholds}`, inline);
    expect(again.json.results[0]).toMatchObject({
      classification: 'Pass',
      controlMetadata: { stats: { count: 2 } },
    });
    const { metricSetPairListId: kept } = (
      await ask('POST', '/v2/canaries/metricSetPairList', metricSetPairList)
    ).json;
    const compared = await ask(
      'POST',
      `/v2/canaries/judges/comparison?canaryConfigId=${config}&metricSetPairListId=${kept}&${thresholds}&overrideCanaryJudge2=GennakerJudge-v1`,
    );
    const { id, comparisonResult } = compared.json;
    expect([comparisonResult.judge1Result.judgeName, comparisonResult.judge2Result.judgeName]).toEqual([
      'NetflixACAJudge-v1.0',
      'GennakerJudge-v1',
    ]);
    expect((await ask('GET', `/v2/canaries/judges/comparison/${id}`)).json.comparisonResult).toEqual(
      comparisonResult,
    );
  });

  it('have configs that say how far they can be trusted, and who changed them', async () => {
    const config = await stored('calibrated');
    const calibrated = await ask('POST', `/v2/canaryConfig/${config}/calibrate`, {
      scopes: { default: { controlScope: { scope: 'a' }, experimentScope: { scope: 'b' } } },
      windows: 4,
      end: iso(START),
    });
    expect(calibrated.json).toMatchObject({
      windows: 4,
      falseAlarmRate: 0,
      metrics: [{ name: 'latency', smallestNoticedIncrease: expect.any(Number) }],
    });
    const why = { 'x-spinnaker-reason': 'less noise' };
    const changed = configOf({ name: 'calibrated', description: 'new' });
    expect((await ask('PUT', `/v2/canaryConfig/${config}`, changed, why)).status).toBe(200);
    const history = await ask('GET', `/v2/canaryConfig/${config}/history`);
    expect(history.json).toMatchObject([
      { version: 2, action: 'changed', reason: 'less noise', changes: [{ path: 'description' }] },
      { version: 1, action: 'created' },
    ]);
    expect((await ask('DELETE', `/v2/canaryConfig/${config}`)).status).toBe(200);
  });

  it('are measured by stores that can be asked once, for the query or for the data', async () => {
    const query = `metricSetName=m&metricName=latency&customFilter=server%3D%22a%22&start=${iso(START)}&end=${iso(START + 5 * MINUTE)}`;
    const dry = await ask('POST', `/v2/canaries/fetch/prometheus/query?${query}&dryRun=true`);
    expect(dry.json).toEqual({ query: 'avg(latency{server="a"})' });
    const { metricSetListId } = (await ask('POST', `/v2/canaries/fetch/prometheus/query?${query}`)).json;
    const { json: sets } = await ask('GET', `/v2/canaries/metricSetList/${metricSetListId}`);
    expect(sets).toMatchObject([{ name: 'm', values: expect.any(Array) }]);
    expect((await ask('GET', '/v2/canaries/credentials')).json).toMatchObject([
      { name: 'prometheus', type: 'prometheus' },
      { name: 'postgres' },
    ]);
    expect((await ask('GET', '/v2/canaries/metricsServices?health=true')).json).toMatchObject([
      { name: 'prometheus', health: { status: 'UP' } },
    ]);
    expect((await ask('GET', '/v2/canaries/judges')).json).toHaveLength(2);
    await expect
      .poll(async () => (await ask('GET', '/v2/canaries/metadata/metricsService?filter=ERR')).json)
      .toEqual([{ name: 'errors_total' }]);
  });

  const run = { canaryConfig: configOf(), executionRequest: executionRequest() };
  it.each([
    ['POST', '/v2/canaries/canary?metricsAccountName=nope', run, 'metricsAccountName', 'prometheus'],
    ['POST', '/v2/canaries/canary?storageAccountName=nope', run, 'storageAccountName', 'postgres'],
    [
      'POST',
      '/v2/canaries/canary?configurationAccountName=nope',
      run,
      'configurationAccountName',
      'postgres',
    ],
    [
      'POST',
      '/v2/canaries/judges/judge?passThreshold=95&marginalThreshold=75&storageAccountName=nope',
      {},
      'storageAccountName',
      'postgres',
    ],
    [
      'GET',
      '/v2/canaryConfig?configurationAccountName=nope',
      undefined,
      'configurationAccountName',
      'postgres',
    ],
    [
      'GET',
      '/v2/canaries/web/executions?limit=5&storageAccountName=nope',
      undefined,
      'storageAccountName',
      'postgres',
    ],
    [
      'GET',
      '/v2/canaries/metadata/metricsService?metricsAccountName=nope',
      undefined,
      'metricsAccountName',
      'prometheus',
    ],
    [
      'POST',
      '/v2/canaries/fetch/prometheus/query?metricSetName=m&metricsAccountName=nope',
      undefined,
      'metricsAccountName',
      'prometheus',
    ],
  ])('name the accounts that there are: %s %s', async (method, path, body, field, known) => {
    const { json } = await ask(method, path, body);
    expect(json).toMatchObject({
      status: 400,
      problems: [{ path: field, message: `Unable to resolve account nope. Known for this use: ${known}.` }],
    });
  });

  it.each([
    ['no metrics', { canaryConfig: configOf({ metrics: [] }) }, "we're not analyzing anything"],
    [
      'a judge that is not there',
      { canaryConfig: configOf({ judge: { name: 'nobody' } }) },
      "Unable to resolve canary judge 'nobody'.",
    ],
    [
      'a store that is not there',
      {
        canaryConfig: configOf({
          metrics: [{ name: 'm', scopeName: 'default', query: { type: 'datadog', metricName: 'x' } }],
        }),
      },
      "Unable to resolve canary scope factory for 'datadog'.",
    ],
    ['no request', { executionRequest: undefined }, 'executionRequest: '],
  ])('are refused at once for %s', async (_, changes, message) => {
    const { json } = await ask('POST', '/v2/canaries/canary', { ...run, ...changes });
    expect(json).toMatchObject({ status: 400, message: expect.stringContaining(message) });
  });
});
