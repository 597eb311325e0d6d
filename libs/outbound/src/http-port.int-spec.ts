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
