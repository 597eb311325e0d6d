import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedServer } from '../embedded-server.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { findPostgresBinaries } from './postgres-binaries.js';
import { prepareCluster } from './postgres-cluster.js';
import { choosePostgresIdentity } from './postgres-identity.js';

const isRoot = process.getuid?.() === 0;
const path = process.env.PATH;
let folder: string;
let dataDir: string;
let running: EmbeddedServer[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gennaker-postgres-'));
  dataDir = join(folder, 'data');
  running = [];
});

afterEach(async () => {
  process.env.PATH = path;
  await Promise.all(running.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

async function start(changes: { mode?: 'durable' | 'test'; port?: number; dataDir?: string } = {}) {
  const server = await startEmbeddedPostgres({ dataDir, mode: 'test', ...changes });
  running.push(server);
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

it('takes connections as soon as it is started, on the asked-for database, in UTF-8 and UTC', async () => {
  const { url } = await start();
  const [row] = await query(
    url,
    `select current_database() as database, current_setting('server_encoding') as encoding, current_setting('TimeZone') as zone`,
  );
  expect(row).toEqual({ database: 'gennaker', encoding: 'UTF8', zone: 'UTC' });
});

it('keeps data, user and password over a restart, on any port', async () => {
  const first = await start({ mode: 'durable' });
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const second = await start({ mode: 'durable' });
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

it('lets nobody in without the password', async () => {
  const { url } = await start();
  const stranger = new URL(url);
  stranger.password = 'guessed';
  await expect(query(stranger.href, 'select 1')).rejects.toThrow('password authentication failed');
  expect(statSync(join(dataDir, 'password')).mode & 0o077).toBe(0);
});

it('stops although clients are connected, and more than once', async () => {
  const server = await start();
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  await Promise.all([server.stop(), server.stop()]);
  await expect(server.exited).resolves.toEqual({ code: 0, signal: null });
  await client.end().catch(() => undefined);
});

it('tells when it ends unasked, and recovers on the next start', async () => {
  const first = await start({ mode: 'durable' });
  await query(first.url, 'create table kept as select 42 as answer');
  process.kill(first.pid, 'SIGKILL');
  await expect(first.exited).resolves.toEqual({ code: null, signal: 'SIGKILL' });
  await first.stop();
  const second = await start({ mode: 'durable' });
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
});

it('starts over when the creation of its files was cut short', async () => {
  mkdirSync(join(dataDir, 'pgdata.new/base'), { recursive: true });
  writeFileSync(join(dataDir, 'pgdata.new/PG_VERSION'), '18\n');
  const { url } = await start();
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

describe('refuses with one sentence', () => {
  it('a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({
      code: 'embedded.port_busy',
      message: expect.stringContaining(String(port)),
    });
    other.close();
  });

  it('a folder that another server uses', async () => {
    await start();
    await expect(start()).rejects.toMatchObject({ code: 'embedded.folder_in_use' });
  });

  it('a folder written by a newer PostgreSQL, and leaves it as it is', async () => {
    const server = await start();
    await server.stop();
    const version = join(dataDir, 'pgdata/PG_VERSION');
    writeFileSync(version, '99\n');
    await expect(start()).rejects.toMatchObject({
      code: 'embedded.data_from_newer_version',
      message: expect.stringContaining('PostgreSQL 99'),
    });
    writeFileSync(version, '9.6\n');
    await expect(start()).rejects.toMatchObject({ code: 'embedded.data_from_older_version' });
    expect(readFileSync(version, 'utf8')).toBe('9.6\n');
  });

  it('a folder without write permission', async () => {
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o555);
    chmodSync(folder, 0o755);
    // Root may write everywhere, so take part as somebody else.
    if (isRoot) process.seteuid!(65_534);
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'embedded.folder_not_writable',
        message: expect.stringContaining(dataDir),
      });
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });
});

describe.runIf(isRoot)('as root, which PostgreSQL refuses to be', () => {
  /** A program that the machine does not let us use. */
  function forbid(program: string, condition = 'true'): void {
    const programs = join(folder, 'programs');
    mkdirSync(programs, { recursive: true });
    const real = `/usr/bin/${program}`;
    const script = `#!/bin/sh\nif ${condition}; then echo "not permitted" >&2; exit 1; fi\nexec ${real} "$@"\n`;
    writeFileSync(join(programs, program), script, { mode: 0o755 });
    process.env.PATH = `${programs}${delimiter}${path}`;
  }

  it('runs where user namespaces are forbidden, in a folder that only root may enter', async () => {
    forbid('unshare');
    chmodSync(folder, 0o700);
    const { url, pid } = await start();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\t65534\t65534/m);
  });

  it('copies its programs to where nobody can reach them, out of a clone under a folder like /root', async () => {
    forbid('unshare');
    const installed = await findPostgresBinaries();
    const closed = { ...installed, native: join(folder, 'closed/native'), version: basename(folder) };
    cpSync(installed.native, closed.native, { recursive: true, verbatimSymlinks: true });
    chmodSync(join(folder, 'closed'), 0o700);
    chmodSync(folder, 0o700);
    mkdirSync(dataDir);
    const identity = await choosePostgresIdentity(closed, dataDir);
    await prepareCluster(dataDir, identity, 'test');
    expect(identity.name).toBe('nobody-with-access');
    expect(statSync(join(dataDir, 'pgdata')).uid).toBe(65_534);
    expect(identity.binaries.native).not.toBe(closed.native);
    rmSync(identity.binaries.native, { recursive: true });
  });

  it('runs where capabilities cannot be passed on either', async () => {
    forbid('unshare');
    forbid('setpriv', 'echo "$*" | grep -q ambient');
    chmodSync(folder, 0o755);
    const { url } = await start();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('opens its data again after the way to run it has changed, in both directions', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    forbid('unshare');
    const second = await start();
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await second.stop();
    process.env.PATH = path;
    const third = await start();
    expect(await query(third.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });
});
