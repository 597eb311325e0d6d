import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { InvalidInputError, messageOf, UnavailableError } from '@gennaker/kernel';

export interface GitRun {
  /** Where git works, and the only place that it fills. */
  folder: string;
  /** The whole environment: nothing of the process goes along. */
  env: Record<string, string>;
  signal: AbortSignal;
  /** The most that the folder may hold. */
  maxFolderBytes: number;
  /** The most that git may print. */
  maxOutputBytes: number;
}

/** Git has ended with an error; the message is what it said, which may quote what the other side sent. */
export class GitError extends Error {}

const LOOK_MS = 200;
const MAX_COMPLAINT_CHARS = 8_192;

/**
 * Runs git and gives what it prints. Git and what it has started are ended with the signal, and when they print or
 * store too much.
 *
 * @throws GitError when it fails, InvalidInputError when it is too much, UnavailableError when git is not installed, the
 *   signal's reason
 */
export async function git(args: readonly string[], run: GitRun): Promise<Buffer> {
  const own = new AbortController();
  const signal = AbortSignal.any([run.signal, own.signal]);
  const watch = watchSize(run, own);
  try {
    const printed = await output(args, run, { signal, refuse: (reason) => own.abort(reason) });
    await checkSize(run);
    return printed;
  } finally {
    own.abort();
    await watch;
  }
}

function output(
  args: readonly string[],
  { folder, env, maxOutputBytes }: GitRun,
  { signal, refuse }: { signal: AbortSignal; refuse: (reason: Error) => void },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    // A group of its own, so that what git starts for a transport ends with it.
    const child = spawn('git', args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => endGroup(child.pid);
    signal.addEventListener('abort', end);
    const chunks: Buffer[] = [];
    let size = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxOutputBytes) chunks.push(chunk);
      else refuse(tooLarge('the archive of the repository', maxOutputBytes));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-MAX_COMPLAINT_CHARS);
    });
    child.on('error', (error) => {
      signal.removeEventListener('abort', end);
      reject(notStarted(error));
    });
    child.on('close', (code) => {
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason as Error);
      else if (code === 0) resolve(Buffer.concat(chunks));
      else reject(new GitError(complaint));
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function notStarted(error: Error): UnavailableError {
  const missing = (error as { code?: string }).code === 'ENOENT';
  return new UnavailableError(
    'artifact.no_git',
    missing
      ? 'git is not installed where the cloud driver runs: artifacts of type git/repo need it'
      : `git cannot be started: ${messageOf(error)}`,
    { cause: error },
  );
}

/** Git knows no limit for what it fetches, so the folder is looked at while it grows. */
async function watchSize(run: GitRun, own: AbortController): Promise<void> {
  try {
    for await (const _ of setInterval(LOOK_MS, undefined, { signal: own.signal })) await checkSize(run);
  } catch (error) {
    // Nothing happens if it has been ended, which is the usual error.
    own.abort(error);
  }
}

async function checkSize({ folder, maxFolderBytes }: GitRun): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      // Git renames and removes its files meanwhile.
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  if (sizes.reduce((sum, size) => sum + size, 0) > maxFolderBytes) {
    throw tooLarge('the repository', maxFolderBytes);
  }
}

function tooLarge(what: string, most: number): InvalidInputError {
  return new InvalidInputError('artifact.too_large', `${what} is larger than ${most} bytes`);
}
