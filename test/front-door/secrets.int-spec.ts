import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, startFrontDoor } from './front-door.suite.js';

const TOKEN = 'correct-horse-battery';

interface Ended {
  status: string;
  stages: { context: object }[];
}

/** A receiver that says back everything it is told, which is the worst that one can do with a secret. */
describe('secrets in the headers of webhooks', () => {
  let door: FrontDoor;
  let receiver: Server;
  let other: Server;
  let seen: IncomingHttpHeaders[];
  const addressOf = (server: Server, host = '127.0.0.1') =>
    `http://${host}:${(server.address() as AddressInfo).port}`;

  beforeAll(async () => {
    const echo: Parameters<typeof createServer>[1] = (request, reply) => {
      seen.push(request.headers);
      if (request.url === '/away') reply.writeHead(302, { location: `${addressOf(other)}/` }).end();
      else
        reply
          .writeHead(200, { 'x-said': String(request.headers.authorization) })
          .end(JSON.stringify(request.headers));
    };
    receiver = createServer(echo).listen(0, '127.0.0.1');
    other = createServer(echo).listen(0, '127.0.0.1');
    door = await startFrontDoor({
      HTTP_POLICY: '{"allowPrivateAddresses":true}',
      GENNAKER_SECRET_TOKEN: TOKEN,
      SHOP_KEY: 'only-for-the-shop',
      SECRETS_POLICY: JSON.stringify([
        { reference: 'env/GENNAKER_SECRET_*' },
        { reference: 'env/SHOP_KEY', applications: ['shop'], hosts: ['127.0.0.1'] },
      ]),
    });
  });
  afterAll(async () => {
    await door.close();
    for (const server of [receiver, other]) await new Promise((resolve) => server.close(resolve));
  });

  const run = async (application: string, path: string, customHeaders: object): Promise<[string, Ended]> => {
    seen = [];
    const stage = {
      type: 'webhook',
      refId: '1',
      url: `${addressOf(receiver)}${path}`,
      method: 'POST',
      customHeaders,
    };
    const reply = await door.call('POST', '/pipelines/start', { application, name: 'p', stages: [stage] });
    const { ref } = reply.json as { ref: string };
    const done = await door.until(ref, ({ json }) =>
      ['SUCCEEDED', 'TERMINAL'].includes((json as { status: string }).status),
    );
    return [ref, done.json];
  };

  it('are sent, and are in no answer, no event and no row', async () => {
    const [ref, execution] = await run('any', '/', {
      Authorization: 'Bearer secret://env/GENNAKER_SECRET_TOKEN',
      'X-Key': 'encrypted:env!n:GENNAKER_SECRET_TOKEN',
    });
    expect(execution.status).toBe('SUCCEEDED');
    expect(seen[0]).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'x-key': TOKEN });
    const events = await door.call('GET', `${ref}/events`);
    const kept = await door.platform.database.pool.query(
      `select count(*)::int as count from es.event where data::text like $1
       union all select count(*)::int from es.work_item where payload::text like $1`,
      [`%${TOKEN}%`],
    );
    expect(kept.rows.every(({ count }) => count === 0)).toBe(true);
    for (const text of [JSON.stringify(execution), events.text]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(Buffer.from(TOKEN).toString('base64'));
    }
    expect(JSON.stringify(execution)).toContain('[redacted]');
  });

  it('do not follow a redirect to somebody else', async () => {
    await run('any', '/away', { 'X-Key': 'secret://env/GENNAKER_SECRET_TOKEN' });
    expect(seen.map((headers) => headers['x-key'])).toEqual([TOKEN, undefined]);
  });

  it('are only for whom the operators let have them', async () => {
    const key = { 'X-Key': 'secret://env/SHOP_KEY' };
    expect((await run('shop', '/', key))[1].status).toBe('SUCCEEDED');
    expect(seen[0]).toMatchObject({ 'x-key': 'only-for-the-shop' });
    const [, refused] = await run('other', '/', key);
    expect([refused.status, seen]).toEqual(['TERMINAL', []]);
    expect(JSON.stringify(refused.stages[0]?.context)).toContain('SECRETS_POLICY');
    const [, none] = await run('any', '/', { 'X-Key': 'secret://env/DATABASE_URL' });
    expect([none.status, seen]).toEqual(['TERMINAL', []]);
  });

  it('that are not there, or of a form that is none, fail the stage with a reason', async () => {
    for (const [reference, reason] of [
      ['secret://env/GENNAKER_SECRET_NONE', 'The variable GENNAKER_SECRET_NONE is not set'],
      ['encrypted:s3!b:bucket', 'there is no secret engine'],
    ]) {
      const [, execution] = await run('any', '/', { 'X-Key': reference });
      expect(execution.status).toBe('TERMINAL');
      expect(JSON.stringify(execution.stages[0]?.context)).toContain(reason);
    }
  });
});
