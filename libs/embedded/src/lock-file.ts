import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { EmbeddedServerError, systemCode } from './embedded-server.error.js';
import { identifyProcess, isRunning, parseProcessIdentity } from './process-identity.js';

export interface LockFile {
  release(): Promise<void>;
}

/**
 * Takes the lock `path` for this process. A lock whose owner no longer runs is taken over.
 * @throws EmbeddedServerError `embedded.folder_in_use` when its owner runs, or this process holds it already.
 */
export async function acquireLock(path: string, folder: string): Promise<LockFile> {
  const mine = JSON.stringify(identifyProcess(process.pid));
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, mine);
  try {
    while (!(await createExclusively(draft, path))) await removeStaleLock(path, folder, draft);
  } finally {
    await rm(draft, { force: true });
  }
  return { release: () => rm(path, { force: true }) };
}

/** A hard link appears with its whole content or not at all, so nobody reads a lock half written. */
async function createExclusively(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function removeStaleLock(path: string, folder: string, draft: string): Promise<void> {
  const seen = await readIfPresent(path);
  if (seen === undefined) return;
  const owner = parseProcessIdentity(seen);
  if (owner !== undefined && isRunning(owner)) {
    throw new EmbeddedServerError(
      'embedded.folder_in_use',
      `The data folder ${folder} is in use by process ${owner.pid}: stop that one first, or set GENNAKER_DATA_DIR to another folder.`,
      { details: { folder, pid: owner.pid } },
    );
  }
  // Two starters may both find the same stale lock. Only the one that holds the second lock may remove it, after it has
  // seen that it is the same still: so nobody ever removes the fresh lock of another.
  const takeover = `${path}.takeover`;
  if (!(await createExclusively(draft, takeover))) return leaveTakeover(takeover);
  try {
    if ((await readIfPresent(path)) === seen) await rm(path, { force: true });
  } finally {
    await rm(takeover, { force: true });
  }
}

/** Lets the other starter finish. One that died in the middle has left its second lock behind. */
async function leaveTakeover(takeover: string): Promise<void> {
  const owner = parseProcessIdentity((await readIfPresent(takeover)) ?? '');
  if (owner !== undefined && !isRunning(owner)) await rm(takeover, { force: true });
  else await setTimeout(TAKEOVER_PAUSE_MS);
}

const TAKEOVER_PAUSE_MS = 5;

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
