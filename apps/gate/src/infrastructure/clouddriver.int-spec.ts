import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestGate, type TestGate } from '../testing/gate.suite.js';

const MANIFEST = '/manifests/prod/default/pod%20x';

describe('a gate and its cloud driver', () => {
  let gate: TestGate | undefined;
  let server: Server | undefined;

  afterEach(async () => {
    await gate?.close();
    server?.closeAllConnections();
    await new Promise((done) => (server === undefined ? done(undefined) : server.close(done)));
    server = undefined;
  });

  async function gateOf(
    driver: RequestListener,
    environment: Record<string, string> = {},
  ): Promise<TestGate> {
    server = createServer(driver);
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    gate = await startTestGate({ CLOUDDRIVER_URL: `http://127.0.0.1:${port}`, ...environment });
    return gate;
  }

  it('passes on who asks, with the token that the services share', async () => {
    let seen: Record<string, unknown> = {};
    const { call } = await gateOf(
      (request, reply) => {
        seen = { ...request.headers, url: request.url };
        reply.end('{}');
      },
      { GENNAKER_SERVICE_TOKEN: 'a-token-of-the-services', GATE_TRUST_USER_HEADER: 'true' },
    );
    const answer = await call('GET', `${MANIFEST}?includeEvents=false`, undefined, {
      'x-spinnaker-user': 'ann',
      'x-spinnaker-roles': 'dev,ops',
      'x-spinnaker-request-id': 'request-1',
    });
    expect(answer.status).toBe(200);
    expect(seen).toMatchObject({
      authorization: 'Bearer a-token-of-the-services',
      'x-spinnaker-user': 'ann',
      'x-spinnaker-roles': 'dev,ops',
      'x-spinnaker-request-id': 'request-1',
      url: `${MANIFEST}?includeEvents=false&live=true`,
    });
  });

  it.each([
    [400, { code: 'account.invalid', problems: [{ path: 'context', message: 'is unknown' }], message: 'm' }],
    [403, { code: 'account.forbidden', message: 'not you' }],
    [409, { code: 'account.exists', message: 'taken' }],
    [503, { code: 'kubernetes.unreachable', message: 'away' }],
  ])('answers with the %i of its cloud driver', async (status, body) => {
    const { call } = await gateOf((_request, reply) => {
      reply.statusCode = status;
      reply.end(JSON.stringify(body));
    });
    const answer = await call('POST', '/credentials', { name: 'x' });
    const { code, ...rest } = body;
    const expected = status === 400 ? { code, problems: (rest as { problems?: unknown }).problems } : body;
    expect(answer).toMatchObject({ status, json: expected });
  });

  it('says so when the cloud driver is away, gives nonsense, or does not answer in time', async () => {
    const silent = await gateOf(() => undefined, { CLOUDDRIVER_TIMEOUT_MS: '100' });
    const late = await silent.call('GET', '/credentials/type/kubernetes');
    expect(late).toMatchObject({
      status: 503,
      json: { message: 'The cloud driver does not answer within 0.1 s' },
    });
    await gate?.close();

    gate = await startTestGate({ CLOUDDRIVER_URL: 'http://127.0.0.1:1' });
    const away = await gate.call('GET', '/credentials/type/kubernetes');
    expect(away).toMatchObject({
      status: 503,
      json: { message: 'The cloud driver cannot be reached (ECONNREFUSED)' },
    });
    expect(await gate.call('GET', MANIFEST)).toMatchObject({ status: 404 });
    expect((await gate.call('GET', '/instances/prod/default/x/console')).json).toMatchObject({
      output: [{ name: 'Error', output: 'The cloud driver cannot be reached (ECONNREFUSED)' }],
    });
  });

  it('gives the accounts and their history page by page, whoever keeps them', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { call } = await gateOf((request, reply) => {
      const url = new URL(request.url ?? '', 'http://clouddriver');
      const limit = Number(url.searchParams.get('limit'));
      const start = url.searchParams.get('startingAccountName') ?? '';
      reply.end(
        JSON.stringify(
          url.pathname.endsWith('/history')
            ? [{ version: url.searchParams.has('cursor') ? 1 : 2 }]
            : names
                .filter((name) => name >= start)
                .slice(0, limit)
                .map((name) => ({ name })),
        ),
      );
    });
    const pagesOf = async (first: string) => {
      const pages: unknown[] = [];
      for (let path: string | undefined = first; path !== undefined;) {
        const answer: Awaited<ReturnType<typeof call>> = await call('GET', path);
        pages.push(answer.json);
        path = /<([^>]*)>; rel="next"/.exec(String(answer.headers.link))?.[1];
      }
      return pages;
    };
    expect(await pagesOf('/credentials/type/kubernetes?limit=2')).toEqual([
      [{ name: 'a' }, { name: 'b' }],
      [{ name: 'c' }, { name: 'd' }],
      [{ name: 'e' }],
    ]);
    expect(await pagesOf('/credentials/prod/history?limit=1')).toEqual([[{ version: 2 }], [{ version: 1 }]]);
  });

  it('tells of two services with different tokens', async () => {
    const { call } = await gateOf((_request, reply) => {
      reply.statusCode = 401;
      reply.end('{"message":"Sign in first"}');
    });
    expect(await call('GET', '/credentials/type/kubernetes')).toMatchObject({
      status: 503,
      json: { message: expect.stringContaining('GENNAKER_SERVICE_TOKEN') },
    });
  });
});
