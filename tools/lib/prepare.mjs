/** What the commands of package.json do before the actual work. Plain Node without packages, since nothing is installed yet. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const MINIMUM_NODE = [20, 19];
const BUILD_STAMP = 'dist/.build-stamp';
const BUILD_INPUTS = [
  'apps',
  'libs',
  'tools',
  'bench',
  'nest-cli.json',
  '.swcrc',
  'tsconfig.json',
  'tsconfig.build.json',
];
/** Folders that hold no sources of ours. */
const NOT_BUILT = new Set(['node_modules', 'peers', 'deck']);
const MAIN = 'dist/apps/standalone/src/main.js';
const PROGRESS_MS = 10_000;

export function say(text) {
  process.stdout.write(`[gennaker] ${text}\n`);
}

/** Ends the process with one clear sentence when this Node is too old. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  process.stderr.write(
    `Gennaker needs Node.js ${MINIMUM_NODE.join('.')} or later, and this is ${process.versions.node}: install a newer one.\n`,
  );
  process.exit(1);
}

let current;

/**
 * Runs a program in the foreground, in the root folder. Requests to stop are passed on to it.
 * @returns {Promise<number>} its exit code, or 128 and the signal's number
 */
export function run(program, args, { env = process.env } = {}) {
  if (stopRequested) process.exit(130);
  return new Promise((resolvePromise) => {
    current = spawn(program, args, { cwd: root, stdio: 'inherit', env });
    current.once('error', (error) => {
      process.stderr.write(`${program}: ${error.message}\n`);
      current = undefined;
      resolvePromise(127);
    });
    current.once('exit', (code, signal) => {
      current = undefined;
      resolvePromise(code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 9));
    });
  });
}

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
let stopRequested = false;

/** Passes requests to stop on to the program that runs, and stops when npm, which started us, is gone. */
export function forwardSignals() {
  const forward = (signal) => {
    stopRequested = true;
    current?.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  // npm that is killed outright cannot pass that on.
  const npm = npmAbove(process.ppid);
  if (npm === undefined) return;
  setInterval(() => {
    if (!existsSync(`/proc/${npm}`) && !stopRequested) forward('SIGTERM');
  }, 1_000).unref();
}

/** The process id of the npm that started us, directly or through a shell; undefined without npm. */
function npmAbove(pid, levels = 2) {
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('npm')) return pid;
    const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return levels === 0 ? undefined : npmAbove(Number(parent[1]), levels - 1);
  } catch {
    return undefined;
  }
}

/** Ends this process when a step failed, or when somebody asked to stop while it ran. */
function requireSuccess(code, failure) {
  if (stopRequested) process.exit(130);
  if (code === 0) return;
  process.stderr.write(`${failure} (exit code ${code}).\n`);
  process.exit(code);
}

/** Runs a long step and shows every ten seconds that it still does. */
async function step(text, program, args, failure) {
  say(text);
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const progress = setInterval(() => say(`… still at it (${seconds()} s)`), PROGRESS_MS);
  const code = await run(program, args);
  clearInterval(progress);
  requireSuccess(code, failure);
  say(`done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Installs the packages unless node_modules holds what package-lock.json asks for. */
export async function ensurePackages() {
  if (packagesAreInstalled()) return;
  const npm = process.env.npm_execpath;
  const [program, ...args] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  await step(
    'installing packages with npm ci (15 s to a minute, this once)',
    program,
    [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    'npm ci failed, see above: is the npm registry reachable?',
  );
}

function packagesAreInstalled() {
  let wanted;
  let installed;
  try {
    wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    installed = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  const missing = Object.entries(wanted).some(([path, { version, optional }]) => {
    if (path === '') return false;
    // Optional packages of other platforms are never there.
    if (installed[path] === undefined) return optional !== true;
    return installed[path].version !== version;
  });
  return !missing && Object.keys(installed).every((path) => path in wanted);
}

/** Compiles the sources unless dist was made from them as they are now. */
export async function ensureBuild() {
  const sources = digestSources();
  if (existsSync(join(root, MAIN)) && readStamp() === sources) return;
  await step(
    'compiling',
    process.execPath,
    [join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', 'standalone'],
    'The sources do not compile, see above',
  );
  if (!existsSync(join(root, MAIN))) {
    process.stderr.write(`The sources did not compile: ${MAIN} is missing.\n`);
    process.exit(1);
  }
  writeFileSync(join(root, BUILD_STAMP), sources);
}

function readStamp() {
  try {
    return readFileSync(join(root, BUILD_STAMP), 'utf8');
  } catch {
    return undefined;
  }
}

/** Changes when a source is added, removed or edited. */
function digestSources() {
  const hash = createHash('sha256');
  const add = (path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (stats.isDirectory()) {
      for (const name of readdirSync(path).sort()) if (!NOT_BUILT.has(name)) add(join(path, name));
    } else {
      hash.update(`${relative(root, path)} ${stats.size} ${stats.mtimeMs}\n`);
    }
  };
  for (const input of BUILD_INPUTS) add(join(root, input));
  return hash.digest('hex');
}
