import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImportReport } from '@gennaker/contracts';
import type { JsonObject } from '@gennaker/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type TestGate, startTestGate } from '../testing/gate.suite.js';

const wait = { type: 'wait', name: 'Wait', refId: '1', requisiteStageRefIds: [], waitTime: 1 };
const template = {
  id: 'rollout',
  schema: 'v2',
  metadata: { name: 'Rollout', description: '', owner: 'a@b.c', scopes: ['global'] },
  variables: [{ name: 'pause', type: 'int', defaultValue: 1 }],
  pipeline: { stages: [{ ...wait, waitTime: '${ templateVariables.pause }' }] },
};
const canaryConfig = {
  id: 'canary-1',
  name: 'errors',
  description: '',
  applications: ['shop'],
  configVersion: '1',
  metrics: [],
  templates: {},
  classifier: { groupWeights: {} },
  judge: { name: 'NetflixACAJudge-v1.0', judgeConfigurations: {} },
};
const installation = {
  applications: [{ name: 'shop', email: 'a@b.c', cloudProviders: 'kubernetes', instancePort: 80 }],
  templates: [template],
  pipelines: [
    {
      id: 'deploy',
      name: 'Deploy',
      application: 'shop',
      index: 0,
      stages: [wait],
      triggers: [{ type: 'cron', enabled: true, cronExpression: '0 0 10 ? * *' }],
    },
    {
      id: 'templated',
      name: 'Templated',
      application: 'shop',
      index: 1,
      schema: 'v2',
      type: 'templatedPipeline',
      template: { reference: 'spinnaker://rollout', type: 'front50/pipelineTemplate' },
      variables: { pause: 2 },
    },
  ],
  strategies: [{ id: 'rollback', name: 'Rollback', application: 'shop', strategy: true, stages: [wait] }],
  notifications: [
    { application: 'shop', slack: [{ type: 'slack', address: '#shop', when: ['pipeline.failed'] }] },
  ],
  projects: [{ id: 'retail', name: 'Retail', email: 'a@b.c', config: { applications: ['shop'] } }],
  canaryConfigs: [canaryConfig],
};

const outcomes = ({ created, changed, unchanged, refused }: ImportReport) => ({
  created,
  changed,
  unchanged,
  refused,
});

describe('a whole installation as a file', () => {
  let gate: TestGate;
  let other: TestGate;
  beforeAll(async () => {
    gate = await startTestGate();
    other = await startTestGate();
  });
  afterAll(async () => {
    await gate.close();
    await other.close();
  });

  const send = async (to: TestGate, document: unknown, query = ''): Promise<ImportReport> => {
    const reply = await to.call('POST', `/export${query}`, document);
    expect([reply.status, reply.text.slice(0, 500)]).toEqual([200, expect.any(String)]);
    return reply.json;
  };
  const read = async (from: TestGate, query = ''): Promise<Record<string, JsonObject[]>> =>
    (await from.call('GET', `/export${query}`)).json;

  it('says in a dry run what it would do, and does nothing', async () => {
    const report = await send(gate, installation, '?dryRun=true');
    expect(report).toMatchObject({ dryRun: true, created: 8, changed: 0, unchanged: 0, refused: 0 });
    expect((await read(gate)).pipelines).toEqual([]);
  });

  it('is imported entry by entry, and a second time changes nothing', async () => {
    expect(outcomes(await send(gate, installation))).toEqual({
      created: 8,
      changed: 0,
      unchanged: 0,
      refused: 0,
    });
    expect(outcomes(await send(gate, installation))).toEqual({
      created: 0,
      changed: 0,
      unchanged: 8,
      refused: 0,
    });
    const config = (await gate.call('GET', '/applications/shop/pipelineConfigs/Deploy')).json;
    expect(config).toMatchObject({ id: 'deploy', stages: [wait], triggers: [{ id: expect.any(String) }] });
    const plan = await gate.call('POST', '/v2/pipelineTemplates/plan', installation.pipelines[1]);
    expect(plan.json).toMatchObject({ stages: [{ waitTime: 2 }] });
  });

  it('comes out as it went in, as JSON and as YAML, and moves to another installation', async () => {
    const json = await gate.call('GET', '/export');
    expect(json.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': expect.stringMatching(/^attachment; filename="gennaker-[\d-]+\.json"$/),
    });
    const document = json.json as unknown as typeof installation;
    expect(document).toMatchObject({ format: 'gennaker/1', exportedBy: 'anonymous' });
    for (const section of ['applications', 'pipelines', 'strategies', 'projects', 'canaryConfigs'] as const)
      expect(document[section], section).toMatchObject(installation[section]);

    const yaml = await gate.call('GET', '/export', undefined, { accept: 'application/yaml' });
    expect(yaml.headers['content-type']).toBe('application/yaml; charset=utf-8');
    const { exportedAt: _a, ...fromYaml } = parse(yaml.text) as JsonObject;
    const { exportedAt: _b, ...fromJson } = document as JsonObject;
    expect(fromYaml).toEqual(fromJson);

    const moved = await other.call('POST', '/export', yaml.text, { 'content-type': 'application/yaml' });
    expect(moved.json as ImportReport).toMatchObject({ refused: 0, changed: 0 });
    const there = (await read(other)) as typeof installation;
    expect(there.pipelines).toMatchObject(installation.pipelines);
    expect(outcomes(await send(gate, there))).toMatchObject({ created: 0, changed: 0, refused: 0 });
  });

  it('can be read in parts: by section and by application', async () => {
    expect(Object.keys(await read(gate, '?sections=pipelines,projects')).sort()).toEqual(
      ['exportedAt', 'exportedBy', 'format', 'pipelines', 'projects'].sort(),
    );
    expect(await read(gate, '?application=nothing')).toMatchObject({ pipelines: [], canaryConfigs: [] });
    expect(await read(gate, '?application=SHOP&sections=pipelines,templates')).toMatchObject({
      pipelines: [{ id: 'deploy' }, { id: 'templated' }],
      templates: [],
    });
    expect((await gate.call('GET', '/export?sections=piplines')).status).toBe(400);
    expect((await gate.call('GET', '/export?application=a%00')).status).toBe(400);
  });

  it('names who changed what, and why', async () => {
    const pipelines = [{ ...installation.pipelines[0], description: 'new' }];
    const report = await send(gate, { pipelines }, '?reason=Moved%20to%20git');
    expect(report.items).toMatchObject([{ id: 'deploy', outcome: 'changed', changes: ['description'] }]);
    const [latest] = (await gate.call('GET', '/pipelineConfigs/deploy/versions')).json as JsonObject[];
    expect(latest).toMatchObject({ author: 'anonymous', reason: 'Moved to git', from: '127.0.0.1' });
  });

  it('refuses what has changed since, when it is asked to, and says who changed what', async () => {
    const before = await read(gate, '?sections=pipelines');
    await gate.call('POST', '/pipelines', { ...before.pipelines?.[0], description: 'changed by hand' });
    const mine = { pipelines: [{ ...before.pipelines?.[0], description: 'mine' }] };
    const stale = await send(gate, mine, '?staleCheck=true');
    expect(stale.items).toMatchObject([
      {
        outcome: 'refused',
        code: 'catalog.stale_write',
        message: expect.stringMatching(/by anonymous .*description/),
      },
    ]);
    expect(outcomes(await send(gate, mine))).toMatchObject({ changed: 1 });
    const fresh = await read(gate, '?sections=pipelines');
    expect(outcomes(await send(gate, fresh, '?staleCheck=true'))).toMatchObject({ unchanged: 2, refused: 0 });
  });

  it('refuses wrong entries one by one, with the place of the mistake, and takes the others', async () => {
    const report = await send(gate, {
      applications: [{ name: 'no mail' }, { name: 'fine', email: 'a@b.c' }],
      templates: [{ id: 'old', schema: '1', metadata: {} }],
      pipelines: [
        { name: 'p', application: 'fine', stages: [{ type: 'bake', refId: '1' }] },
        { id: 'other-id', name: 'deploy', application: 'shop', stages: [] },
      ],
      canaryConfigs: [{ ...canaryConfig, id: 'c2', name: 7 }],
    });
    expect(outcomes(report)).toEqual({ created: 1, changed: 0, unchanged: 0, refused: 5 });
    expect(report.items.filter(({ outcome }) => outcome === 'refused')).toMatchObject([
      { kind: 'application', problems: [{ path: 'name' }, { path: 'email' }] },
      { kind: 'template', problems: [{ path: 'schema' }] },
      { kind: 'pipeline', problems: [{ path: 'stages[0].type' }] },
      { kind: 'pipeline', code: 'catalog.duplicate_name' },
      { kind: 'canaryConfig', problems: [{ path: 'name' }] },
    ]);
  });

  it('is refused as a whole when it is none', async () => {
    for (const body of [{ piplines: [] }, { pipelines: {} }, [], { format: 'other/1' }, { pipelines: ['x'] }])
      expect([body, (await gate.call('POST', '/export', body)).status]).toEqual([body, 400]);
  });

  it('may be bigger than other requests, and not without a limit', async () => {
    const small = await startTestGate({ GATE_BODY_LIMIT_BYTES: '2000', GATE_IMPORT_LIMIT_BYTES: '20000' });
    const pipelines = (filler: number) => ({
      pipelines: [{ ...installation.pipelines[0], description: 'x'.repeat(filler) }],
    });
    expect((await small.call('POST', '/export', pipelines(10_000))).status).toBe(200);
    expect((await small.call('POST', '/export', pipelines(30_000))).status).toBe(413);
    expect((await small.call('POST', '/pipelines', pipelines(10_000))).status).toBe(413);
    await small.close();
  });
});

describe('an import from Spinnaker', () => {
  let gate: TestGate;
  let spinnaker: Server;
  let url: string;
  let answers: Record<string, unknown>;
  let seen: { path: string; token: unknown }[];

  beforeAll(async () => {
    gate = await startTestGate({ HTTP_POLICY: '{"allowPrivateAddresses":true}' });
    spinnaker = createServer((request, reply) => {
      seen.push({ path: request.url ?? '', token: request.headers['x-spinnaker-token'] });
      const answer = answers[request.url ?? ''];
      if (answer === undefined) reply.writeHead(404).end('{}');
      else reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => spinnaker.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(spinnaker.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => spinnaker.close(resolve));
    await gate.close();
  });

  const bake = {
    id: 'bake',
    name: 'Bake',
    application: 'legacy',
    stages: [{ type: 'bake', refId: '1', cloudProviderType: 'aws' }],
    triggers: [{ type: 'docker', enabled: true }],
  };
  const ask = async (body: unknown, query = ''): Promise<ImportReport> =>
    (await gate.call('POST', `/import/spinnaker${query}`, body)).json;

  it('reads everything that a Gate lists, and says what is not supported and where', async () => {
    seen = [];
    answers = {
      '/applications': [
        { ...installation.applications[0] },
        { name: 'LEGACY', email: 'a@b.c', cloudProviders: 'aws' },
      ],
      '/pipelineConfigs': [...installation.pipelines, bake],
      '/strategyConfigs': installation.strategies,
      '/v2/pipelineTemplates/versions': { rollout: [{ ...template, tag: 'latest' }] },
      '/projects': installation.projects,
      '/notifications/application/shop': installation.notifications[0],
      '/v2/canaryConfig': [{ id: 'canary-1', name: 'errors', applications: ['shop'] }],
      '/v2/canaryConfig/canary-1': { ...canaryConfig, id: undefined },
    };
    const report = await ask({ url, headers: { 'X-Spinnaker-Token': 't' } });
    expect(outcomes(report)).toEqual({ created: 9, changed: 0, unchanged: 0, refused: 1 });
    expect(report.items.find(({ outcome }) => outcome === 'refused')).toMatchObject({
      name: 'Bake',
      code: 'gate.unsupported',
      problems: [{ path: 'stages[0].type' }, { path: 'stages[0].cloudProviderType' }],
    });
    const found = report.unsupported.map(({ name, path, value }) => [name, path, value]);
    expect(found).toEqual(
      expect.arrayContaining([
        ['legacy', 'cloudProviders', 'aws'],
        ['Deploy', 'triggers[0].type', 'cron'],
        ['Bake', 'triggers[0].type', 'docker'],
        ['shop', 'slack[0]', 'slack'],
      ]),
    );
    expect(report.sources).toContainEqual({ section: 'pipelines', read: 3 });
    expect(seen.every(({ token }) => token === 't')).toBe(true);
    expect(outcomes(await ask({ url }))).toEqual({ created: 0, changed: 0, unchanged: 9, refused: 1 });
  });

  it('keeps pipelines that cannot run when it is asked to, disabled', async () => {
    const report = await ask({ pipelines: [bake] }, '?unsupported=disable');
    expect(outcomes(report)).toMatchObject({ created: 1, refused: 0 });
    const kept = (await gate.call('GET', '/applications/legacy/pipelineConfigs/Bake')).json;
    expect(kept).toMatchObject({ disabled: true, stages: [{ type: 'bake' }] });
    expect((await gate.call('POST', '/pipelines/legacy/Bake', { type: 'manual' })).status).toBe(400);
  });

  it('reads a Front50, of the named applications only', async () => {
    answers = {
      '/v2/applications': [
        { name: 'ONE', email: 'a@b.c' },
        { name: 'TWO', email: 'a@b.c' },
      ],
      '/pipelines': [
        { id: 'f1', name: 'p', application: 'one', stages: [wait] },
        { id: 'f2', name: 'p', application: 'two', stages: [wait] },
      ],
    };
    const report = await ask({ url, applications: ['one'] });
    expect(report.items.map(({ kind, name, outcome }) => [kind, name, outcome])).toEqual([
      ['application', 'one', 'created'],
      ['pipeline', 'p', 'created'],
    ]);
  });

  it('keeps to the rules for addresses, and says what is wrong with one', async () => {
    const careful = await startTestGate();
    const refused = await careful.call('POST', '/import/spinnaker', { url });
    expect(refused.json).toMatchObject({ status: 400, message: expect.stringContaining('private address') });
    await careful.close();
    answers = {};
    const nothing = await gate.call('POST', '/import/spinnaker', { url });
    expect(nothing.json).toMatchObject({
      status: 503,
      message: expect.stringContaining('neither a Gate nor'),
    });
    expect((await gate.call('POST', '/import/spinnaker', { url: 'file:///etc/passwd' })).status).toBe(400);
    expect((await gate.call('POST', '/import/spinnaker', { url, pipelines: [] })).status).toBe(400);
  });
});
