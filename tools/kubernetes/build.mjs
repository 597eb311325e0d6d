#!/usr/bin/env node
/**
 * Builds a real Kubernetes 1.20 control plane (and kubectl and etcd) into a cache outside the clone, once.
 *
 *   node tools/kubernetes/build.mjs            builds, or says where the cached binaries are
 *   node tools/kubernetes/build.mjs --cached   never builds: exits with 3 when nothing is cached
 *
 * Exit codes: 0 binaries are there (their folder is the last line printed), 1 the build failed,
 * 2 this machine has not what the build needs, 3 nothing cached.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BINARIES, RECIPE_HASH, STEPS } from './recipe.mjs';

export const EXIT = { built: 0, failed: 1, unsupported: 2, notCached: 3 };

const LOCKED = 'GENNAKER_KUBERNETES_BUILD_LOCKED';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const NEEDED_BYTES = 3_500_000_000;

/** Why this machine cannot build, as one sentence, or undefined when it can. */
export function unsupportedReason() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (process.platform !== 'linux' || !/^ID(_LIKE)?=.*debian/m.test(release)) {
    return "The real Kubernetes is built with Debian's tools, and this machine is not a Debian.";
  }
  const missing = ['apt-get', 'dpkg', 'flock', 'tar', 'bash'].filter((tool) => !onPath(tool));
  if (missing.length > 0) return `The real Kubernetes cannot be built here: ${missing.join(', ')} not found.`;
  if (!existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')) {
    return 'The real Kubernetes cannot be built here: the package debian-archive-keyring is not installed.';
  }
  return undefined;
}

/** The folder with the binaries of this recipe, or undefined. Needs no network. */
export function cachedBinaries() {
  const root = cacheRoot();
  if (!existsSync(root)) return undefined;
  const folder = readdirSync(root).find((name) => name.endsWith(`-${RECIPE_HASH}`));
  const bin = folder && join(root, folder, 'bin');
  return bin && BINARIES.every((name) => existsSync(join(bin, name))) ? bin : undefined;
}

function cacheRoot() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gennaker/kubernetes');
}

function onPath(tool) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool)));
}

function say(text) {
  process.stderr.write(`kubernetes build: ${text}\n`);
}

async function build() {
  const work = join(cacheRoot(), `build-${RECIPE_HASH}`);
  mkdirSync(join(work, 'done'), { recursive: true });
  const { bavail, bsize } = statfsSync(work);
  if (bavail * bsize < NEEDED_BYTES) {
    throw new Error(`${cacheRoot()} has ${Math.floor((bavail * bsize) / 1e9)} GB free, 4 GB are needed.`);
  }
  for (const [index, step] of STEPS.entries()) {
    const stamp = join(work, 'done', step.name);
    if (existsSync(stamp)) continue;
    say(`${index + 1}/${STEPS.length} ${step.says}`);
    const started = Date.now();
    await step.run({ work, run: runner(join(work, 'build.log')) });
    writeFileSync(stamp, '');
    say(`    done in ${Math.round((Date.now() - started) / 1000)} s`);
  }
  const version = readFileSync(join(work, 'version'), 'utf8').trim();
  const folder = join(cacheRoot(), `${version}-${RECIPE_HASH}`);
  await rm(folder, { recursive: true, force: true });
  mkdirSync(folder);
  await rename(join(work, 'bin'), join(folder, 'bin'));
  await cleanUp(work);
}

/** Removes the work folder, and of the finished builds of other recipes all but the newest. */
async function cleanUp(work) {
  await rm(work, { recursive: true, force: true });
  const others = readdirSync(cacheRoot())
    .filter((name) => name !== 'lock' && !name.startsWith('build-') && !name.endsWith(`-${RECIPE_HASH}`))
    .map((name) => ({ path: join(cacheRoot(), name), at: statSync(join(cacheRoot(), name)).mtimeMs }))
    .toSorted((one, other) => other.at - one.at);
  for (const { path } of others.slice(1)) await rm(path, { recursive: true, force: true });
}

function runner(logFile) {
  return (command, args, { cwd, env } = {}) =>
    new Promise((resolve, reject) => {
      const log = createWriteStream(logFile, { flags: 'a' });
      let tail = '';
      const child = spawn(command, args, {
        cwd,
        env: { ...process.env, LC_ALL: 'C', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, so that a compiler that make has started can be ended with it.
        detached: true,
      });
      const end = () => {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
        process.exit(EXIT.failed);
      };
      for (const signal of SIGNALS) process.once(signal, end);
      const take = (chunk) => {
        tail = (tail + chunk).slice(-4000);
        log.write(chunk);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.on('error', reject);
      child.on('close', (code) => {
        for (const signal of SIGNALS) process.off(signal, end);
        log.end();
        if (code === 0) return resolve(tail);
        reject(new Error(`${command} ${args[0] ?? ''} ended with ${code}; log: ${logFile}\n${tail}`));
      });
    });
}

/** Runs this script again below `flock`, so that the kernel lets the lock go however the holder dies. */
async function lockAndBuild() {
  mkdirSync(cacheRoot(), { recursive: true });
  const lock = join(cacheRoot(), 'lock');
  const held = spawnSync('flock', ['--nonblock', lock, 'true']).status !== 0;
  if (held) say('another build is running, waiting for it');
  const builder = ['nice', '-n', '10', process.execPath, import.meta.filename];
  const child = spawn('flock', ['--no-fork', lock, ...builder], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, [LOCKED]: '1' },
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(EXIT.failed));
    child.once('exit', (status) => resolve(status ?? EXIT.failed));
  });
  for (const signal of SIGNALS) process.off(signal, forward);
  return code;
}

/** Makes sure that the binaries are there; resolves with the exit code that says so. */
export async function ensureBinaries({ mayBuild }) {
  if (cachedBinaries()) return EXIT.built;
  if (!mayBuild) return EXIT.notCached;
  const reason = unsupportedReason();
  if (reason) {
    say(reason);
    return EXIT.unsupported;
  }
  return lockAndBuild();
}

async function main() {
  let code = EXIT.built;
  if (process.env[LOCKED]) {
    try {
      if (!cachedBinaries()) await build();
    } catch (error) {
      say(error.message);
      code = EXIT.failed;
    }
    process.exit(code);
  }
  code = await ensureBinaries({ mayBuild: !process.argv.includes('--cached') });
  const bin = cachedBinaries();
  if (bin) console.log(bin);
  else if (code === EXIT.notCached) say('nothing is cached yet');
  process.exit(code);
}

if (process.argv[1] === import.meta.filename) await main();
