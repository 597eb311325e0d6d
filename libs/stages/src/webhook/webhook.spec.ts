import { StageContext } from '@gennaker/execution';
import { evolve, submitExecution } from '@gennaker/execution';
import { type JsonObject, SequentialIds } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse, StagePorts } from '../ports.js';
import { runTask } from '../run-task.js';
import type { StageDefinition } from '../stage-definition.js';
import { readJsonPath } from '../json-path.js';
import { preconfiguredWebhookSchema, preconfiguredWebhookStage } from './preconfigured-webhook.js';
import { webhookStage } from './webhook.stage.js';

const NOW = Date.UTC(2026, 0, 5);

interface Situation {
  roles?: string[];
  isRepeated?: boolean;
  /** What the operators say of the request. */
  safeToRetry?: boolean;
}

async function run(
  task: string,
  context: JsonObject,
  answer: Partial<HttpResponse> | Error,
  definition: StageDefinition = webhookStage,
  { roles, isRepeated = false, safeToRetry = true }: Situation = {},
) {
  const requests: HttpRequest[] = [];
  const event = submitExecution(
    { application: 'a', name: 'p', stages: [{ refId: '1', type: 'webhook', ...context }] },
    {
      type: 'PIPELINE',
      now: NOW,
      ids: new SequentialIds(),
      authentication: { user: 'ann', allowedAccounts: [], ...(roles && { roles }) },
      origin: 'api',
    },
  );
  const execution = evolve(undefined, event);
  const stage = Object.values(execution.stages)[0]!;
  const ports = {
    http: {
      isSafeToRetry: () => safeToRetry,
      request: (request: HttpRequest) => {
        requests.push(request);
        if (answer instanceof Error) return Promise.reject(answer);
        return Promise.resolve({ status: 200, headers: {}, body: '', ...answer });
      },
    },
  } as unknown as StagePorts;
  const input = {
    execution,
    stage,
    config: definition.schema.parse(stage.context),
    context: new StageContext(execution, stage.id),
    now: NOW,
    startedAt: NOW,
    ports,
    workItemId: 'item-1',
    isRepeated,
    signal: new AbortController().signal,
  };
  const result = await runTask(
    definition.tasks.find(({ name }) => name === task)!,
    input,
  );
  return { result, requests, plan: definition.plan?.(input) };
}

const networkError = (code: string) => Object.assign(new Error(code), { code });
const url = 'https://ci.example.com/jobs';

describe('createWebhook', () => {
  it('sends the payload as JSON, with the work item as Idempotency-Key', async () => {
    const { requests, result } = await run(
      'createWebhook',
      { url, payload: { a: 1 }, customHeaders: { 'X-A': ['1', '2'] } },
      { body: '{"id":7,"artifacts":[{"type":"docker/image"}]}' },
    );
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url,
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', 'X-A': '1, 2', 'idempotency-key': 'item-1' },
    });
    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      context: { webhook: { statusCode: 'OK', statusCodeValue: 200, body: { id: 7 } } },
      outputs: { artifacts: [{ type: 'docker/image' }] },
    });
  });

  it.each([
    [500, {}, 'RUNNING'],
    [429, {}, 'RUNNING'],
    [504, {}, 'TERMINAL'],
    [504, { failFastStatusCodes: [502] }, 'RUNNING'],
    [404, {}, 'TERMINAL'],
    [404, { webhookRetryStatusCodes: [404] }, 'RUNNING'],
  ])('answered %i with %j is %s', async (status, context, expected) => {
    const { result } = await run('createWebhook', { url, ...context }, { status });
    expect(result.status).toBe(expected);
    expect(result.context).toMatchObject({ webhook: { statusCodeValue: status } });
  });

  it.each([
    ['ENOTFOUND', 'RUNNING'],
    ['UND_ERR_HEADERS_TIMEOUT', 'RUNNING'],
    ['CERT_HAS_EXPIRED', 'TERMINAL'],
  ])('that fails with %s is %s', async (code, expected) => {
    const { result } = await run('createWebhook', { url }, networkError(code));
    expect(result.status).toBe(expected);
  });

  const careful: Situation = { safeToRetry: false };

  it.each([
    ['an answer after which it may have been done', { status: 502 }, 'TERMINAL'],
    ['a connection that broke on the way', networkError('ECONNRESET'), 'TERMINAL'],
    ['a connection that never was', networkError('ECONNREFUSED'), 'RUNNING'],
    ['a receiver that asks for a pause', { status: 429 }, 'RUNNING'],
  ])('sends nothing twice where operators say so: %s', async (_what, answer, status) => {
    const { result } = await run(
      'createWebhook',
      { url: 'https://a.example' },
      answer,
      webhookStage,
      careful,
    );
    expect(result.status).toBe(status);
  });

  it('fails rather than send again what a worker that died may have sent, where operators say so', async () => {
    const context = { url: 'https://a.example' };
    const again = await run('createWebhook', context, {}, webhookStage, { ...careful, isRepeated: true });
    expect([again.result.status, again.requests]).toEqual(['TERMINAL', []]);
    expect(JSON.stringify(again.result.exception)).toContain('not known whether the request has arrived');
    const free = await run('createWebhook', context, {}, webhookStage, { isRepeated: true });
    expect([free.result.status, free.requests.length]).toEqual(['SUCCEEDED', 1]);
  });

  it('says which account it sends as', async () => {
    const { requests } = await run('createWebhook', { url: 'https://a.example', account: 'cmdb' }, {});
    expect(requests).toMatchObject([{ webhook: { account: 'cmdb' } }]);
  });

  it('finds the status by the address, the location header or the answer', async () => {
    const endpoint = async (context: JsonObject, answer: Partial<HttpResponse>) =>
      (await run('createWebhook', { url, waitForCompletion: true, ...context }, answer)).result.context?.[
        'webhook'
      ];
    expect(await endpoint({}, {})).toMatchObject({ statusEndpoint: url });
    expect(
      await endpoint({ statusUrlResolution: 'locationHeader' }, { headers: { location: '/jobs/7' } }),
    ).toMatchObject({ statusEndpoint: 'https://ci.example.com/jobs/7' });
    expect(
      await endpoint(
        { statusUrlResolution: 'webhookResponse', statusUrlJsonPath: '$.links[0].href' },
        { body: '{"links":[{"href":"https://ci.example.com/s"}]}' },
      ),
    ).toMatchObject({ statusEndpoint: 'https://ci.example.com/s' });
    const none = await run(
      'createWebhook',
      { url, waitForCompletion: true, statusUrlResolution: 'locationHeader' },
      {},
    );
    expect(none.result.status).toBe('TERMINAL');
  });

  it('says which field is wrong before it sends anything', () => {
    expect(webhookStage.schema.safeParse({ url: 'file:///etc/passwd' }).error?.issues[0]?.path).toEqual([
      'url',
    ]);
    expect(webhookStage.schema.safeParse({}).error?.issues[0]?.path).toEqual(['url']);
    expect(webhookStage.schema.safeParse({ url, method: 'FETCH' }).success).toBe(false);
  });
});

describe('monitorWebhook', () => {
  const base = { url, waitForCompletion: true, webhook: { statusEndpoint: `${url}/7` } };
  const words = { successStatuses: 'SUCCESS, done', canceledStatuses: 'ABORTED', terminalStatuses: 'FAILED' };

  it.each([
    [{}, { body: '{}' }, 'SUCCEEDED'],
    [{ statusJsonPath: '$.s', ...words }, { body: '{"s":"Done"}' }, 'SUCCEEDED'],
    [{ statusJsonPath: '$.s', ...words }, { body: '{"s":"failed"}' }, 'TERMINAL'],
    [{ statusJsonPath: '$.s', ...words }, { body: '{"s":"aborted"}' }, 'CANCELED'],
    [{ statusJsonPath: '$.s', ...words }, { body: '{"s":"building"}' }, 'RUNNING'],
    [{ statusJsonPath: '$.s' }, { body: '{"s":100}' }, 'SUCCEEDED'],
    [{ statusJsonPath: '$.s' }, { body: '{"s":99}' }, 'RUNNING'],
    [{ statusJsonPath: '$.nothing' }, { body: '{"s":99}' }, 'TERMINAL'],
    [{}, { status: 503 }, 'RUNNING'],
    [{}, { status: 404 }, 'TERMINAL'],
    [{ retryStatusCodes: [404] }, { status: 404 }, 'RUNNING'],
    [{ retries: { 404: { maxAttempts: 0 } } }, { status: 404 }, 'TERMINAL'],
    [{ retries: { 404: { maxAttempts: 1 } } }, { status: 404 }, 'RUNNING'],
  ])('%j answered %j is %s', async (context, answer, expected) => {
    expect((await run('monitorWebhook', { ...base, ...context }, answer)).result.status).toBe(expected);
  });

  it('keeps the answer, the progress and the codes seen so far, and looks again after a second', async () => {
    const { result, requests } = await run(
      'monitorWebhook',
      { ...base, statusJsonPath: '$.s', progressJsonPath: '$.p', ...words },
      { body: '{"s":"x","p":"half way"}' },
    );
    expect(requests[0]).toMatchObject({ method: 'GET', url: `${url}/7` });
    expect(result.nextRunAt).toBe(NOW + 1_000);
    expect(result.context).toMatchObject({
      webhook: {
        statusEndpoint: `${url}/7`,
        monitor: { progressMessage: 'half way', pastStatusCodes: [200] },
      },
    });
  });
});

describe('the plan of a webhook', () => {
  it.each([
    [{}, ['createWebhook', 'bindProducedArtifacts']],
    [{ waitForCompletion: true }, ['createWebhook', 'monitorWebhook', 'bindProducedArtifacts']],
    [
      { waitForCompletion: 'true', waitBeforeMonitor: '5' },
      ['createWebhook', 'waitBeforeMonitorWebhook', 'monitorWebhook', 'bindProducedArtifacts'],
    ],
    [{ monitorOnly: true }, ['monitorWebhook', 'bindProducedArtifacts']],
  ])('of %j', async (context, expected) => {
    expect((await run('createWebhook', { url, ...context }, {})).plan).toEqual(expected);
  });
});

describe('a preconfigured webhook that needs a role', () => {
  const definition = preconfiguredWebhookStage(
    preconfiguredWebhookSchema.parse({ type: 'x', label: 'X', url, permissions: { WRITE: ['Release'] } }),
  );

  it.each([
    [['dev'], 'TERMINAL', 0],
    [['release', 'dev'], 'SUCCEEDED', 1],
    [undefined, 'SUCCEEDED', 1],
  ])('run by somebody with the roles %j is %s', async (roles, status, sent) => {
    const { result, requests } = await run('createWebhook', {}, {}, definition, {
      ...(roles && { roles }),
    });
    expect([result.status, requests.length]).toEqual([status, sent]);
    if (sent === 0) expect(JSON.stringify(result.exception)).toContain('ann may not use the webhook X');
  });
});

describe('a preconfigured webhook', () => {
  const definition = preconfiguredWebhookStage(
    preconfiguredWebhookSchema.parse({
      type: 'notifyCmdb',
      label: 'CMDB',
      url: "https://cmdb.example.com/${parameterValues['system']}",
      customHeaders: { Authorization: 'Bearer secret' },
      parameters: [{ name: 'system', defaultValue: 'web' }],
    }),
  );

  it('sends what the operators have set up, whatever the stage says', async () => {
    const context = { url: 'https://evil.example.com', parameterValues: { system: 'db' } };
    const { requests, result } = await run('createWebhook', context, {}, definition);
    expect(requests[0]).toMatchObject({
      url: 'https://cmdb.example.com/db',
      headers: { Authorization: 'Bearer secret' },
    });
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});

describe('readJsonPath', () => {
  const document = { a: { 'b c': [1, { d: 2 }, { d: 3 }] }, d: 4 };
  it.each([
    ['$', document],
    ["$.a['b c'][0]", 1],
    ['$.a["b c"][-1].d', 3],
    ['$.a["b c"][*].d', [2, 3]],
    ['$..d', [4, 2, 3]],
    ['$.x.y', undefined],
  ])('%s', (path, expected) => {
    expect(readJsonPath(document, path)).toEqual(expected);
  });

  it('refuses what is no path', () => {
    expect(() => readJsonPath({}, 'a.b')).toThrow(/must begin with/);
    expect(() => readJsonPath({}, '$.a[?(@.b)]')).toThrow(/cannot be read/);
  });
});
