import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { messageOf } from '@gennaker/kernel';
import { freePort } from '../free-port.js';

const run = promisify(execFile);
const PACKAGES = ['prometheus', 'prometheus-pushgateway'];
const READY_WITHIN_MS = 30_000;
const APT_TIMEOUT_MS = 120_000;

export interface PrometheusPrograms {
  prometheus: string;
  promtool: string;
  pushgateway: string;
}

export type PrometheusSearch = PrometheusPrograms | { missing: string };

/** The programs of Debian's packages, unpacked once into `.local`; nothing is installed. Never throws: says what is missing. */
export async function findPrometheus(cacheDir = resolve('.local')): Promise<PrometheusSearch> {
  const folder = join(cacheDir, 'prometheus-bin');
  const programs = {
    prometheus: join(folder, 'usr/bin/prometheus'),
    promtool: join(folder, 'usr/bin/promtool'),
    pushgateway: join(folder, 'usr/bin/prometheus-pushgateway'),
  };
  try {
    await access(programs.prometheus);
    return programs;
  } catch {
    return unpackPackages(cacheDir, folder).then(
      () => programs,
      (error: unknown) => ({
        missing: `Prometheus cannot be had from Debian's packages: ${messageOf(error)}`,
      }),
    );
  }
}

async function unpackPackages(cacheDir: string, folder: string): Promise<void> {
  const work = join(cacheDir, `prometheus-download.${process.pid}`);
  try {
    await mkdir(join(work, 'tree'), { recursive: true });
    const lists = join(work, 'lists');
    const sandbox = '--option=APT::Sandbox::User=root';
    await download(work, [sandbox]).catch(async () => {
      await mkdir(join(lists, 'partial'), { recursive: true });
      const own = [sandbox, `--option=Dir::State::Lists=${lists}`];
      await run('apt-get', ['-q', ...own, 'update'], { timeout: APT_TIMEOUT_MS });
      await download(work, own);
    });
    for (const file of await readdir(work)) {
      if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(work, file), join(work, 'tree')]);
    }
    // When another process was faster, its copy is as good as ours.
    await rename(join(work, 'tree'), folder).catch(() => undefined);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string, options: string[]): Promise<void> {
  await run('apt-get', ['-q', ...options, 'download', ...PACKAGES], { cwd: work, timeout: APT_TIMEOUT_MS });
}

export interface PrometheusOptions {
  /** Samples of the past, as OpenMetrics text with timestamps in seconds. */
  past?: string;
  /** Addresses (host:port) that are scraped every second. */
  targets?: string[];
}

export interface RunningServer {
  url: string;
  stop(): Promise<void>;
}

/** A Prometheus of our own on a free port, with samples of the past and targets to scrape. It ends with this process. */
export async function startPrometheus(
  programs: PrometheusPrograms,
  { past, targets = [] }: PrometheusOptions = {},
): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gennaker-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      scrape_configs:
        targets.length === 0 ? [] : [{ job_name: 'test', honor_labels: true, static_configs: [{ targets }] }],
    }),
  );
  const storage = join(folder, 'data');
  await mkdir(storage);
  if (past !== undefined) {
    await writeFile(join(folder, 'past.om'), past);
    await run(programs.promtool, [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      join(folder, 'past.om'),
      storage,
    ]);
  }
  const port = await freePort();
  return launch(
    programs.prometheus,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${storage}`,
      '--storage.tsdb.retention.time=10y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    `http://127.0.0.1:${port}`,
    folder,
  );
}

export interface Pushgateway extends RunningServer {
  address: string;
  /** Puts samples, in the text format, in the place of those that the group had. */
  push(group: Record<string, string>, text: string): Promise<void>;
}

export async function startPushgateway(programs: PrometheusPrograms): Promise<Pushgateway> {
  const address = `127.0.0.1:${await freePort()}`;
  const server = await launch(
    programs.pushgateway,
    [`--web.listen-address=${address}`, '--log.level=error'],
    `http://${address}`,
  );
  return {
    ...server,
    address,
    async push(group, text) {
      const path = Object.entries(group).map(([name, value]) => `${name}/${value}`);
      const answer = await fetch(`${server.url}/metrics/${path.join('/')}`, { method: 'PUT', body: text });
      if (!answer.ok) throw new Error(`the pushgateway answered ${answer.status}: ${await answer.text()}`);
    },
  };
}

async function launch(program: string, args: string[], url: string, folder?: string): Promise<RunningServer> {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2_000)));
  const exited = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', (error) => {
      said += error.message;
      done();
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  await untilReady(`${url}/-/ready`, child, () => said);
  return { url, stop };
}

async function untilReady(url: string, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const ready = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`${url} did not become ready: ${said()}`);
    await pause(50);
  }
}
