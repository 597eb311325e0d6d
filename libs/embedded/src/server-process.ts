import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EmbeddedServerError } from './embedded-server.error.js';

const KEPT_LINES = 50;

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerCommand {
  /** What people call it: "PostgreSQL". */
  name: string;
  /** The program and its arguments. */
  command: [string, ...string[]];
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** The line of its output that says that it takes connections. */
  readyLine: RegExp;
  startTimeoutMs: number;
  /** Asks it to end in an orderly way. */
  stopSignal: NodeJS.Signals;
  /** Ends it at once when the orderly way takes longer than `stopTimeoutMs`. */
  forceSignal: NodeJS.Signals;
  stopTimeoutMs: number;
  log: (line: string) => void;
  /** Explains a failed start by the last lines of the output; undefined when they hold no known reason. */
  explain: (lines: string[]) => EmbeddedServerError | undefined;
  /** Called as soon as there is a process, before it is ready. */
  onSpawn: (pid: number) => Promise<void>;
}

export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, whoever ended it. */
  readonly exited: Promise<ServerExit>;
  /** Ends the process; resolves when it is gone. May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it is ready.
 *
 * The kernel ends the server when this process dies, however it dies (`withParentDeathSignal`). The server gets a
 * session of its own, so that Ctrl-C in the terminal reaches only us and we can close in order.
 *
 * @throws EmbeddedServerError when it ends before it is ready, or is not ready in time
 */
export async function launchServer(server: ServerCommand): Promise<ServerProcess> {
  const [program, ...args] = server.command;
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: server.env,
    uid: server.uid,
    gid: server.gid,
  });
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const ready = waitUntilReady(child, server, exited);
  const stop = () => stopServer(child, server, exited);
  try {
    if (child.pid !== undefined) await server.onSpawn(child.pid);
    await ready;
  } catch (error) {
    ready.catch(() => undefined);
    await stop();
    throw error;
  }
  return { pid: child.pid!, exited, stop };
}

/**
 * The command, arranged so that the kernel sends `signal` to it when the thread that spawned it ends. Spawn from the
 * main thread only, since a worker thread may end long before the process.
 */
export function withParentDeathSignal(signal: 'INT' | 'TERM' | 'KILL', command: string[]): string[] {
  return ['setpriv', '--pdeathsig', signal, '--', ...command];
}

function waitUntilReady(
  child: ChildProcess,
  server: ServerCommand,
  exited: Promise<ServerExit>,
): Promise<void> {
  const lines: string[] = [];
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new EmbeddedServerError(
            'embedded.start_timed_out',
            `${server.name} was not ready ${server.startTimeoutMs / 1000} s after its start. Its last words: ${lastWords(lines)}`,
          ),
        ),
      server.startTimeoutMs,
    );
    const onLine = (line: string) => {
      server.log(line);
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      if (server.readyLine.test(line)) {
        clearTimeout(timer);
        resolve();
      }
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', onLine);
    }
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(startFailed(server.name, cause.message, cause));
    });
    // 'close' comes after the last line, 'exit' may come before it.
    child.once('close', () => {
      clearTimeout(timer);
      void exited.then(({ code, signal }) => {
        const how = signal === null ? `code ${code}` : signal;
        return reject(
          server.explain(lines) ?? startFailed(server.name, `ended with ${how}: ${lastWords(lines)}`),
        );
      });
    });
  });
}

function startFailed(name: string, reason: string, cause?: unknown): EmbeddedServerError {
  return new EmbeddedServerError('embedded.start_failed', `${name} did not start: ${reason}`, { cause });
}

function lastWords(lines: string[]): string {
  return lines.slice(-3).join(' | ') || '(none)';
}

async function stopServer(
  child: ChildProcess,
  server: ServerCommand,
  exited: Promise<ServerExit>,
): Promise<void> {
  if (child.pid === undefined) return;
  child.kill(server.stopSignal);
  const force = setTimeout(() => child.kill(server.forceSignal), server.stopTimeoutMs);
  const kill = setTimeout(() => child.kill('SIGKILL'), 2 * server.stopTimeoutMs);
  await exited;
  clearTimeout(force);
  clearTimeout(kill);
}
