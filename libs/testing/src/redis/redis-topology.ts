import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { chooseFreePort, findRedisBinary, type RedisBinary } from '@gennaker/embedded';
import { Redis } from 'ioredis';
import { generate } from 'selfsigned';
import { vi } from 'vitest';

const READY_WITHIN_MS = 20_000;
/** A cluster's nodes talk to each other on their port plus this. */
const BUS_OFFSET = 10_000;
const HIGHEST_CLUSTER_PORT = 65_535 - BUS_OFFSET;
const PASSWORD = 'topology';

/** Redis servers that a test has started. */
export interface RedisTopology {
  /** How a client is told where they are: the settings of `connectRedis`. */
  config: {
    url?: string;
    sentinels?: string[];
    sentinelName?: string;
    clusterNodes?: string[];
    password?: string;
    tls: boolean;
    tlsCaFile?: string;
  };
  stop(): Promise<void>;
}

/** The server program that the embedded Redis uses too; undefined with the reason where there is none. */
export function findRedis(): ReturnType<typeof findRedisBinary> {
  return findRedisBinary({ cacheDir: resolve('.local'), log: () => undefined });
}

/** One server that speaks TLS only, with a certificate that only its own authority vouches for. */
export function startTlsRedis(binary: RedisBinary): Promise<RedisTopology> {
  return within(async (servers) => {
    const certificates = await generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(servers.folder, name), text, { mode: 0o600 });
      return join(servers.folder, name);
    };
    const cert = await file('server.crt', certificates.cert);
    const key = await file('server.key', certificates.private);
    const port = await chooseFreePort();
    await servers.start(binary, [
      'port 0',
      `tls-port ${port}`,
      `tls-cert-file ${cert}`,
      `tls-key-file ${key}`,
      `tls-ca-cert-file ${cert}`,
      'tls-auth-clients no',
      `requirepass ${PASSWORD}`,
    ]);
    return { url: `rediss://:${PASSWORD}@127.0.0.1:${port}`, tls: false, tlsCaFile: cert };
  });
}

/** A server and the Sentinel that watches it. */
export function startSentinelRedis(binary: RedisBinary): Promise<RedisTopology> {
  return within(async (servers) => {
    const [port, sentinelPort] = [await chooseFreePort(), await chooseFreePort()];
    await servers.start(binary, [`port ${port}`, `requirepass ${PASSWORD}`]);
    await servers.start(
      binary,
      [
        `port ${sentinelPort}`,
        `sentinel monitor deliveries 127.0.0.1 ${port} 1`,
        `sentinel auth-pass deliveries ${PASSWORD}`,
      ],
      ['--sentinel'],
    );
    return {
      sentinels: [`127.0.0.1:${sentinelPort}`],
      sentinelName: 'deliveries',
      password: PASSWORD,
      tls: false,
    };
  });
}

/** A cluster of three nodes, a third of the slots on each. */
export function startClusterRedis(binary: RedisBinary): Promise<RedisTopology> {
  return within(async (servers) => {
    const ports = [await clusterPort(), await clusterPort(), await clusterPort()];
    for (const port of ports) {
      await servers.start(binary, [
        `port ${port}`,
        'cluster-enabled yes',
        `cluster-config-file nodes-${port}.conf`,
        `requirepass ${PASSWORD}`,
        `masterauth ${PASSWORD}`,
      ]);
    }
    const nodes = ports.map((port) => new Redis({ port, password: PASSWORD }));
    try {
      const bounds = [0, 5_461, 10_923, 16_384];
      for (const [index, node] of nodes.entries()) {
        await node.call('CLUSTER', 'ADDSLOTSRANGE', bounds[index]!, bounds[index + 1]! - 1);
        await node.call('CLUSTER', 'MEET', '127.0.0.1', ports[0]!);
      }
      const ready = async (): Promise<void> => {
        for (const node of nodes) {
          const info = String(await node.call('CLUSTER', 'INFO'));
          if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3'))
            throw new Error(info);
        }
      };
      await vi.waitFor(ready, { timeout: READY_WITHIN_MS, interval: 50 });
    } finally {
      for (const node of nodes) node.disconnect();
    }
    return { clusterNodes: ports.map((port) => `127.0.0.1:${port}`), password: PASSWORD, tls: false };
  });
}

async function clusterPort(): Promise<number> {
  for (;;) {
    const port = await chooseFreePort();
    if (port <= HIGHEST_CLUSTER_PORT) return port;
  }
}

/** The servers of one topology and their folder. */
class Servers {
  private readonly children: ChildProcess[] = [];

  constructor(readonly folder: string) {}

  async start(binary: RedisBinary, lines: string[], args: string[] = []): Promise<void> {
    const configuration = join(this.folder, `redis-${this.children.length}.conf`);
    const all = ['bind 127.0.0.1', 'save ""', `dir ${this.folder}`, ...lines];
    await writeFile(configuration, `${all.join('\n')}\n`, { mode: 0o600 });
    const child = spawn(binary.path, [configuration, ...args], {
      // The system's own server is found, and runs, with the environment of this process.
      ...(Object.keys(binary.env).length > 0 && { env: binary.env }),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.children.push(child);
    await new Promise<void>((done, failed) => {
      const said: string[] = [];
      const timer = setTimeout(
        () => failed(new Error(`Redis is not ready:\n${said.join('\n')}`)),
        READY_WITHIN_MS,
      );
      child.once('exit', () => failed(new Error(`Redis ended:\n${said.join('\n')}`)));
      createInterface(child.stdout).on('line', (line) => {
        said.push(line);
        if (!/Ready to accept connections|\+monitor/.test(line)) return;
        clearTimeout(timer);
        done();
      });
    });
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((done) => child.once('exit', done));
        child.kill('SIGKILL');
        await ended;
      }),
    );
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function within(start: (servers: Servers) => Promise<RedisTopology['config']>): Promise<RedisTopology> {
  const servers = new Servers(await mkdtemp(join(tmpdir(), 'gennaker-redis-')));
  try {
    return { config: await start(servers), stop: () => servers.stop() };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}
