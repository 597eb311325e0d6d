import { Controller, Module } from '@nestjs/common';
import {
  defineRoute,
  jsonObject,
  nameField,
  queryFlag,
  queryList,
  queryNumber,
  type RouteInput,
} from '@gennaker/contracts';
import { ConflictError } from '@gennaker/kernel';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { HeaderAuthenticator } from '@gennaker/access';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HealthRegistry } from './health.js';
import { type HttpAppOptions, createHttpApp } from './http-app.js';
import { JsonPiece, JsonText } from './json-text.js';
import { CannotListenError, listenHttp } from './listen.js';
import type { Caller } from './request-context.js';
import { CalledBy, Input, Serves } from './route.decorator.js';

const permission = { action: 'READ', resource: 'application', from: 'params.name' } as const;
const common = { tag: 'test', permission } as const;
const readThing = defineRoute({
  ...common,
  method: 'GET',
  path: '/things/:name',
  id: 'readThing',
  summary: 'r',
  params: z.object({ name: nameField }),
  query: z.object({ limit: queryNumber(5, { max: 10 }), expand: queryFlag(true), ids: queryList }),
});
const writeThing = defineRoute({
  ...common,
  method: 'POST',
  path: '/things',
  id: 'writeThing',
  summary: 'w',
  body: z.object({ name: nameField, parts: z.array(z.object({ kind: z.string() })).default([]) }).loose(),
});
const echo = defineRoute({
  ...common,
  method: 'PUT',
  path: '/echo',
  id: 'echo',
  summary: 'e',
  body: z.union([jsonObject, z.string(), z.array(z.unknown())]),
  bodyOptional: true,
});
const nothing = defineRoute({ ...common, method: 'GET', path: '/nothing', id: 'nothing', summary: 'n' });
const broken = defineRoute({
  ...common,
  method: 'GET',
  path: '/broken/:how',
  id: 'broken',
  summary: 'b',
  params: z.object({ how: z.string() }),
});
const big = defineRoute({ ...common, method: 'GET', path: '/big', id: 'big', summary: 'b' });
const pieces = defineRoute({
  ...common,
  method: 'GET',
  path: '/pieces',
  id: 'pieces',
  summary: 'p',
  answer: z.array(z.string()),
});
const whoami = defineRoute({ ...common, method: 'GET', path: '/whoami', id: 'whoami', summary: 'b' });

let words = 'some words that repeat';

@Controller()
class ThingsController {
  @Serves(readThing)
  read(@Input() input: RouteInput<typeof readThing>) {
    return { z: 1, ...input };
  }

  @Serves(writeThing)
  write(@Input() { body }: RouteInput<typeof writeThing>) {
    return body;
  }

  @Serves(pieces)
  pieces() {
    return JsonText.list(['"a"', '"ä"', '"c"'].map((text) => JsonPiece.of(text)));
  }

  @Serves(echo)
  echo(@Input() { body }: RouteInput<typeof echo>) {
    return { body };
  }

  @Serves(nothing)
  nothing() {
    return null;
  }

  @Serves(broken)
  broken(@Input() { params }: RouteInput<typeof broken>) {
    if (params.how === 'conflict')
      throw new ConflictError('x.taken', 'already taken', { details: { by: 'ann' } });
    if (params.how === 'database')
      throw Object.assign(new Error('connect 10.0.0.1'), { code: 'ECONNREFUSED' });
    throw new Error('secret inner detail');
  }

  @Serves(big)
  big() {
    return { list: Array.from({ length: 500 }, (_, index) => ({ index, text: words })) };
  }

  @Serves(whoami)
  whoami(@CalledBy() caller: Caller) {
    return caller;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const start = (options: HttpAppOptions = {}): Promise<NestFastifyApplication> =>
  createHttpApp(
    { module: ThingsModule },
    {
      service: 'test',
      logLevel: 'silent',
      bodyLimit: 1_000,
      cors: { origins: ['http://localhost:9000'] },
      ...options,
    },
  );

describe('an HTTP application', () => {
  let app: NestFastifyApplication;
  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.close());

  const json = { 'content-type': 'application/json' };
  const post = (payload: string | Buffer, headers: Record<string, string> = json) =>
    app.inject({ method: 'POST', url: '/things', payload, headers });

  it('decodes path parameters with dots, spaces and slashes, tolerates a trailing slash, and fills query defaults', async () => {
    const reply = await app.inject('/things/my.app%20%7Bx%7D%2Fy/?ids=a,b&ids=c&expand=off&unknown=1');
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toBe(
      '{"params":{"name":"my.app {x}/y"},"query":{"expand":false,"ids":["a","b","c"],"limit":5},"z":1}',
    );
  });

  it('names the bounds of a number', async () => {
    const reply = await app.inject('/things/a?limit=100000000');
    expect(reply.json()).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^limit: must be at most \d+$/),
    });
  });

  it('names every bad field at once, in the error shape of Spinnaker', async () => {
    const reply = await app.inject('/things/a?limit=many&expand=perhaps');
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toMatchObject({
      error: 'Bad Request',
      status: 400,
      timestamp: expect.any(String),
      exception: 'InvalidInputError',
      message: 'limit: must be a whole number; expand: must be true or false',
      problems: [{ path: 'limit' }, { path: 'expand' }],
    });
  });

  it('gives the path of a bad field inside the body', async () => {
    const reply = await post('{"name":"x","parts":[{"kind":"a"},{"kind":7}]}');
    expect(reply.json()).toMatchObject({ status: 400, problems: [{ path: 'parts[1].kind' }] });
  });

  it.each([
    ['{"a":', 400, 'not valid JSON'],
    ['{"name":"a","name":"b"}', 400, 'name: this key appears twice'],
    ['{"__proto__":{"x":1}}', 400, '__proto__'],
    ['[[[['.repeat(100), 400, 'nests deeper'],
    [Buffer.from([0x7b, 0xff, 0x7d]), 400, 'UTF-8'],
    [JSON.stringify({ name: 'x'.repeat(2_000) }), 413, 'too large'],
  ])('answers body %# with a client error', async (body, status, message) => {
    const reply = await post(body);
    expect(reply.statusCode).toBe(status);
    expect(reply.json()).toMatchObject({ status, message: expect.stringContaining(message) });
  });

  it('refuses a media type it does not know', async () => {
    expect((await post('<x/>', { 'content-type': 'application/xml' })).json()).toMatchObject({ status: 415 });
  });

  it('takes an empty body for none, whatever the content type says', async () => {
    expect((await post('')).json()).toMatchObject({
      status: 400,
      message: 'Required request body is missing',
    });
    expect((await app.inject({ method: 'PUT', url: '/echo', headers: json, payload: '' })).json()).toEqual(
      {},
    );
  });

  it('takes YAML and plain text, within the same limits as JSON', async () => {
    const put = (type: string, payload: string) =>
      app.inject({ method: 'PUT', url: '/echo', headers: { 'content-type': type }, payload });
    expect((await put('application/x-yaml', 'a: {b: 1}')).json()).toEqual({ body: { a: { b: 1 } } });
    expect((await put('text/plain', 'hello')).json()).toEqual({ body: 'hello' });
    const bomb = `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]`;
    expect((await put('application/yaml', bomb)).statusCode).toBe(400);
  });

  it.each([
    ['a circle', 'a: &a [*a]'],
    [
      'more aliases than a document needs',
      `a: &a [1,1]\nb: &b [${'*a,'.repeat(60)}*a]\nc: [${'*b,'.repeat(60)}*b]`,
    ],
    ['a tag that is none', '!!js/function x'],
    ['a key that is no text', '? [a]\n: b'],
    ['a key twice', 'a: 1\na: 2'],
  ])('refuses YAML with %s', async (_what, payload) => {
    const headers = { 'content-type': 'application/yaml' };
    const reply = await app.inject({ method: 'PUT', url: '/echo', headers, payload });
    expect(reply.json()).toMatchObject({ status: 400, code: 'http.malformed_yaml' });
  });

  it('answers nothing with an empty body and no content type', async () => {
    const reply = await app.inject('/nothing');
    expect([reply.statusCode, reply.body, reply.headers['content-type']]).toEqual([200, '', undefined]);
  });

  it('tells 404 from 405', async () => {
    expect((await app.inject('/no/such')).json()).toMatchObject({ status: 404, error: 'Not Found' });
    const reply = await app.inject({ method: 'DELETE', url: '/things/x' });
    expect(reply.json()).toMatchObject({ status: 405, error: 'Method Not Allowed' });
    expect(reply.headers.allow).toContain('GET');
  });

  it('answers a broken URL with 400 and an endless one with 414', async () => {
    expect((await app.inject('/things/%zz')).json()).toMatchObject({ status: 400, error: 'Bad Request' });
    expect((await app.inject(`/things/${'x'.repeat(5_000)}`)).json()).toMatchObject({ status: 414 });
  });

  it('keeps the facts of our own errors, and tells nothing about bugs but the request id', async () => {
    expect((await app.inject('/broken/conflict')).json()).toMatchObject({
      status: 409,
      by: 'ann',
      code: 'x.taken',
    });
    expect((await app.inject('/broken/database')).json()).toMatchObject({ status: 503 });
    const reply = await app.inject({ url: '/broken/other', headers: { 'x-spinnaker-request-id': 'my-id' } });
    expect(reply.json()).toMatchObject({ status: 500, message: expect.stringContaining('my-id') });
    expect(reply.body).not.toMatch(/secret inner|stack|\.ts/);
  });

  it('echoes a sane request id and replaces an insane one', async () => {
    const ask = async (id: string) =>
      (await app.inject({ url: '/nothing', headers: { 'X-SPINNAKER-REQUEST-ID': id } })).headers[
        'x-spinnaker-request-id'
      ];
    expect(await ask('submitted-request-id')).toBe('submitted-request-id');
    expect(await ask('x'.repeat(5_000))).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is anonymous to everybody, whatever a header claims', async () => {
    const reply = await app.inject({
      url: '/whoami',
      headers: { 'x-spinnaker-user': 'root', 'x-ratelimit-app': 'deck' },
    });
    expect(reply.json()).toMatchObject({ principal: { username: 'anonymous' }, origin: 'deck' });
  });

  it('answers a preflight of a known origin, and refuses writes from unknown ones', async () => {
    const origin = 'http://localhost:9000';
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/things',
      headers: { origin, 'access-control-request-method': 'PATCH' },
    });
    expect(preflight.statusCode).toBe(200);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      'access-control-allow-headers': expect.stringContaining('X-RateLimit-App'),
    });
    const foreign = { ...json, origin: 'http://evil.example' };
    expect((await post('{"name":"x"}', foreign)).statusCode).toBe(403);
    expect((await app.inject({ url: '/nothing', headers: foreign })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
    expect(
      (await post('{"name":"x"}', { ...json, origin: 'http://gate:1', host: 'gate:1' })).statusCode,
    ).toBe(200);
  });

  it('sends security headers', async () => {
    expect((await app.inject('/nothing')).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
  });

  it('answers a repeated read with 304', async () => {
    const first = await app.inject('/big');
    const again = await app.inject({ url: '/big', headers: { 'if-none-match': String(first.headers.etag) } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it('sends a list that is kept in pieces, with the tag that its pieces give it', async () => {
    const first = await app.inject('/pieces');
    expect([first.body, first.headers['content-type']]).toEqual([
      '["a","ä","c"]',
      'application/json; charset=utf-8',
    ]);
    const known = { 'if-none-match': String(first.headers.etag) };
    const again = await app.inject({ url: '/pieces', headers: known });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', first.headers.etag]);
  });

  it('gives a list that is kept in pieces page by page, each with a tag of its own', async () => {
    const first = await app.inject('/pieces?limit=2');
    expect(first.body).toBe('["a","ä"]');
    const next = /<([^>]*)>; rel="next"/.exec(String(first.headers.link))?.[1] ?? '';
    const second = await app.inject(next);
    expect([second.body, second.headers.link]).toEqual(['["c"]', undefined]);
    expect(second.headers.etag).not.toBe(first.headers.etag);
  });

  it('compresses big answers for those who ask', async () => {
    const reply = await app.inject({ url: '/big', headers: { 'accept-encoding': 'gzip' } });
    expect(reply.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(reply.rawPayload).toString())).toHaveProperty('list');
    expect(
      (await app.inject({ url: '/big', headers: { 'accept-encoding': 'br' } })).headers['content-encoding'],
    ).toBe('br');
    for (const refused of ['identity', 'br;q=0', ''])
      expect(
        (await app.inject({ url: '/big', headers: { 'accept-encoding': refused } })).headers,
      ).not.toHaveProperty('content-encoding');
  });

  it('compresses again what has changed, and says what its answers depend on', async () => {
    const ask = () =>
      app.inject({ url: '/big', headers: { 'accept-encoding': 'gzip', origin: 'http://deck.example.com' } });
    const textsIn = (reply: { rawPayload: Buffer }) => gunzipSync(reply.rawPayload).toString();
    const [first, again] = [await ask(), await ask()];
    expect(textsIn(again)).toBe(textsIn(first));
    expect(again.headers).toMatchObject({
      etag: first.headers.etag,
      vary: expect.stringMatching(/origin.*accept-encoding/i),
      'content-length': String(again.rawPayload.length),
    });
    words = 'other words';
    const changed = await ask();
    expect(textsIn(changed)).toContain('other words');
    expect(changed.headers.etag).not.toBe(first.headers.etag);
  });

  it('reports health by dependency', async () => {
    const health = app.get(HealthRegistry);
    expect((await app.inject('/health')).json()).toMatchObject({ status: 'UP' });
    health.register('database', () => Promise.reject(new Error('gone')));
    const reply = await app.inject('/health');
    expect(reply.statusCode).toBe(503);
    expect(reply.json()).toMatchObject({ status: 'DOWN', components: { database: { status: 'DOWN' } } });
    expect((await app.inject('/health/liveness')).json()).toEqual({ status: 'UP' });
    health.register('database', () => Promise.resolve());
  });

  it('serves metrics by route', async () => {
    const reply = await app.inject('/metrics');
    expect(reply.body).toContain(
      'gennaker_http_request_duration_seconds_count{method="GET",route="/nothing",status="200"}',
    );
  });
});

describe('an HTTP application with other options', () => {
  it('limits requests per address, but never health', async () => {
    const app = await start({ rateLimit: { perSecond: 0.001, burst: 2 } });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await app.inject('/nothing')).statusCode);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await app.inject('/nothing');
    expect(refused.headers).toMatchObject({
      'retry-after': expect.any(String),
      'x-ratelimit-remaining': '0',
    });
    expect((await app.inject('/health')).statusCode).toBe(200);
    await app.close();
  });

  it('lets only those in whom the proxy names, once it trusts the header', async () => {
    const app = await start({ authenticator: new HeaderAuthenticator() });
    expect((await app.inject('/whoami')).json()).toMatchObject({ status: 401 });
    const reply = await app.inject({ url: '/whoami', headers: { 'x-spinnaker-user': 'ann@example.com' } });
    expect(reply.json()).toMatchObject({ principal: { username: 'ann@example.com', anonymous: false } });
    expect((await app.inject('/health')).statusCode).toBe(200);
    await app.close();
  });

  it('refuses to serve a network without sign-in, and says so when a port is taken', async () => {
    const app = await start();
    const refused = listenHttp(app, { host: '0.0.0.0', port: 0, allowUnauthenticatedNetwork: false });
    await expect(refused).rejects.toThrow(CannotListenError);
    await expect(refused).rejects.toThrow('GENNAKER_ALLOW_UNAUTHENTICATED_NETWORK');
    const url = await listenHttp(app, { host: '127.0.0.1', port: 0, allowUnauthenticatedNetwork: false });
    const port = Number(new URL(url).port);
    const other = await start();
    await expect(
      listenHttp(other, { host: '127.0.0.1', port, allowUnauthenticatedNetwork: false }),
    ).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use`);
    await app.close();
    await other.close();
  });

  it('drops a client that sends its request too slowly, and answers one that speaks no HTTP', async () => {
    const app = await start({ requestTimeoutMs: 200, connectionTimeoutMs: 10_000 });
    const url = await listenHttp(app, { host: '127.0.0.1', port: 0, allowUnauthenticatedNetwork: false });
    const talk = (first: string) =>
      new Promise<string>((resolve, reject) => {
        let answer = '';
        const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(first));
        socket.on('data', (data) => (answer += data.toString()));
        socket.on('close', () => resolve(answer));
        socket.on('error', reject);
      });
    expect(
      await talk(
        'POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a',
      ),
    ).toMatch(/^HTTP\/1\.1 408[^]*"status":408/);
    expect(await talk('nonsense\r\n\r\n')).toContain('"status":400');
    await app.close();
  });

  it('closes at once although a client holds connections on which it has never sent a request in whole', async () => {
    const app = await start();
    const url = await listenHttp(app, { host: '127.0.0.1', port: 0, allowUnauthenticatedNetwork: false });
    const closed: string[] = [];
    for (const first of ['', 'GET /noth']) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(first));
      socket.on('error', () => undefined).once('close', () => closed.push(first));
    }
    const accepted = () =>
      new Promise<number>((resolve) => app.getHttpServer().getConnections((_error, count) => resolve(count)));
    while ((await accepted()) < 2) await new Promise(setImmediate);
    await app.close();
    while (closed.length < 2) await new Promise(setImmediate);
  }, 5_000);
});
