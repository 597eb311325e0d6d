import { encodeCursor } from '@gennaker/http';
import { startPlayground, type Playground } from '@gennaker/playground';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeClouddriverApi, RunningClouddriver } from './clouddriver-api.suite.js';

let playground: Playground;
beforeAll(async () => {
  playground = await startPlayground();
});
afterAll(() => playground.stop());

describeClouddriverApi('the playground', async () => playground.kubeconfig());

describe('accounts at run time', () => {
  let driver: RunningClouddriver;

  beforeAll(async () => {
    driver = await RunningClouddriver.start({
      name: 'configured',
      kubeconfigContents: playground.kubeconfig(),
    });
  });
  afterAll(() => driver.stop());

  const added = (extra: object = {}): object => ({
    type: 'kubernetes',
    name: 'added',
    kubeconfigContents: playground.kubeconfig(),
    namespaces: ['default'],
    ...extra,
  });

  it('can be added, shown, changed and removed, and are watched meanwhile', async () => {
    const created = await driver.ask('POST', '/credentials', added());
    expect(created).toMatchObject({ status: 200, body: { name: 'added', kubeconfigContents: '*****' } });
    await driver.eventually('/credentials/added', (body) =>
      body.toMatchObject({ managed: true, health: { state: 'UP' } }),
    );

    const changed = await driver.ask(
      'PUT',
      '/credentials',
      added({ kubeconfigContents: '*****', namespaces: ['kube-system'] }),
    );
    expect(changed.status).toBe(200);
    await driver.eventually('/credentials/added', (body) =>
      body.toMatchObject({ namespaces: ['kube-system'], health: { state: 'UP' } }),
    );

    const history = (await driver.get('/credentials/added/history')).body;
    expect(history).toMatchObject([
      {
        version: 2,
        changedBy: 'anonymous',
        definition: { namespaces: ['kube-system'], kubeconfigContents: '*****' },
      },
      { version: 1, definition: { namespaces: ['default'] } },
    ]);
    const older = `/credentials/added/history?limit=1&cursor=${encodeCursor(['before', '2'])}`;
    expect((await driver.get(older)).body).toMatchObject([{ version: 1 }]);
    expect((await driver.get('/credentials/type/kubernetes?limit=10')).body).toMatchObject([
      { name: 'added', kubeconfigContents: '*****' },
    ]);

    expect((await driver.ask('DELETE', '/credentials/added')).status).toBe(200);
    expect((await driver.get('/credentials/added')).status).toBe(404);
    expect((await driver.get('/credentials/added/history')).body).toMatchObject([
      { version: 3, deleted: true },
      {},
      {},
    ]);
  });

  it.each([
    [
      'a file of the server',
      { kubeconfigContents: undefined, kubeconfigFile: '/etc/passwd' },
      'kubeconfigFile',
    ],
    ['text that is no kubeconfig', { kubeconfigContents: 'hello' }, 'kubeconfig'],
    ['a context that is not there', { context: 'nowhere' }, 'context'],
    ['two lists of namespaces', { omitNamespaces: ['x'] }, 'omitNamespaces'],
  ])('are refused with %s, naming the field', async (_what, extra, path) => {
    const answer = await driver.ask('POST', '/credentials', added(extra));
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ path }] } });
  });

  it('are refused when their kubeconfig would run a program or read a file', async () => {
    const kubeconfig = (user: string): string => `
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: ${user}}]`;
    for (const user of [
      '{exec: {command: /bin/sh}}',
      '{tokenFile: /etc/passwd}',
      '{client-key: /etc/passwd}',
      '{token-file: /etc/passwd}',
    ]) {
      const answer = await driver.ask(
        'POST',
        '/credentials',
        added({ kubeconfigContents: kubeconfig(user) }),
      );
      expect(answer).toMatchObject({ status: 400, body: { problems: [{ path: 'kubeconfig' }] } });
    }
  });

  it('cannot take the name of a configured account, nor change it', async () => {
    expect((await driver.ask('POST', '/credentials', added({ name: 'configured' }))).status).toBe(409);
    expect((await driver.ask('PUT', '/credentials', added({ name: 'configured' }))).status).toBe(409);
    expect((await driver.ask('DELETE', '/credentials/configured')).status).toBe(409);
    expect((await driver.ask('DELETE', '/credentials/unknown')).status).toBe(404);
  });
});

describe('following a log', () => {
  it('gives lines as they are written, ends with the client, and refuses what is not there', async () => {
    const driver = await RunningClouddriver.start({
      name: 'prod',
      kubeconfigContents: playground.kubeconfig(),
    });
    const annotations = {
      'playground.gennaker.io/logs': 'hello',
      'playground.gennaker.io/log-every': '20ms',
    };
    const spec = { containers: [{ name: 'main', image: 'registry/talker:1' }] };
    const metadata = { name: 'talker', namespace: 'default', annotations };
    await driver.client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec });
    const running = async () =>
      (await driver.client.get({ kind: 'pod', namespace: 'default', name: 'talker' })).status;
    await expect.poll(running, { timeout: 20_000 }).toMatchObject({ phase: 'Running' });
    await driver.app.listen(0, '127.0.0.1');
    const base = `${await driver.app.getUrl()}/instances/prod/default`;

    // Its connections are ours to close: one that is opened ahead would keep the server from ending.
    const dispatcher = new Agent();
    const stream = await request(`${base}/talker/console/stream?container=main`, { dispatcher });
    expect(stream.headers['content-type']).toContain('text/event-stream');
    let text = '';
    for await (const chunk of stream.body) {
      text += String(chunk);
      if (text.split('data: ').length > 4) break;
    }
    expect(text).toContain('data: ');
    const wrong = await request(`${base}/talker/console/stream?container=nobody`, { dispatcher });
    expect(wrong.statusCode).toBe(404);
    await dispatcher.destroy();
    await driver.client.delete({ kind: 'pod', namespace: 'default', name: 'talker' });
    await driver.stop();
  });
});

describe('an account that cannot be used', () => {
  it('is shown as down with the reason, and does not keep the others from starting', async () => {
    const driver = await RunningClouddriver.start({
      name: 'good',
      kubeconfigContents: playground.kubeconfig(),
    });
    await driver.ask('POST', '/credentials', {
      type: 'kubernetes',
      name: 'away',
      kubeconfigContents: playground.kubeconfig().replaceAll(playground.url, 'http://127.0.0.1:1'),
    });
    await driver.eventually('/credentials/away', (body) =>
      body.toMatchObject({ health: { state: 'DOWN', message: expect.stringContaining('ECONNREFUSED') } }),
    );
    await driver.eventually('/credentials/good', (body) => body.toMatchObject({ health: { state: 'UP' } }));
    const answer = await driver.get('/applications/shop/serverGroups');
    expect(answer.headers['x-gennaker-stale-accounts']).toBe('away');
    expect((await driver.get('/manifests/away/default/pod%20x')).status).toBe(503);
    await driver.stop();
  });
});
