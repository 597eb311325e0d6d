import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpRefusedError } from '@gennaker/stages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpPolicySchema } from './http-policy.js';
import { UndiciHttp } from './http-port.js';

let server: Server;
let base: string;
const seen: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = [];

beforeAll(async () => {
  server = createServer((incoming, answer) => {
    let body = '';
    incoming.on('data', (chunk) => (body += String(chunk)));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      seen.push({ method, url, headers, body });
      if (url === '/redirect') return answer.writeHead(302, { location: '/target' }).end();
      if (url === '/endless') return answer.writeHead(302, { location: '/endless' }).end();
      if (url === '/metadata') return answer.writeHead(302, { location: 'file:///etc/passwd' }).end();
      if (url === '/a/echo') return answer.end(JSON.stringify({ said: headers['x-key'] }));
      if (url === '/big') return answer.end('x'.repeat(2_000));
      return answer.writeHead(200, { 'x-one': '1' }).end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

const signal = new AbortController().signal;
const http = (policy: object = {}) =>
  new UndiciHttp(httpPolicySchema.parse({ allowPrivateAddresses: true, maxResponseBytes: 1_000, ...policy }));
const send = (port: UndiciHttp, path: string, method = 'GET', url = base + path) =>
  port.request({ method, url, signal });

describe('requests of stages', () => {
  it('are sent as asked, and answered with status, headers and body', async () => {
    const port = http();
    const response = await port.request({
      method: 'POST',
      url: `${base}/a`,
      headers: { 'x-h': 'v' },
      body: 'hi',
      signal,
    });
    expect(response).toMatchObject({ status: 200, headers: { 'x-one': '1' }, body: '{"ok":true}' });
    expect(seen.at(-1)).toMatchObject({ method: 'POST', url: '/a', headers: { 'x-h': 'v' }, body: 'hi' });
  });

  it('follow redirects, which are checked like any request, and not for ever', async () => {
    expect((await send(http(), '/redirect')).status).toBe(200);
    expect(seen.at(-1)?.url).toBe('/target');
    await expect(send(http(), '/endless')).rejects.toThrow(HttpRefusedError);
    await expect(send(http(), '/metadata')).rejects.toThrow(/not allowed/);
    await expect(send(http({ allowed: [{ urlPrefix: `${base}/redirect` }] }), '/redirect')).rejects.toThrow(
      /not on the list/,
    );
  });

  it('do not reach private addresses unless that is allowed, by number or by name', async () => {
    const guarded = http({ allowPrivateAddresses: false });
    await expect(send(guarded, '/a')).rejects.toThrow(/private address/);
    await expect(send(guarded, '/a', 'GET', base.replace('127.0.0.1', 'localhost'))).rejects.toThrow();
    await expect(send(guarded, '', 'GET', 'http://[::ffff:127.0.0.1]/')).rejects.toThrow(/private address/);
    await expect(send(guarded, '', 'GET', 'http://169.254.169.254/')).rejects.toThrow(/private address/);
  });

  it('of webhooks carry the headers of the account that they name, where that is meant for', async () => {
    const key = 'key-of-the-operators';
    const accounts = [
      { name: 'cmdb', headers: { 'X-Key': key }, allowed: [{ methods: ['POST'], urlPrefix: `${base}/a` }] },
    ];
    const port = http({ accounts });
    const post = (path: string, account?: string) =>
      port.request({
        method: 'POST',
        url: base + path,
        headers: { 'x-key': 'own', 'x-h': 'v' },
        webhook: account === undefined ? {} : { account },
        signal,
      });
    await post('/a', 'cmdb');
    expect(seen.at(-1)?.headers).toMatchObject({ 'x-key': key, 'x-h': 'v' });
    expect((await post('/a/echo', 'cmdb')).body).toBe('{"said":"[redacted]"}');
    await post('/a');
    expect(seen.at(-1)?.headers).toMatchObject({ 'x-key': 'own' });
    await expect(post('/b', 'cmdb')).rejects.toThrow(/account cmdb is not meant for POST/);
    await expect(post('/a', 'other')).rejects.toThrow(/no webhook account "other"/);
  });

  it('of webhooks need an account where operators ask for one, and only these', async () => {
    const port = http({ accountRequired: true });
    const ask = (more: object) => port.request({ method: 'GET', url: `${base}/a`, signal, ...more });
    await expect(ask({ webhook: {} })).rejects.toThrow(/must name an account/);
    await expect(ask({ webhook: { account: 'none' } })).rejects.toThrow(/no webhook account "none"/);
    expect((await ask({})).status).toBe(200);
    expect(
      (await http().request({ method: 'GET', url: `${base}/a`, webhook: { account: 'x' }, signal })).status,
    ).toBe(200);
  });

  it('may be sent again unless the operators say otherwise of them', () => {
    const port = http({
      allowed: [
        { methods: ['POST'], urlPrefix: `${base}/orders`, safeToRetry: false },
        { urlPrefix: `${base}/` },
      ],
    });
    expect(port.isSafeToRetry('POST', `${base}/orders/1`)).toBe(false);
    expect(port.isSafeToRetry('GET', `${base}/orders/1`)).toBe(true);
    expect(http().isSafeToRetry('POST', `${base}/orders/1`)).toBe(true);
  });

  it('trust and show the certificates that operators name, which must be there', () => {
    expect(() => http({ tls: { caFile: '/none.pem' } })).toThrow(/HTTP_POLICY\.tls\.caFile: .*none\.pem/);
    expect(() => http({ tls: { certFile: '/none.pem' } })).toThrow(/belong together/);
  });

  it('are bounded in both directions, and kept to the list of allowed requests', async () => {
    await expect(send(http(), '/big')).rejects.toThrow(/larger than 1000 bytes/);
    const small = http({ maxRequestBytes: 3 });
    await expect(small.request({ method: 'POST', url: `${base}/a`, body: 'four', signal })).rejects.toThrow(
      /3/,
    );
    const listed = http({ allowed: [{ methods: ['GET'], urlPrefix: `${base}/api/` }] });
    expect((await send(listed, '/api/x')).status).toBe(200);
    await expect(send(listed, '/api/x', 'POST')).rejects.toThrow(/not on the list/);
    await expect(send(listed, '/other')).rejects.toThrow(/not on the list/);
  });
});
