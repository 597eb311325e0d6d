import { calibrationRequestSchema } from '@gennaker/canary';
import { CanaryAccountStore } from '@gennaker/canary-store';
import type { HttpFake } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakePrometheus, RunningKayenta } from './kayenta-api.suite.js';

const START = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;

/** Steady noise that depends on query and time only. */
function noise(query: string, time: number): number {
  let hash = 2_166_136_261;
  for (const char of `${query}@${time}`) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 4_294_967_296;
}

function valueOf(query: string, time: number): number | undefined {
  if (query.includes('empty')) return undefined;
  const level = query.includes('bad') ? 130 : 100;
  return level + 10 * (noise(query, time) - 0.5);
}

const promql = (labels: string) => ({
  type: 'prometheus',
  metricName: 'latency',
  customInlineTemplate: labels,
});
const metric = (name: string, changes: object = {}) => ({
  name,
  query: promql(`server="\${scope}",metric="${name}"`),
  groups: ['g'],
  analysisConfigurations: { canary: { direction: 'increase' } },
  scopeName: 'default',
  ...changes,
});
const configOf = (changes: object = {}) => ({
  name: 'my-config',
  description: 'd',
  configVersion: '1.0',
  applications: ['app'],
  judge: { name: 'NetflixACAJudge-v1.0', judgeConfigurations: {} },
  metrics: [metric('latency'), metric('cpu')],
  templates: {},
  classifier: { groupWeights: { g: 100 } },
  ...changes,
});
const iso = (time: number) => new Date(time).toISOString();
const requestOf = (experiment: string, changes: object = {}) => {
  const side = (scope: string) => ({
    scope,
    location: 'eu',
    start: iso(START),
    end: iso(START + HOUR),
    step: 60,
    ...changes,
  });
  return {
    scopes: { default: { controlScope: side('app-baseline'), experimentScope: side(experiment) } },
    thresholds: { pass: 95, marginal: 75 },
  };
};

describe('the API of the metrics judge', () => {
  let kayenta: RunningKayenta;
  let prometheus: HttpFake;

  beforeAll(async () => {
    prometheus = await fakePrometheus(valueOf).start();
    kayenta = await RunningKayenta.start([
      {
        name: 'prom',
        type: 'prometheus',
        endpoint: { baseUrl: prometheus.url },
        bearerToken: 'secret-token',
        locations: ['eu'],
      },
    ]);
  });
  afterAll(async () => {
    await kayenta.stop();
    await prometheus.stop();
  });

  describe('canary configs', () => {
    it.each([
      ['no name', { name: undefined }, 'Canary config must specify a name.'],
      ['no application', { applications: [] }, 'Canary config must specify at least one application.'],
      [
        'a metric twice',
        { metrics: [metric('cpu'), metric('cpu')] },
        "Metric config name must be unique. 'cpu' is duplicated.",
      ],
    ])('are refused with the words of Kayenta for %s', async (_, changes, message) => {
      const { status, body } = await kayenta.post('/canaryConfig', configOf(changes));
      expect([status, body.message]).toEqual([400, message]);
    });

    it('are stored, read with their version, replaced, listed and deleted', async () => {
      const created = await kayenta.post('/canaryConfig', configOf({ applications: ['one', 'two'] }));
      expect(created.status).toBe(200);
      const id = created.body.canaryConfigId as string;
      const read = await kayenta.get(`/canaryConfig/${id}`);
      expect(read.headers['etag']).toBe('"1"');
      expect(read.body).toMatchObject({
        id,
        name: 'my-config',
        metrics: [{ query: { serviceType: 'prometheus' } }, {}],
      });
      expect(read.body.createdTimestampIso).toBe(iso(read.body.createdTimestamp));

      const put = await kayenta.ask(
        'PUT',
        `/canaryConfig/${id}`,
        configOf({ applications: ['one'], description: 'new' }),
      );
      expect([put.status, put.body, put.headers['etag']]).toEqual([200, { canaryConfigId: id }, '"2"']);
      const { body } = await kayenta.get(`/canaryConfig/${id}`);
      expect([body.description, body.createdTimestamp]).toEqual(['new', read.body.createdTimestamp]);

      const list = async (query: string) =>
        (await kayenta.get(`/canaryConfig${query}`)).body.map((c: { id: string }) => c.id);
      expect(await list('?application=one')).toContain(id);
      expect(await list('?application=two')).not.toContain(id);
      expect(await list('?application=two&application=one')).toContain(id);

      expect((await kayenta.ask('DELETE', `/canaryConfig/${id}`)).status).toBe(204);
      expect((await kayenta.get(`/canaryConfig/${id}`)).status).toBe(404);
    });

    it('remember who changed them, from where and why, and what', async () => {
      const by = {
        'x-spinnaker-user': 'ann',
        'x-forwarded-for': '10.1.2.3',
        'x-spinnaker-reason': 'too many alarms',
      };
      const config = { name: 'remembered', applications: ['history'] };
      const { canaryConfigId: id } = (await kayenta.post('/canaryConfig', configOf(config))).body;
      await kayenta.ask('PUT', `/canaryConfig/${id}`, configOf({ ...config, description: 'new' }), by);
      await kayenta.ask('DELETE', `/canaryConfig/${id}`);
      const first = await kayenta.get(`/canaryConfig/${id}/history?limit=2`);
      expect(first.body).toMatchObject([
        { version: 3, action: 'deleted', author: 'anonymous', from: '127.0.0.1' },
        {
          version: 2,
          action: 'changed',
          author: 'ann',
          from: '10.1.2.3',
          reason: 'too many alarms',
          changes: [{ path: 'description', before: 'd', after: 'new' }],
          body: { description: 'new' },
        },
      ]);
      const [, next] = /<([^>]+)>; rel="next"/.exec(String(first.headers['link']))!;
      const second = await kayenta.get(next!);
      expect(second.body).toMatchObject([{ version: 1, action: 'created', changes: [] }]);
      expect(second.headers['link']).toBeUndefined();
    });

    it('refuse a writer who has not seen the latest version', async () => {
      const { canaryConfigId: id } = (
        await kayenta.post('/canaryConfig', configOf({ name: 'contested', applications: ['c'] }))
      ).body;
      const write = (etag: string) =>
        kayenta.ask('PUT', `/canaryConfig/${id}`, configOf({ name: 'contested', applications: ['c'] }), {
          'if-match': etag,
        });
      expect((await write('"1"')).status).toBe(200);
      const stale = await write('"1"');
      expect([stale.status, stale.body.message]).toEqual([
        409,
        expect.stringContaining('is at version 2 now, not 1'),
      ]);
      expect(
        (await kayenta.ask('DELETE', `/canaryConfig/${id}`, undefined, { 'if-match': '"1"' })).status,
      ).toBe(409);
      expect((await write('nonsense')).status).toBe(400);
    });

    it('keep names apart within an application, also when two writers come at once', async () => {
      const same = () =>
        kayenta.post('/canaryConfig', configOf({ name: 'twin', applications: ['app-x', 'app-y'] }));
      const answers = await Promise.all([same(), same(), same()]);
      expect(answers.map((a) => a.status).sort((a, b) => a - b)).toEqual([200, 400, 400]);
      expect(answers.find((a) => a.status === 400)?.body.message).toBe(
        "Canary config with name 'twin' already exists in the scope of applications [app-x, app-y].",
      );
      expect(
        (await kayenta.post('/canaryConfig', configOf({ name: 'twin', applications: ['app-z'] }))).status,
      ).toBe(200);
    });

    it('say what is missing', async () => {
      const { id } = (await kayenta.post('/canaryConfig', configOf({ id: 'given', name: 'given' }))).body;
      expect(id).toBeUndefined();
      const again = await kayenta.post('/canaryConfig', configOf({ id: 'given', name: 'other' }));
      expect(again.body.message).toBe("Canary config 'given' already exists.");
      const unknown = await kayenta.ask('PUT', '/canaryConfig/nope', configOf());
      expect([unknown.status, unknown.body.message]).toEqual([400, "Canary config 'nope' does not exist."]);
      expect((await kayenta.get('/canaryConfig?configurationAccountName=none')).body.message).toBe(
        'configurationAccountName: Unable to resolve account none. Known for this use: postgres.',
      );
      expect((await kayenta.post('/canaryConfig', { metrics: 'all' })).body.message).toContain('metrics: ');
    });
  });

  describe('an analysis', () => {
    const run = async (experiment: string, config: object = configOf(), changes: object = {}) => {
      const { status, body } = await kayenta.post('/canary?application=app&metricsAccountName=prom', {
        canaryConfig: config,
        executionRequest: requestOf(experiment, changes),
      });
      expect(status, JSON.stringify(body)).toBe(200);
      return kayenta.completed(`/canary/${body.canaryExecutionId}`);
    };

    it('passes a good canary and fails a bad one', async () => {
      const good = await run('app-good');
      expect(good).toMatchObject({
        application: 'app',
        canaryConfigId: 'ad-hoc',
        status: 'succeeded',
        metricsAccountName: 'prom',
        result: {
          canaryDuration: 'PT1H',
          judgeResult: { judgeName: 'NetflixACAJudge-v1.0', score: { score: 100, classification: 'Pass' } },
        },
        stageStatus: {
          setupContext: 'succeeded',
          fetchControl0: 'succeeded',
          fetchExperiment1: 'succeeded',
          judge: 'succeeded',
        },
      });
      const bad = await run('app-bad');
      expect(bad['result'].judgeResult).toMatchObject({
        score: { score: 0, classification: 'Fail' },
        results: [
          { name: 'latency', classification: 'High' },
          { name: 'cpu', classification: 'High' },
        ],
      });
    });

    it('keeps what it has measured, and can be judged again by both judges', async () => {
      const { metricSetPairListId } = await run('app-bad');
      const pairs = (await kayenta.get(`/metricSetPairList/${metricSetPairListId}`)).body;
      expect(pairs).toHaveLength(2);
      expect(pairs[0]).toMatchObject({
        name: 'latency',
        scopes: { control: { startTimeMillis: START, stepMillis: 60_000 } },
      });
      expect(pairs[0].attributes.control.query).toBe('avg(latency{server="app-baseline",metric="latency"})');
      expect((await kayenta.get(`/metricSetPairList/${metricSetPairListId}/${pairs[1].id}`)).body).toEqual(
        pairs[1],
      );
      expect((await kayenta.get(`/metricSetPairList/${metricSetPairListId}/none`)).status).toBe(404);

      const { canaryConfigId } = (
        await kayenta.post('/canaryConfig', configOf({ name: 'again', applications: ['j'] }))
      ).body;
      const query = `canaryConfigId=${canaryConfigId}&metricSetPairListId=${metricSetPairListId}&passThreshold=95&marginalThreshold=75`;
      expect((await kayenta.post(`/judges/judge?${query}`)).body.score.classification).toBe('Fail');
      const compared = await kayenta.post(
        `/judges/comparison?${query}&overrideCanaryJudge1=NetflixACAJudge-v1.0&overrideCanaryJudge2=GennakerJudge-v1`,
      );
      const { id, comparisonResult } = compared.body;
      expect(comparisonResult.judge2Result).toMatchObject({
        judgeName: 'GennakerJudge-v1',
        score: { classification: 'Fail' },
      });
      expect(comparisonResult.judge2Result.results[0].classificationReason).toMatch(
        /^latency rose: \+\d+\.\d % /,
      );
      expect((await kayenta.get(`/judges/comparison/${id}`)).body.comparisonResult).toEqual(comparisonResult);
      const inline = await kayenta.post('/judges/judge?passThreshold=95&marginalThreshold=75', {
        canaryConfig: configOf(),
        metricSetPairList: pairs,
      });
      expect(inline.body.results).toHaveLength(2);
    });

    it('runs by a stored config, and is listed', async () => {
      const { canaryConfigId } = (
        await kayenta.post('/canaryConfig', configOf({ name: 'stored', applications: ['s'] }))
      ).body;
      const started = await kayenta.post(
        `/canary/${canaryConfigId}?application=listed&parentPipelineExecutionId=p1`,
        requestOf('app-good'),
      );
      const id = started.body.canaryExecutionId as string;
      await kayenta.completed(`/canary/${id}`);
      const list = await kayenta.get(
        '/canary/executions?application=listed&statuses=SUCCEEDED,RUNNING&limit=5',
      );
      expect(list.body).toMatchObject([{ pipelineId: id, canaryConfigId, parentPipelineExecutionId: 'p1' }]);
      expect((await kayenta.get('/canary/executions?application=listed&statuses=CANCELED')).body).toEqual([]);
      expect((await kayenta.get(`/canaryResultArchive/${id}`)).body.pipelineId).toBe(id);
      expect((await kayenta.get('/canary/unknown')).status).toBe(404);
    });

    it('calls missing data by its name, whatever the store leaves out', async () => {
      const result = await run('app-empty');
      expect(result['result'].judgeResult).toMatchObject({
        results: [{ classification: 'Nodata', classificationReason: 'Missing data for latency' }, {}],
        score: { score: 0, classificationReason: 'Canary Failed: 50% or more metrics returned NODATA' },
      });
    });

    it('ends in words when the store is down', async () => {
      const failed = await run('app-down');
      expect(failed).toMatchObject({ status: 'terminal', complete: true });
      expect(failed['result']).toBeUndefined();
      expect(failed['exception'].details.error).toBe(
        `Prometheus account 'prom' answered with status 503: "<html>Service Unavailable</html>"`,
      );
    });

    it('can be cancelled while the store is slow', async () => {
      prometheus.next.push('hang', 'hang', 'hang', 'hang');
      const { body } = await kayenta.post('/canary?application=app', {
        canaryConfig: configOf(),
        executionRequest: requestOf('app-good'),
      });
      const url = `/canary/${body.canaryExecutionId}`;
      await expect.poll(async () => (await kayenta.get(url)).body.status).toBe('running');
      expect((await kayenta.ask('PUT', `/pipelines/${body.canaryExecutionId}/cancel`)).status).toBe(202);
      expect((await kayenta.completed(url))['status']).toBe('canceled');
      prometheus.next.length = 0;
    });

    it.each([
      ['no metrics', configOf({ metrics: [] }), {}, "we're not analyzing anything. :)"],
      [
        'a store that is not there',
        configOf({ metrics: [metric('m', { query: { type: 'datadog', metricName: 'x' } })] }),
        {},
        "Unable to resolve canary scope factory for 'datadog'.",
      ],
      [
        'a judge that is not there',
        configOf({ judge: { name: 'nobody' } }),
        {},
        "Unable to resolve canary judge 'nobody'.",
      ],
      ['a step in milliseconds', configOf(), { step: 60_000 * 1_000 }, 'it is given in seconds'],
      [
        'an end before the start',
        configOf(),
        { end: iso(START - 1) },
        'scopes.default.controlScope.end: must be after the start',
      ],
      ['a time that is none', configOf(), { start: 'yesterday' }, 'must be an ISO-8601 time with a zone'],
      [
        'an unknown variable',
        configOf({ metrics: [metric('m', { query: promql('a="${nope}"') })] }),
        {},
        "cannot resolve variable 'nope'",
      ],
    ])('is refused at once for %s', async (_, canaryConfig, changes, message) => {
      const { status, body } = await kayenta.post('/canary', {
        canaryConfig,
        executionRequest: requestOf('app-good', changes),
      });
      expect([status, body.message]).toEqual([400, expect.stringContaining(message)]);
    });

    it('is refused for an account that is not there', async () => {
      const { status, body } = await kayenta.post('/canary?metricsAccountName=nope', {
        canaryConfig: configOf(),
        executionRequest: requestOf('x'),
      });
      expect([status, body.message]).toEqual([
        400,
        'metricsAccountName: Unable to resolve account nope. Known for this use: prom.',
      ]);
    });

    it('has a report as JSON and as a page that loads nothing', async () => {
      const named = metric('<script>alert(1)</script>');
      const { pipelineId } = await run(
        'app-bad',
        configOf({ judge: { name: 'GennakerJudge-v1' }, metrics: [named] }),
      );
      const { body } = await kayenta.get(`/canaries/${pipelineId}/report`);
      expect(body.metrics[0]).toMatchObject({
        classification: 'High',
        interval: { confidence: 0.98 },
        control: { quantiles: {} },
      });
      expect(body.metrics[0].control.values).toHaveLength(60);
      expect(body.metrics[0].distribution.edges).toHaveLength(25);
      const page = await kayenta.get(`/canaries/${pipelineId}/report.html`);
      expect(page.headers['content-type']).toContain('text/html');
      expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/);
      expect(page.text).not.toContain('<script>alert');
      expect(page.text).not.toMatch(/(?:src|href)=/);
      expect((await kayenta.get('/canaries/unknown/report')).status).toBe(404);
    });
  });

  describe('a standalone run', () => {
    const request = (changes: object = {}) => ({
      scopes: [
        {
          controlScope: 'app-baseline',
          experimentScope: 'app-good',
          startTimeIso: iso(START),
          endTimeIso: iso(START + HOUR),
          step: 60,
        },
      ],
      thresholds: { pass: 95, marginal: 75 },
      analysisIntervalMins: 20,
      ...changes,
    });
    const run = async (executionRequest: object, judge = 'NetflixACAJudge-v1.0') => {
      const { status, body } = await kayenta.post('/standalone_canary_analysis?user=ann&application=app', {
        canaryConfig: configOf({ judge: { name: judge } }),
        executionRequest,
      });
      expect(status, JSON.stringify(body)).toBe(200);
      return kayenta.completed(`/standalone_canary_analysis/${body.canaryAnalysisExecutionId}`);
    };

    it('judges growing windows one after the other', async () => {
      const done = await run(request());
      expect(done).toMatchObject({
        user: 'ann',
        executionStatus: 'SUCCEEDED',
        canaryAnalysisExecutionResult: { didPassThresholds: true, hasWarnings: true },
      });
      const { canaryScores, canaryExecutionResults, canaryScoreMessage } =
        done['canaryAnalysisExecutionResult'];
      expect(canaryScores).toEqual([100, 100, 100]);
      expect(canaryScoreMessage).toBe('Final canary score 100.0 met or exceeded the pass score threshold.');
      expect(
        canaryExecutionResults.map((r: { judgementEndTimeIso: string }) => r.judgementEndTimeIso),
      ).toEqual([20, 40, 60].map((minutes) => iso(START + minutes * 60_000)));
    });

    it.each(['NetflixACAJudge-v1.0', 'GennakerJudge-v1'])(
      'is stopped early by %s for a bad canary',
      async (judge) => {
        const scopes = [{ ...request().scopes[0], experimentScope: 'app-bad' }];
        const done = await run(request({ scopes }), judge);
        expect(done).toMatchObject({
          executionStatus: 'TERMINAL',
          canaryAnalysisExecutionResult: { didPassThresholds: false, canaryScores: [0] },
        });
        expect(done['stageStatus'].map((s: { status: string }) => s.status)).toEqual([
          'terminal',
          'succeeded',
          'not_started',
          'not_started',
          'succeeded',
        ]);
      },
    );

    it('can be cancelled while it waits', async () => {
      const { body } = await kayenta.post('/standalone_canary_analysis', {
        canaryConfig: configOf(),
        executionRequest: request({
          scopes: [{ controlScope: 'a', experimentScope: 'b' }],
          lifetimeDurationMins: 60,
        }),
      });
      const id = body.canaryAnalysisExecutionId as string;
      await kayenta.ask('PUT', `/pipelines/${id}/cancel`);
      expect((await kayenta.completed(`/standalone_canary_analysis/${id}`))['status']).toBe('canceled');
    });

    it('is refused without an end or a lifetime', async () => {
      const scopes = [{ controlScope: 'a', experimentScope: 'b' }];
      const { status, body } = await kayenta.post('/standalone_canary_analysis', {
        canaryConfig: configOf(),
        executionRequest: request({ scopes }),
      });
      expect([status, body.message]).toEqual([
        400,
        expect.stringContaining('must include either `endTime` or `lifetimeDuration`'),
      ]);
    });
  });

  describe('accounts and metrics', () => {
    it('are listed without secrets', async () => {
      const { body, text } = await kayenta.get('/credentials');
      expect(body).toEqual([
        {
          name: 'prom',
          type: 'prometheus',
          supportedTypes: ['METRICS_STORE'],
          locations: ['eu'],
          recommendedLocations: [],
        },
        {
          name: 'postgres',
          type: 'sql',
          supportedTypes: ['OBJECT_STORE', 'CONFIGURATION_STORE'],
          locations: [],
          recommendedLocations: [],
        },
      ]);
      expect(text).not.toContain('secret-token');
      expect((await kayenta.get('/metricsServices?health=true')).body).toMatchObject([
        { name: 'prom', health: { status: 'UP' } },
      ]);
      expect((await kayenta.get('/metadata/metricsService?metricsAccountName=prom&filter=ERR')).body).toEqual(
        [{ name: 'errors_total' }],
      );
      expect((await kayenta.get('/judges')).body).toEqual([
        { name: 'NetflixACAJudge-v1.0', visible: true },
        { name: 'GennakerJudge-v1', visible: true },
      ]);
    });

    it('are told to the other services, with the metrics that their stores know', async () => {
      const { platform } = kayenta;
      const told = new CanaryAccountStore(platform.database.pool, platform.clock);
      await expect.poll(() => told.metrics('prom', 'ERR', 10)).toEqual([{ name: 'errors_total' }]);
      expect(await told.metrics(undefined, '', 1)).toEqual([{ name: 'latency' }]);
      expect(await told.list()).toEqual((await kayenta.get('/credentials')).body);
    });

    it('can be asked once, for the query only or for the data', async () => {
      const query = `metricSetName=m&metricName=latency&customFilter=server%3D%22a%22&groupByFields=zone&start=${iso(START)}&end=${iso(START + 300_000)}&step=60`;
      const dry = await kayenta.post(`/fetch/prometheus/query?${query}&dryRun=true`);
      expect(dry.body).toEqual({ query: 'avg(latency{server="a"}) by (zone)' });
      const { metricSetListId } = (await kayenta.post(`/fetch/prometheus/query?${query}`)).body;
      const [set] = (await kayenta.get(`/metricSetList/${metricSetListId}`)).body;
      expect(set).toMatchObject({ name: 'm', stepMillis: 60_000, values: expect.any(Array) });
      expect(set.values).toHaveLength(5);
      expect((await kayenta.get('/metricSetList')).body.map((s: { id: string }) => s.id)).toContain(
        metricSetListId,
      );
      expect((await kayenta.ask('DELETE', `/metricSetList/${metricSetListId}`)).status).toBe(204);
      expect((await kayenta.get(`/metricSetList/${metricSetListId}`)).status).toBe(404);
      expect((await kayenta.post('/fetch/atlas/query?metricSetName=m')).status).toBe(400);
    });
  });

  it('tells a config how far it can be trusted', async () => {
    const judge = { name: 'GennakerJudge-v1' };
    const { canaryConfigId } = (
      await kayenta.post('/canaryConfig', configOf({ name: 'calibrated', judge, applications: ['cal'] }))
    ).body;
    const scope = (name: string) => ({ scope: name, step: 60 });
    const calibrate = async (scopes: object) =>
      (
        await kayenta.post(`/canaryConfig/${canaryConfigId}/calibrate`, {
          scopes: { default: scopes },
          windows: 8,
          windowMins: 60,
          end: iso(START),
        })
      ).body;
    const paired = await calibrate({ controlScope: scope('app-a'), experimentScope: scope('app-b') });
    expect(paired).toMatchObject({ judgeName: 'GennakerJudge-v1', windows: 8, falseAlarmRate: 0 });
    expect(paired.metrics[0]).toMatchObject({ name: 'latency', falseAlarmRate: 0 });
    expect(paired.metrics[0].smallestNoticedIncrease).toBeLessThanOrEqual(0.05);
    expect(paired.summary).toContain('With nothing changed, 0 % of 8 windows would have failed.');
    const alone = await calibrate({ controlScope: scope('app-a') });
    expect(alone.windows).toBe(8);
    expect(alone.metrics[0].smallestNoticedIncrease).toBeLessThanOrEqual(0.1);
  });

  it('answers others while it calibrates, and gives up when nobody waits any more', async () => {
    const { canaryConfigId } = (
      await kayenta.post('/canaryConfig', configOf({ name: 'long', applications: ['long'] }))
    ).body;
    const asker = new AbortController();
    const request = calibrationRequestSchema.parse({
      scopes: { default: { controlScope: { scope: 'app-a' }, experimentScope: { scope: 'app-b' } } },
      end: iso(START),
    });
    let ended = false;
    const calibrating = kayenta.service.calibrations
      .run(canaryConfigId, request, 'prom', asker.signal)
      .finally(() => (ended = true));
    const refused = expect(calibrating).rejects.toThrow('gone');
    expect((await kayenta.get('/judges')).status).toBe(200);
    expect(ended).toBe(false);
    asker.abort(new Error('gone'));
    await refused;
  });

  it('forgets what is older than its retention', async () => {
    const id = await kayenta.service.documents.put('metricSetList', [{ name: 'old', values: [Number.NaN] }]);
    expect(await kayenta.service.documents.get('metricSetList', id)).toEqual([
      { name: 'old', values: ['NaN'] },
    ]);
    await kayenta.platform.database.pool.query('update kayenta.document set updated_at = 1 where id = $1', [
      id,
    ]);
    expect(await kayenta.service.retention.run()).toBe(1);
    expect(await kayenta.service.documents.find('metricSetList', id)).toBeUndefined();
  });

  it('forgets ended analyses and runs as a whole, and none that is still on', async () => {
    const { pool } = kayenta.platform.database;
    const times = { startTimeIso: iso(START), endTimeIso: iso(START + HOUR) };
    const ask = async (scope: object) => {
      const executionRequest = {
        scopes: [{ controlScope: 'app-a', experimentScope: 'app-b', ...scope }],
        thresholds: { pass: 95, marginal: 75 },
        lifetimeDurationMins: 60,
      };
      const { body } = await kayenta.post('/standalone_canary_analysis?application=kept', {
        canaryConfig: configOf(),
        executionRequest,
      });
      return `/standalone_canary_analysis/${body.canaryAnalysisExecutionId}`;
    };
    const [ended, waiting] = [await ask(times), await ask({})];
    await kayenta.completed(ended);
    const listed = (await kayenta.get('/canary/executions?application=kept')).body;
    expect(listed).toHaveLength(1);
    await pool.query(
      `update kayenta.canary_execution set ended_at = 1 where application = 'kept' and ended_at is not null`,
    );
    expect(await kayenta.service.retention.run()).toBe(2);
    expect((await kayenta.get('/canary/executions?application=kept')).body).toEqual([]);
    for (const path of [ended, `/canary/${listed[0].pipelineId}`])
      expect([path, (await kayenta.get(path)).status]).toEqual([path, 404]);
    expect((await kayenta.get(waiting)).body.status).toBe('running');
  });
});
