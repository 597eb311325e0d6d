import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCommand, type CommandResult } from '../run-command.js';

/** BullMQ's recommended minimum. */
const MINIMUM_VERSION = [6, 2] as const;
const APT_UPDATE_TIMEOUT_MS = 180_000;
const APT_TIMEOUT_MS = 120_000;

export interface RedisBinary {
  path: string;
  /** Environment that it needs besides ours: where its unpacked libraries are. */
  env: NodeJS.ProcessEnv;
}

export type RedisSearch = { binary: RedisBinary } | { binary: undefined; reason: string };

export interface RedisSearchOptions {
  /** Where downloaded programs are kept. */
  cacheDir: string;
  log: (line: string) => void;
}

/**
 * Finds a Redis server: the one of the system, else the one unpacked earlier, else Debian's packages, downloaded and
 * unpacked into `cacheDir`. Nothing is installed and no rights are needed.
 */
export async function findRedisBinary({ cacheDir, log }: RedisSearchOptions): Promise<RedisSearch> {
  const reasons: string[] = [];
  const system = await checkBinary({ path: 'redis-server', env: {} });
  if (system.binary !== undefined) return system;
  reasons.push(`redis-server on PATH: ${system.reason}`);

  const target = resolve(cacheDir, 'redis-bin');
  const unpacked = await checkUnpacked(target);
  if (unpacked.binary !== undefined) return unpacked;

  log('fetching Redis from the Debian packages (once, a few seconds)');
  const failure = await unpackDebianPackages(resolve(cacheDir), target, log);
  if (failure !== undefined) return { binary: undefined, reason: [...reasons, failure].join('; ') };
  const fresh = await checkUnpacked(target);
  if (fresh.binary !== undefined) return fresh;
  return { binary: undefined, reason: [...reasons, `Debian's redis-server: ${fresh.reason}`].join('; ') };
}

/** Whether the version that `redis-server --version` prints is new enough. */
export function isRedisNewEnough(versionLine: string): boolean {
  const match = /\bv=(\d+)\.(\d+)/.exec(versionLine);
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > MINIMUM_VERSION[0] || (major === MINIMUM_VERSION[0] && minor >= MINIMUM_VERSION[1]);
}

/** The packages that `apt-get install -s` would install, as `name=version`. */
export function simulatedPackages(output: string): string[] {
  return output
    .split('\n')
    .map((line) => /^Inst (\S+) (?:\[\S+\] )?\((\S+)/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, version]) => `${name}=${version}`);
}

async function checkUnpacked(target: string): Promise<RedisSearch> {
  const libraries = await readdir(join(target, 'usr/lib')).catch(() => []);
  const triplet = libraries.find((name) => name.endsWith('-linux-gnu'));
  const path = join(target, 'usr/bin/redis-server');
  if (triplet === undefined) return checkBinary({ path, env: {} });
  const folders = [join(target, 'usr/lib', triplet), join(target, 'lib', triplet)];
  return checkBinary({ path, env: { LD_LIBRARY_PATH: folders.join(':') } });
}

async function checkBinary(binary: RedisBinary): Promise<RedisSearch> {
  const { code, stdout, stderr } = await runCommand([binary.path, '--version'], {
    env: { ...process.env, ...binary.env },
    timeoutMs: 10_000,
  });
  if (code !== 0) return { binary: undefined, reason: stderr.trim() || `ended with code ${code}` };
  if (!isRedisNewEnough(stdout)) {
    return { binary: undefined, reason: `older than ${MINIMUM_VERSION.join('.')}: ${stdout.trim()}` };
  }
  return { binary };
}

/** Why it failed, or undefined. */
async function unpackDebianPackages(
  cacheDir: string,
  target: string,
  log: (line: string) => void,
): Promise<string | undefined> {
  const work = join(cacheDir, `redis-download.${process.pid}`);
  try {
    await rm(work, { recursive: true, force: true });
    await mkdir(join(work, 'tree'), { recursive: true });
    const downloaded = (await download(work, [])) === undefined || (await downloadWithOwnLists(work, log));
    if (downloaded !== true) return downloaded;
    for (const file of await readdir(work)) {
      if (!file.endsWith('.deb')) continue;
      const unpack = ['dpkg-deb', '-x', join(work, file), join(work, 'tree')];
      const result = await runCommand(unpack, { timeoutMs: APT_TIMEOUT_MS });
      if (result.code !== 0) return failureOf(unpack, result);
    }
    await rm(target, { recursive: true, force: true });
    // When another process was faster, its copy is as good as ours.
    await rename(join(work, 'tree'), target).catch(() => undefined);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * The system's package lists are empty on a fresh container and may be out of date elsewhere. Fetching them needs root,
 * fetching a private copy does not, and leaves the system as it is.
 * @returns true, or why it failed
 */
async function downloadWithOwnLists(work: string, log: (line: string) => void): Promise<true | string> {
  const apt = join(work, 'apt');
  await mkdir(join(apt, 'lists/partial'), { recursive: true });
  await mkdir(join(apt, 'cache/archives/partial'), { recursive: true });
  const own = [`--option=Dir::State::Lists=${apt}/lists`, `--option=Dir::Cache=${apt}/cache`];
  log('fetching the package lists of Debian');
  const update = ['apt-get', ...aptOptions, ...own, 'update'];
  const result = await runCommand(update, { timeoutMs: APT_UPDATE_TIMEOUT_MS, env: aptEnvironment() });
  if (result.code !== 0) return failureOf(update, result);
  return (await download(work, own)) ?? true;
}

const aptOptions = [
  '-q',
  // apt hands downloads to a user of its own, who may not enter our folder.
  '--option=APT::Sandbox::User=root',
  '--option=Acquire::http::Timeout=20',
  '--option=Acquire::Retries=1',
];

/** Downloads what redis-server needs and the system lacks into `work`. Why it failed, or undefined. */
async function download(work: string, options: string[]): Promise<string | undefined> {
  const environment = { cwd: work, timeoutMs: APT_TIMEOUT_MS, env: aptEnvironment() };
  const simulate = ['apt-get', ...options, 'install', '-s', '--no-install-recommends', 'redis-server'];
  const simulation = await runCommand(simulate, environment);
  const packages = simulatedPackages(simulation.stdout);
  if (simulation.code !== 0 || packages.length === 0) return failureOf(simulate, simulation);
  const fetch = ['apt-get', ...aptOptions, ...options, 'download', ...packages];
  const result = await runCommand(fetch, environment);
  return result.code === 0 ? undefined : failureOf(fetch, result);
}

function aptEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
}

function failureOf([program, ...args]: string[], { code, stderr }: CommandResult): string {
  const action = args.find((arg) => ['install', 'update', 'download', '-x'].includes(arg)) ?? '';
  const last = stderr.trim().split('\n').at(-1) || `code ${code}`;
  return `${program} ${action}: ${last}`;
}
