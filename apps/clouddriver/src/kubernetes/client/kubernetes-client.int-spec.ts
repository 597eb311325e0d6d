import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedApiServer, cut, json, resources, status } from './api-server.suite.js';
import { loadClusterAccess } from './kube-config.js';
import { KubernetesClient } from './kubernetes-client.js';
import { KubernetesApiError } from './kubernetes-error.js';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'home' } };
const POD = '/api/v1/namespaces/home/pods/p';
const PODS = '/api/v1/namespaces/home/pods';

let server: ScriptedApiServer;
let client: KubernetesClient;

beforeEach(async () => {
  server = await ScriptedApiServer.start();
  const access = await loadClusterAccess(
    { type: 'inline', contents: server.kubeconfig },
    { allowedExecCommands: [], allowFiles: false },
  );
  client = new KubernetesClient(access, { timeoutMs: 2_000 });
});

afterEach(async () => {
  await client.close();
  await server.stop();
});

async function failure(promise: Promise<unknown>): Promise<KubernetesApiError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KubernetesApiError);
  return error as KubernetesApiError;
}

describe('kinds', () => {
  it.each([
    ['Deployment', undefined],
    ['deploy', undefined],
    ['deployments.apps', undefined],
    ['DEPLOYMENT', 'apps/v1'],
  ])('finds %s by its name, short name or group', async (kind, apiVersion) => {
    expect(await client.resource(kind, apiVersion)).toMatchObject({
      apiVersion: 'apps/v1',
      plural: 'deployments',
    });
  });

  it('asks the server once for many look-ups', async () => {
    await Promise.all([client.resource('Pod'), client.resource('deploy'), client.resource('cm')]);
    expect(server.requests('GET /apis')).toHaveLength(1);
  });

  it('finds a kind that was added after a refresh', async () => {
    await client.resource('Pod');
    server.always('GET /apis/apps/v1', json(resources('apps/v1', [['widgets', 'Widget', 'wd']])));
    client.invalidateDiscovery();
    expect(await client.resource('wd')).toMatchObject({ kind: 'Widget' });
  });

  it('names the groups that it could not read when a kind is unknown', async () => {
    server.always('GET /apis/apps/v1', status(503, 'ServiceUnavailable', 'down'));
    client = new KubernetesClient(client.access, { maxAttempts: 1 });
    const error = await failure(client.resource('Deployment'));
    expect(error.notFound).toBe(true);
    expect(error.message).toContain('apps/v1');
    expect(await client.resource('Pod')).toMatchObject({ kind: 'Pod' });
  });

  it('reads aggregated discovery where the server has it', async () => {
    const item = {
      metadata: { name: 'apps' },
      versions: [
        {
          version: 'v1',
          resources: [
            {
              resource: 'replicasets',
              responseKind: { kind: 'ReplicaSet' },
              scope: 'Namespaced',
              singularResource: 'replicaset',
              shortNames: ['rs'],
              verbs: ['get'],
              subresources: [{ subresource: 'scale' }],
            },
          ],
        },
      ],
    };
    server.always('GET /api', json({ kind: 'APIGroupDiscoveryList', items: [] }));
    server.always('GET /apis', json({ kind: 'APIGroupDiscoveryList', items: [item] }));
    expect(await client.resource('rs')).toMatchObject({
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      subresources: ['scale'],
      namespaced: true,
    });
  });
});

describe('requests', () => {
  it('sends the token, and puts objects without a namespace into the one of the context', async () => {
    server.always(`GET ${POD}`, json(pod));
    await client.get({ kind: 'pod', name: 'p' });
    expect(server.requests(`GET ${POD}`)[0]?.headers.authorization).toBe('Bearer secret-token');
  });

  it('gives the reason and the causes of a refusal', async () => {
    const causes = [{ reason: 'FieldValueInvalid', field: 'spec.replicas', message: 'must be ≥ 0' }];
    server.always(`POST ${PODS}`, status(422, 'Invalid', 'Pod "p" is invalid', { details: { causes } }));
    const error = await failure(client.create(pod));
    expect(error).toMatchObject({ status: 422, reason: 'Invalid', message: 'Pod "p" is invalid', causes });
  });

  it('reads again when the connection breaks', async () => {
    server.always(`GET ${POD}`, json(pod)).once(`GET ${POD}`, cut).once(`GET ${POD}`, cut);
    expect(await client.get({ kind: 'Pod', name: 'p' })).toMatchObject({ kind: 'Pod' });
  });

  it('does not create again when the connection breaks, because it may have happened', async () => {
    server.always(`POST ${PODS}`, cut);
    const error = await failure(client.create(pod));
    expect(error.unanswered).toBe(true);
    expect(server.requests(`POST ${PODS}`)).toHaveLength(1);
  });

  it('creates again when the server was too busy to look at it', async () => {
    server
      .always(`POST ${PODS}`, json(pod, 201))
      .once(`POST ${PODS}`, status(429, 'TooManyRequests', 'busy'));
    expect(await client.create(pod)).toMatchObject({ kind: 'Pod' });
  });

  it('renews its credentials once after a 401', async () => {
    server.always(`GET ${POD}`, status(401, 'Unauthorized', 'Unauthorized'));
    expect(await failure(client.get({ kind: 'Pod', name: 'p' }))).toMatchObject({
      status: 401,
      forbidden: true,
    });
    expect(server.requests(`GET ${POD}`)).toHaveLength(2);
  });

  it('gives a delete with options its length', async () => {
    server.always(`DELETE ${POD}`, json({ kind: 'Status', status: 'Success' }));
    const gone = await client.delete(
      { kind: 'Pod', name: 'p' },
      { propagationPolicy: 'Orphan', gracePeriodSeconds: 0 },
    );
    expect(gone).toBeUndefined();
    const seen = server.requests(`DELETE ${POD}`)[0];
    expect(Number(seen?.headers['content-length'])).toBe(seen?.body.length);
    expect(JSON.parse(seen?.body ?? '')).toMatchObject({
      propagationPolicy: 'Orphan',
      gracePeriodSeconds: 0,
    });
  });

  it('says Timeout when the server does not answer in time', async () => {
    server.always(`GET ${POD}`, () => undefined);
    const error = await failure(client.find({ kind: 'Pod', name: 'p' }, { timeoutMs: 50 }));
    expect(error).toMatchObject({ reason: 'Timeout', status: 504 });
  });

  it('throws the reason of the signal that aborted it', async () => {
    const controller = new AbortController();
    server.always(`GET ${POD}`, () => controller.abort(new Error('enough')));
    await expect(client.get({ kind: 'Pod', name: 'p' }, { signal: controller.signal })).rejects.toThrow(
      'enough',
    );
  });

  it('is undefined for an object that is not there', async () => {
    expect(await client.find({ kind: 'Pod', name: 'nobody' })).toBeUndefined();
  });

  it('sends each kind of patch with its media type', async () => {
    server.always(`PATCH ${POD}`, json(pod));
    await client.patch({ kind: 'Pod', name: 'p' }, [], { type: 'json' });
    await client.patch(
      { kind: 'Pod', name: 'p' },
      {},
      { type: 'strategic', dryRun: true, fieldManager: 'me' },
    );
    await client.apply(pod, { fieldManager: 'me', force: true });
    expect(
      server.requests(`PATCH ${POD}`).map((r) => [r.headers['content-type'], r.query.toString()]),
    ).toEqual([
      ['application/json-patch+json', ''],
      ['application/strategic-merge-patch+json', 'dryRun=All&fieldManager=me'],
      ['application/apply-patch+yaml', 'fieldManager=me&force=true'],
    ]);
  });
});

describe('lists and watches', () => {
  const item = (name: string): object => ({ metadata: { name, namespace: 'home' } });

  it('reads a list page by page and gives each object its kind', async () => {
    server.always('GET /api/v1/pods', (request, response) => {
      const last = request.query.get('continue') === 'next';
      const metadata = last ? { resourceVersion: '7' } : { resourceVersion: '7', continue: 'next' };
      return json({ metadata, items: [item(last ? 'b' : 'a')] })(request, response);
    });
    const all = await client.listAll('Pod', { limit: 1 });
    expect(all.map((p) => [p.apiVersion, p.kind, p.metadata?.name])).toEqual([
      ['v1', 'Pod', 'a'],
      ['v1', 'Pod', 'b'],
    ]);
  });

  it('gives events until the server ends the watch', async () => {
    server.always('GET /api/v1/pods', (_request, response) => {
      const event = JSON.stringify({ type: 'ADDED', object: pod });
      response.write(event.slice(0, 10));
      setImmediate(() =>
        response.end(
          `${event.slice(10)}\n{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}\n`,
        ),
      );
    });
    const events = [];
    for await (const event of client.watch('Pod', { resourceVersion: '5' })) events.push(event.type);
    expect(events).toEqual(['ADDED', 'BOOKMARK']);
    expect(server.requests('GET /api/v1/pods')[0]?.query.get('resourceVersion')).toBe('5');
  });

  it('throws expired when the version is too old', async () => {
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    server.always('GET /api/v1/pods', (_request, response) => {
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    });
    const read = async (): Promise<void> => {
      for await (const _event of client.watch('Pod', { resourceVersion: '1' }));
    };
    expect((await failure(read())).expired).toBe(true);
  });

  it('ends a watch when the signal aborts it', async () => {
    const controller = new AbortController();
    server.always('GET /api/v1/pods', (_request, response) => {
      response.write(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`);
    });
    const read = async (): Promise<void> => {
      for await (const _event of client.watch('Pod', { signal: controller.signal }))
        controller.abort(new Error('done'));
    };
    await expect(read()).rejects.toThrow('done');
  });

  it('follows a log line by line', async () => {
    server.always(`GET ${POD}/log`, (_request, response) => {
      response.end('one\r\ntwo\nthree');
    });
    const seen = [];
    for await (const line of client.followLogs({ namespace: 'home', name: 'p' }, { container: 'c' }))
      seen.push(line);
    expect(seen).toEqual(['one', 'two', 'three']);
    expect(server.requests(`GET ${POD}/log`)[0]?.query.toString()).toBe('container=c&follow=true');
  });
});
