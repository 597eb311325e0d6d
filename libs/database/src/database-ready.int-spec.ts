import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { createTestDatabase, type TestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseReady } from './database-ready.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});

afterAll(() => test.drop());

function ready(url: string, changes: { waitMs?: number; onWait?: (reason: string) => void } = {}) {
  return databaseReady({ url, waitMs: 0, onWait: () => undefined, ...changes });
}

/** An address of the database at which nothing answers until it is opened. */
async function closedDoor() {
  const door = createServer((socket) => {
    const behind = createConnection(Number(new URL(test.url).port), new URL(test.url).hostname);
    for (const side of [socket, behind]) side.on('error', () => undefined);
    socket.pipe(behind).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  await new Promise((closed) => door.close(closed));
  const url = new URL(test.url);
  url.host = `127.0.0.1:${port}`;
  return { url: url.href, door, open: () => door.listen(port, '127.0.0.1') };
}

describe('a service that starts before its database', () => {
  it('waits until the database takes connections', async () => {
    const { url, door, open } = await closedDoor();
    const reasons: string[] = [];
    await ready(url, {
      waitMs: 30_000,
      onWait: (reason) => {
        if (reasons.push(reason) === 2) open();
      },
    });
    expect(reasons.length).toBeGreaterThanOrEqual(2);
    expect(reasons[0]).toMatch(/cannot be used yet: connect ECONNREFUSED/);
    await new Promise((closed) => door.close(closed));
  });

  it('gives up in the end, with one sentence that names the server and keeps the password to itself', async () => {
    const { url } = await closedDoor();
    const { host, password } = new URL(url);
    const error = await ready(url).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'database.unavailable', message: expect.stringContaining(host) });
    expect((error as Error).message).not.toContain(`:${password}@`);
  });
});

it('is told at once what no waiting mends', async () => {
  const url = new URL(test.url);
  url.pathname = '/no-such-database';
  const onWait = () => expect.unreachable('there is nothing to wait for');
  await expect(ready(url.href, { waitMs: 30_000, onWait })).rejects.toMatchObject({
    code: 'database.unavailable',
    message: expect.stringContaining('"no-such-database" does not exist'),
  });
});
