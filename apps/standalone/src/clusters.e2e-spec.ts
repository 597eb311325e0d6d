import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@gennaker/kernel';
import { createTestDatabase, HttpFake } from '@gennaker/testing';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from './stack.js';

const ACCOUNT = 'playground';
const NAMESPACE = 'default';

interface Answer {
  status: number;
  body: never;
}

describe('what only clusters can tell, at the front door', () => {
  let stack: Stack;
  let dataDir: string;
  let drop: () => Promise<void>;
  // Its connections are ours to close: one that is kept would keep the server from ending.
  const dispatcher = new Agent();
  const settings = `
apiVersion: v1
kind: ConfigMap
metadata: { name: from-git, namespace: ${NAMESPACE}, annotations: { strategy.spinnaker.io/versioned: 'false' } }
data: { colour: '\${ parameters.colour }' }
`;
  let lastOperation = '';
  const git = new HttpFake(() => ({ body: settings }));

  beforeAll(async () => {
    await git.start();
    const database = await createTestDatabase();
    drop = () => database.drop();
    dataDir = await mkdtemp(join(tmpdir(), 'gennaker-clusters-'));
    stack = await startStack({
      databaseUrl: database.url,
      redisUrl: process.env['REDIS_URL'],
      dataDir,
      environment: {
        GATE_PORT: '0',
        QUEUE_PREFIX: `test-${randomUUID()}`,
        CLOUDDRIVER_ACCOUNTS: JSON.stringify({
          artifacts: { gitlab: { accounts: [{ name: 'lab', urlPrefixes: [git.url], token: 'sesame' }] } },
        }),
      },
      playgroundPort: 0,
      print: () => undefined,
    });
    await cluster('POST', `/api/v1/namespaces/${NAMESPACE}/pods`, talker);
    await cluster('POST', `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`, job);
  });
  afterAll(async () => {
    await dispatcher.destroy();
    await stack.close();
    await git.stop();
    await drop();
    await rm(dataDir, { recursive: true });
  });

  const talker = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'talker',
      annotations: { 'playground.gennaker.io/logs': 'hello', 'playground.gennaker.io/log-every': '20ms' },
    },
    spec: { containers: [{ name: 'main', image: 'registry/talker:1' }] },
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migrate' },
    spec: {
      template: {
        metadata: {
          annotations: { 'playground.gennaker.io/logs': 'SPINNAKER_PROPERTY_BUILD=42' },
        },
        spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'registry/migrate:1' }] },
      },
    },
  };

  async function cluster(method: 'POST', path: string, body: JsonObject): Promise<void> {
    const { statusCode, body: answer } = await request(`${stack.playground?.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf(stack)}` },
      body: JSON.stringify(body),
      dispatcher,
    });
    if (statusCode >= 300) throw new Error(await answer.text());
    await answer.dump();
  }

  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<Answer> {
    const answer = await request(`${stack.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      dispatcher,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: (text === '' ? null : JSON.parse(text)) as never };
  }

  const eventually = (path: string) =>
    expect.poll(async () => (await ask('GET', path)).body as unknown, { timeout: 30_000, interval: 50 });

  it('shows the logs of a pod, whole and as they are written', async () => {
    const instance = `/instances/${ACCOUNT}/${NAMESPACE}/talker/console`;
    await eventually(`${instance}?provider=kubernetes`).toMatchObject({
      output: [{ name: 'main', output: expect.stringContaining('hello') }],
    });

    const stream = await request(`${stack.url}${instance}/stream?container=main`, { dispatcher });
    expect(stream.headers['content-type']).toContain('text/event-stream');
    let text = '';
    for await (const chunk of stream.body) {
      text += String(chunk);
      if (text.split('data: ').length > 4) break;
    }
    expect(text).toContain('hello');
    expect(await ask('GET', `${instance}/stream?container=nobody`)).toMatchObject({ status: 404 });
  });

  it('shows an object with its status and the events of the cluster', async () => {
    await eventually(`/manifests/${ACCOUNT}/${NAMESPACE}/${encodeURIComponent('pod talker')}`).toMatchObject({
      name: 'pod talker',
      status: { stable: { state: true } },
      events: expect.arrayContaining([expect.objectContaining({ reason: 'Scheduled' })]),
      warnings: [],
    });
    expect(await ask('GET', `/manifests/${ACCOUNT}/${NAMESPACE}/pod%20nobody`)).toMatchObject({
      status: 404,
      body: { message: `Unable to find pod nobody in ${ACCOUNT}/${NAMESPACE}` },
    });
  });

  it('shows a job, what it hands on in its log, and ends it', async () => {
    const path = `/applications/migrate/jobs/${ACCOUNT}/${NAMESPACE}/${encodeURIComponent('job migrate')}`;
    await eventually(path).toMatchObject({ jobState: 'Succeeded', name: 'migrate' });
    expect(await ask('GET', `${path}/main`)).toMatchObject({ status: 200, body: { build: '42' } });
    expect((await ask('DELETE', path)).status).toBe(200);
    await eventually(path).toEqual({});
  });

  it('says what a deploy would do', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: NAMESPACE },
      data: { colour: 'green' },
    };
    const plan = { account: ACCOUNT, moniker: { app: 'talker' }, manifests: [manifest] };
    expect(await ask('POST', '/manifests/plan', plan)).toMatchObject({
      status: 200,
      body: expect.anything(),
    });
    const refused = await ask('POST', '/manifests/plan', { ...plan, manifests: [{ kind: 'ConfigMap' }] });
    expect(refused).toMatchObject({
      status: 400,
      body: {
        problems: expect.arrayContaining([expect.objectContaining({ path: 'manifests[0].apiVersion' })]),
      },
    });
  });

  it('fetches artifacts with the accounts that are configured for them', async () => {
    expect((await ask('GET', '/artifacts/credentials')).body).toContainEqual({
      name: 'lab',
      types: ['gitlab/file'],
    });
    const fetched = await request(`${stack.url}/artifacts/fetch`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'gitlab/file', reference: `${git.url}/a`, artifactAccount: 'lab' }),
      dispatcher,
    });
    expect(await fetched.body.text()).toBe(settings);
    expect(await ask('PUT', '/artifacts/fetch', { type: 's3/object', reference: 's3://a/b' })).toMatchObject({
      status: 400,
      body: { problems: [{ path: 'artifact.artifactAccount' }] },
    });
    expect((await ask('GET', '/artifacts/account/lab/names')).body).toEqual([]);
  });

  it('deploys what an artifact holds, with its expressions evaluated unless the stage says otherwise', async () => {
    const deploy = async (skipExpressionEvaluation: boolean): Promise<unknown> => {
      const started = await ask('POST', '/pipelines/start', {
        application: 'shop',
        name: 'from git',
        trigger: { type: 'manual', parameters: { colour: 'green' } },
        stages: [
          {
            refId: '1',
            type: 'deployManifest',
            account: ACCOUNT,
            cloudProvider: 'kubernetes',
            source: 'artifact',
            manifestArtifact: { type: 'gitlab/file', reference: `${git.url}/app.yml` },
            manifestArtifactAccount: 'lab',
            skipExpressionEvaluation,
          },
        ],
      });
      expect(started).toMatchObject({ status: 200 });
      const { ref } = started.body as { ref: string };
      await eventually(ref).toMatchObject({ status: 'SUCCEEDED' });
      const execution = (await ask('GET', ref)).body as {
        stages: { context: Record<string, { id: string }> }[];
      };
      lastOperation = execution.stages[0]?.context['kato.last.task.id']?.id ?? '';
      const path = `/manifests/${ACCOUNT}/${NAMESPACE}/${encodeURIComponent('configMap from-git')}`;
      return ((await ask('GET', path)).body as { manifest: { data: unknown } }).manifest.data;
    };
    expect(await deploy(false)).toEqual({ colour: 'green' });
    expect(await deploy(true)).toEqual({ colour: '${ parameters.colour }' });
  });

  it('shows a cloud operation, and follows one', async () => {
    expect(await ask('GET', `/operations/${lastOperation}`)).toMatchObject({
      status: 200,
      body: {
        status: { completed: true, failed: false },
        operation: { user: 'anonymous', application: 'shop' },
      },
    });
    expect((await ask('GET', '/operations/nobody-asked')).status).toBe(404);
    const headers = { 'last-event-id': '1' };
    const stream = await request(`${stack.url}/operations/${lastOperation}/live`, { headers, dispatcher });
    let text = '';
    for await (const chunk of stream.body) {
      text += String(chunk);
      if (text.includes('OperationSucceeded')) break;
    }
    expect(text).toContain('id: 2');
    expect(text).not.toContain('OperationRequested');
  });

  it('says of which accounts what is shown may be old', async () => {
    const stale = async (): Promise<unknown> => {
      const { headers, body } = await request(`${stack.url}/applications/shop/serverGroups`, { dispatcher });
      await body.dump();
      return headers['x-gennaker-stale-accounts'];
    };
    await expect.poll(stale, { timeout: 20_000 }).toBeUndefined();
    const kubeconfigContents = stack.playground
      ?.kubeconfig()
      .replaceAll(stack.playground.url, 'http://127.0.0.1:1');
    await ask('POST', '/credentials', { type: 'kubernetes', name: 'away', kubeconfigContents });
    await expect.poll(stale, { timeout: 20_000 }).toBe('away');
    await ask('DELETE', '/credentials/away');
    await expect.poll(stale, { timeout: 20_000 }).toBeUndefined();
  });

  it('adds, changes and removes accounts, and shows how each is', async () => {
    const account = {
      type: 'kubernetes',
      name: 'second',
      kubeconfigContents: stack.playground?.kubeconfig(),
      namespaces: [NAMESPACE],
    };
    expect(await ask('POST', '/credentials', account)).toMatchObject({
      status: 200,
      body: { name: 'second', kubeconfigContents: '*****' },
    });
    await eventually('/credentials/second').toMatchObject({ managed: true, health: { state: 'UP' } });

    expect(await ask('POST', '/credentials', account)).toMatchObject({ status: 409 });
    expect(
      await ask('POST', '/credentials', { ...account, name: 'third', context: 'nowhere' }),
    ).toMatchObject({
      status: 400,
      body: { problems: [{ path: 'context' }] },
    });

    const changed = { ...account, kubeconfigContents: '*****', kinds: ['pod'] };
    expect((await ask('PUT', '/credentials', changed)).status).toBe(200);
    await eventually('/credentials/second').toMatchObject({ kinds: ['pod'], health: { state: 'UP' } });
    expect((await ask('GET', '/credentials/type/kubernetes')).body).toMatchObject([
      { name: 'second', kubeconfigContents: '*****' },
    ]);
    expect((await ask('GET', '/credentials/second/history')).body).toMatchObject([
      { version: 2 },
      { version: 1 },
    ]);

    expect((await ask('DELETE', '/credentials/second')).status).toBe(200);
    await eventually('/credentials/second').toBeNull();
    const listed = (await ask('GET', '/credentials?expand=true')).body;
    expect(listed).toMatchObject([
      {
        name: ACCOUNT,
        health: { state: 'UP' },
        namespaces: expect.arrayContaining([NAMESPACE, 'kube-system']),
      },
    ]);
  });
});

function tokenOf(stack: Stack): string {
  return /token: "?([^"\n]+)/.exec(stack.playground?.kubeconfig() ?? '')?.[1] ?? '';
}
