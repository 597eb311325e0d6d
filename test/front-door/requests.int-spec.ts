import { freePort } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import requests from './__fixtures__/requests.json' with { type: 'json' };
import { type Cloud, startCloud } from './cloud.suite.js';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';
import { type Shape, misfits } from './shape.js';

interface Case {
  id: string;
  request: { method: string; path: string; body: unknown; headers?: Record<string, string> };
  preconditions: string[];
  expected: { status: number; body: Shape };
}

/** Needs sign-in, permissions or API tokens. */
const NEEDS_SIGN_IN = /header authentication|authentication module|api tokens|user already has|Fiat enabled/i;
/** A client's mistake is 400 here, also where Spinnaker says 500. */
const OTHER_STATUS: Record<string, number> = { 'spin-template-create-bad-schema': 400 };
const cases = (requests as unknown as Case[]).filter(
  ({ preconditions }) => !preconditions.some((text) => NEEDS_SIGN_IN.test(text)),
);

/** What `spin canary canary-config retro` sends. */
const scope = {
  scope: 'app',
  location: 'default',
  start: '2026-01-05T12:00:00Z',
  end: '2026-01-05T12:30:00Z',
  step: 60,
  extendedScopeParams: {},
};
const RETRO = {
  canaryConfig: {
    name: 'retro',
    applications: ['demo'],
    configVersion: '1',
    metrics: [
      {
        name: 'up',
        query: { type: 'prometheus', serviceType: 'prometheus', customInlineTemplate: 'PromQL:vector(1)' },
        groups: ['all'],
        analysisConfigurations: { canary: { direction: 'increase' } },
        scopeName: 'default',
      },
    ],
    templates: {},
    classifier: { groupWeights: { all: 100 } },
    judge: { name: 'NetflixACAJudge-v1.0', judgeConfigurations: {} },
  },
  executionRequest: {
    scopes: { default: { controlScope: scope, experimentScope: scope } },
    thresholds: { pass: 95, marginal: 75 },
  },
};

const labels = { app: 'demo' };
const REPLICA_SET = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: 'demo-v001',
    namespace: 'default',
    annotations: {
      'moniker.spinnaker.io/application': 'demo',
      'moniker.spinnaker.io/cluster': 'replicaSet demo',
      'moniker.spinnaker.io/sequence': '1',
    },
  },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'demo', image: 'demo:1' }] } },
  },
};

const waiting = (type: string) => [{ type, name: type, refId: '1', requisiteStageRefIds: [], waitTime: 600 }];

/** Requests of the spin CLI and of the web UI, each after what it needs has been set up. */
describe('the requests of clients', () => {
  let door: FrontDoor;
  const call: FrontDoor['call'] = (...args) => door.call(...args);
  let count = 0;

  let cloud: Cloud;

  beforeAll(async () => {
    const port = await freePort();
    door = await startFrontDoor({ KAYENTA_URL: `http://127.0.0.1:${port}` });
    cloud = await startCloud(door.platform, ['test', 'test.com'], { KAYENTA_PORT: String(port) });
  });
  afterAll(async () => {
    await cloud.stop();
    await door.close();
  });

  async function execution(type: string): Promise<{ id: string; stageId: string }> {
    const pipeline = { application: 'cases', name: `p${(count += 1)}`, stages: waiting(type) };
    const { ref } = (await call('POST', '/pipelines/start', pipeline)).json as { ref: string };
    const running = await door.until(
      ref,
      ({ json }) => (json as { stages: { status: string }[] }).stages[0]?.status === 'RUNNING',
    );
    const { id, stages } = running.json as { id: string; stages: { id: string }[] };
    return { id, stageId: stages[0]?.id ?? '' };
  }

  /** Makes true what the preconditions say, and gives the values of the placeholders. */
  async function prepare({ id, preconditions, request }: Case): Promise<Record<string, string>> {
    const said = preconditions.join('; ');
    if (/application (app|foo) exists/.test(said)) {
      const name = /application (app|foo) exists/.exec(said)?.[1];
      const job = [{ type: 'createApplication', application: { name, email: 'a@b.c' } }];
      const { ref } = (await call('POST', '/tasks', { application: name, description: 'x', job })).json as {
        ref: string;
      };
      await door.until(ref, ({ json }) => (json as { status: string }).status === 'SUCCEEDED');
    }
    if (/"id" exists|strategy id exists/.test(said)) {
      const url = said.includes('strategy') ? '/strategies' : '/pipelines';
      await call('POST', url, { id: 'id', name: 'before', application: 'application', stages: [] });
    }
    if (said.includes('{pipelineId}'))
      await call('POST', '/pipelines', { id: 'stored', name: 'pipeline1', application: 'app', stages: [] });
    if (said.includes('template myTemplate exists')) {
      await call('POST', '/v2/pipelineTemplates/create', {
        id: 'myTemplate',
        schema: 'v2',
        metadata: { name: 't', scopes: ['global'] },
        pipeline: { stages: [] },
      });
    }
    if (said === 'config exists') {
      const config = {
        id: 'exampleCanaryConfigId',
        name: 'cfg',
        applications: ['a'],
        configVersion: '1',
        metrics: [],
        templates: {},
        classifier: { groupWeights: {} },
        judge: { name: 'NetflixACAJudge-v1.0', judgeConfigurations: {} },
      };
      await call('POST', '/v2/canaryConfig', config);
    }
    if (id === 'spin-canary-config-create') await call('DELETE', '/v2/canaryConfig/exampleCanaryConfigId');
    if (said.includes('project proj exists')) {
      const job = [{ type: 'upsertProject', project: { id: 'project1', name: 'proj', email: 'a@b.c' } }];
      await call('POST', '/tasks', { application: 'spinnaker', description: 'x', job });
    }
    if (said.includes('accounts test and test.com'))
      await door.until('/credentials/test.com', ({ text }) => text !== '');
    if (said.includes('ReplicaSet demo-v001')) {
      await cloud.apply(REPLICA_SET);
      await door.until('/applications/demo/serverGroups', ({ json }) => (json as unknown[]).length > 0);
    }
    const placeholders: Record<string, string> = { pipelineId: 'stored', projectId: 'project1' };
    if (request.path.includes('{canaryExecutionId}')) {
      await door.until('/v2/canaries/credentials', ({ json }) => (json as unknown[]).length > 0);
      const { canaryExecutionId } = (await call('POST', '/v2/canaries/canary', RETRO)).json as {
        canaryExecutionId: string;
      };
      const result = `/v2/canaries/canary/${canaryExecutionId}`;
      await door.until(result, ({ json }) => (json as { complete: boolean }).complete);
      placeholders.canaryExecutionId = canaryExecutionId;
    }
    if (/\{id\}/.test(request.path)) {
      const { ref } = (
        await call('POST', '/tasks', { application: 'a', description: 'x', job: waiting('wait') })
      ).json as { ref: string };
      placeholders.id = ref.split('/').at(-1) ?? '';
    }
    if (/\{executionId\}/.test(request.path)) {
      const made = await execution(said.includes('manualJudgment') ? 'manualJudgment' : 'wait');
      if (said.includes('is PAUSED')) await call('PUT', `/pipelines/${made.id}/pause`);
      if (said.includes('TERMINAL')) await call('PUT', `/pipelines/${made.id}/cancel`);
      Object.assign(placeholders, { executionId: made.id, stageId: made.stageId });
    }
    return placeholders;
  }

  const fill = (text: string, values: Record<string, string>) =>
    text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

  it.each(cases)('$id', async (one) => {
    const values = await prepare(one);
    const { method, path, body, headers } = one.request;
    const sent =
      body === null || body === undefined
        ? undefined
        : (JSON.parse(fill(JSON.stringify(body), values)) as unknown);
    const answer = await call(method, fill(path, values), sent, headers);
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([
      OTHER_STATUS[one.id] ?? one.expected.status,
      expect.any(String),
    ]);
    if (one.expected.body === 'any' || OTHER_STATUS[one.id] !== undefined) return;
    const seen: unknown =
      one.expected.body === 'string' ? answer.text : answer.text === '' ? undefined : JSON.parse(answer.text);
    expect(misfits(seen, one.expected.body)).toEqual([]);
  });
});

/** What every page of the web UI asks for, again and again. */
describe('the polling of the web UI', () => {
  let door: FrontDoor;
  beforeAll(async () => {
    door = await startFrontDoor();
  });
  afterAll(() => door.close());

  it.each([
    '/plugins/deck/plugin-manifest.json',
    '/notifications/metadata',
    '/webhooks/preconfigured',
    '/jobs/preconfigured',
    '/credentials?expand=true',
    '/banners',
    '/securityGroups',
    '/applications',
    '/auth/user',
    '/applications/a/serverGroupManagers',
    '/applications/a/serverGroups',
    '/applications/a/clusters',
    '/applications/a/loadBalancers',
    '/applications/a/pipelines?limit=30&statuses=RUNNING,SUSPENDED,PAUSED,NOT_STARTED&expand=true',
    '/applications/a/pipelines?limit=2&expand=false',
    '/applications/a/tasks?statuses=RUNNING,SUSPENDED,NOT_STARTED',
    '/search?q=abc&type=securityGroups&pageSize=500',
    '/v2/canaryConfig',
    '/applications/a/rawResources',
    '/applications/a/pipelineConfigs',
    '/applications/a/strategyConfigs',
    '/capabilities/quietPeriod',
    '/notifications/application/a',
    '/auth/user/serviceAccounts?application=a',
    '/pipelineTemplates?scope=a',
    '/v2/pipelineTemplates/versions',
    '/artifacts/credentials',
    '/v2/canaries/credentials',
    '/v2/canaries/judges',
    '/v2/canaries/a/executions?limit=20',
    '/loadBalancers/acc/ns/service%20x?provider=kubernetes',
    '/instances/acc/ns/x/console?provider=kubernetes',
  ])('%s answers JSON or nothing', async (url) => {
    const answer = await door.call('GET', url, undefined, {
      'X-RateLimit-App': 'deck',
      Origin: 'http://localhost:9000',
    });
    expect([url, answer.status]).toEqual([url, 200]);
    expect(answer.headers['access-control-allow-origin']).toBe('http://localhost:9000');
    if (answer.text !== '') expect(answer.headers['content-type']).toContain('application/json');
  });
});
