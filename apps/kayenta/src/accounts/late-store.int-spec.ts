import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SystemClock } from '@gennaker/kernel';
import { SecretResolver, secretsConfigFrom } from '@gennaker/secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CLIENT } from '../metric-stores/store-client.js';
import { accountConfigSchema } from './account.schema.js';
import { Accounts } from './accounts.js';

describe('an account of a metric store that refers to secrets', () => {
  let server: Server;
  let seen: string[];
  beforeAll(async () => {
    seen = [];
    server = createServer((request, reply) => {
      seen.push(String(request.headers.authorization));
      reply
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"status":"success","data":{"result":[]}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const accounts = (environment: Record<string, string>) =>
    new Accounts(
      [
        accountConfigSchema.parse({
          name: 'main',
          type: 'prometheus',
          endpoint: { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
          username: 'ann',
          password: 'encrypted:env!n:PROMETHEUS_PASSWORD',
        }),
      ],
      { ...DEFAULT_CLIENT, attempts: 1 },
      new SystemClock(),
      new SecretResolver(secretsConfigFrom(environment), () => 0),
    );

  it('signs in with what they are when it is asked', async () => {
    const environment: Record<string, string> = { PROMETHEUS_PASSWORD: 'first-one' };
    const { store } = accounts(environment).metricStore('main');
    const signal = new AbortController().signal;
    await store.checkHealth(signal);
    environment['PROMETHEUS_PASSWORD'] = 'second-one';
    await store.checkHealth(signal);
    expect(seen.map((header) => Buffer.from(header.slice(6), 'base64').toString())).toEqual([
      'ann:first-one',
      'ann:second-one',
    ]);
  });

  it('says which one is missing, as the health of the account', async () => {
    expect(await accounts({}).healthOf('main')).toMatchObject({
      status: 'DOWN',
      message: 'The variable PROMETHEUS_PASSWORD is not set',
    });
  });
});
