import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname } from 'node:path';

const TERM_MS = 3000;

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/**
 * Starts a program that the kernel ends with us, whatever way we end.
 * `died` resolves with an error when it ends without being stopped.
 */
export function startProcess(command, args, logFile, options = {}) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const [program, ...rest] = [...guard(), command, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', log, log], ...options });
  closeSync(log);
  let stopping = false;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const died = new Promise((resolve) => {
    void ended.then((how) => {
      if (stopping) return;
      const why = how instanceof Error ? how.message : `exit code ${how}`;
      resolve(new Error(`${basename(command)} ended by itself (${why}); log: ${logFile}\n${tail(logFile)}`));
    });
  });
  return {
    pid: child.pid,
    died,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), TERM_MS);
      await ended;
      clearTimeout(hard);
    },
  };
}

/** Only Linux has it; elsewhere a program outlives us when we are killed outright. */
function guard() {
  const known = spawnSync('setpriv', ['--version']).status === 0;
  return known ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
}

function tail(file) {
  return readFileSync(file, 'utf8').slice(-1500);
}
