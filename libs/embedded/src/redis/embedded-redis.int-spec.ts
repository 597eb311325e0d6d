import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EmbeddedServer } from '../embedded-server.js';
import { startEmbeddedRedis } from './embedded-redis.js';

const path = process.env.PATH;
let folder: string;
let dataDir: string;
let running: EmbeddedServer[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gennaker-redis-'));
  dataDir = join(folder, 'data');
  running = [];
});

afterEach(async () => {
  process.env.PATH = path;
  await Promise.all(running.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

async function start(durable: boolean): Promise<EmbeddedServer> {
  const redis = await startEmbeddedRedis({ dataDir, durable });
  if (redis.server === undefined) throw new Error(redis.reason);
  running.push(redis.server);
  return redis.server;
}

async function withClient<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: () => null, lazyConnect: true });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

const setting = (client: Redis, name: string) => client.config('GET', name) as Promise<[string, string]>;

it('never evicts, ticks a hundred times a second and writes its log each second', async () => {
  const { url } = await start(true);
  await withClient(url, async (client) => {
    expect(await setting(client, 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await setting(client, 'hz')).toEqual(['hz', '100']);
    expect(await setting(client, 'appendfsync')).toEqual(['appendfsync', 'everysec']);
    expect(await setting(client, 'bind')).toEqual(['bind', '127.0.0.1']);
  });
});

it('keeps its data over a kill and a restart when it is durable', async () => {
  const first = await start(true);
  await withClient(first.url, (client) => client.set('key', 'kept'));
  process.kill(first.pid, 'SIGKILL');
  await expect(first.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  await first.stop();
  const second = await start(true);
  expect(await withClient(second.url, (client) => client.get('key'))).toBe('kept');
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
});

it('keeps nothing when it is not durable', async () => {
  const first = await start(false);
  await withClient(first.url, (client) => client.set('key', 'gone'));
  await first.stop();
  const second = await start(false);
  expect(await withClient(second.url, (client) => client.get('key'))).toBeNull();
});

it('lets nobody in without the password', async () => {
  const { port } = await start(false);
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write('PING\r\n');
  const [answer] = (await once(socket, 'data')) as [string];
  socket.destroy();
  expect(answer).toMatch(/^-NOAUTH/);
  expect(statSync(join(dataDir, 'redis.conf')).mode & 0o077).toBe(0);
});

it('refuses a folder that another server uses', async () => {
  await start(false);
  await expect(start(false)).rejects.toMatchObject({ code: 'embedded.folder_in_use' });
});

it('starts again in a folder whose name holds blanks and quotes', async () => {
  dataDir = join(folder, 'my "own" data');
  const first = await start(true);
  await first.stop();
  await expect(start(true)).resolves.toBeDefined();
});

it('says why there is none on a machine without Redis and without Debian packages', async () => {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  for (const program of ['redis-server', 'apt-get']) {
    writeFileSync(join(programs, program), '#!/bin/sh\necho "no such luck" >&2\nexit 100\n', { mode: 0o755 });
  }
  process.env.PATH = `${programs}${delimiter}${path}`;
  const redis = await startEmbeddedRedis({ dataDir, durable: true, cacheDir: join(folder, 'cache') });
  expect(redis).toEqual({
    server: undefined,
    reason: 'redis-server on PATH: no such luck; apt-get update: no such luck',
  });
});
