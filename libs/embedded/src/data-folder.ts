import { mkdir, open, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EmbeddedServerError, systemCode } from './embedded-server.error.js';
import { acquireLock } from './lock-file.js';
import { identifyProcess, isRunning, parseProcessIdentity } from './process-identity.js';

/** Raised when the layout of a data folder changes in a way that an older program cannot read. */
export const DATA_FORMAT = 1;

const MARKER = 'gennaker-data.json';
const SERVER_PID = 'server.pid';
const ORPHAN_TIMEOUT_MS = 30_000;

const markerSchema = z.object({ format: z.number().int(), server: z.string() });

/** A folder that this process alone uses, with room to write in a layout that this program knows. */
export interface DataFolder {
  readonly path: string;
  /** Notes the server's process, so that the next owner of the folder can wait for it should we die first. */
  recordServer(pid: number): Promise<void>;
  /** Gives the folder free. The server must have ended. */
  close(): Promise<void>;
}

export interface DataFolderOptions {
  path: string;
  server: 'postgres' | 'redis';
  /** Bytes that must be free on its disk. */
  minFreeBytes: number;
  log: (line: string) => void;
}

/**
 * Creates the folder if need be and takes it into possession. A server that an earlier, killed owner left behind is
 * ended first.
 * @throws EmbeddedServerError with the reason, when it cannot be written, is full, in use, or from a newer version.
 */
export async function openDataFolder(options: DataFolderOptions): Promise<DataFolder> {
  const { path } = options;
  try {
    // Others may pass through (the server may run as another user), but not look around.
    await createFolder(path);
    await requireFreeSpace(path, options.minFreeBytes);
    const lock = await acquireLock(join(path, 'lock'), path);
    try {
      await checkMarker(options);
      await endOrphan(options);
    } catch (error) {
      await lock.release();
      throw error;
    }
    return {
      path,
      recordServer: (pid) =>
        writeFile(join(path, SERVER_PID), JSON.stringify(identifyProcess(pid) ?? null), { mode: 0o600 }),
      close: async () => {
        await rm(join(path, SERVER_PID), { force: true });
        await lock.release();
      },
    };
  } catch (error) {
    throw explainFolderError(path, error);
  }
}

/** Turns a system error met while writing in `folder` into one sentence; leaves every other error as it is. */
export function explainFolderError(folder: string, error: unknown): unknown {
  switch (systemCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new EmbeddedServerError(
        'embedded.folder_not_writable',
        `No permission to write in the data folder ${folder}: give this user write permission there, or set GENNAKER_DATA_DIR to another folder.`,
        { cause: error, details: { folder } },
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ELOOP':
    case 'ENOENT':
      return new EmbeddedServerError(
        'embedded.folder_not_writable',
        `The data folder ${folder} cannot be created, since a part of its path is not a folder: set GENNAKER_DATA_DIR to another folder.`,
        { cause: error, details: { folder } },
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return diskFull(folder, { cause: error });
    default:
      return error;
  }
}

export function diskFull(folder: string, options: { cause?: unknown; detail?: string } = {}) {
  const detail = options.detail === undefined ? '' : ` (${options.detail})`;
  return new EmbeddedServerError(
    'embedded.disk_full',
    `The disk that holds the data folder ${folder} is full${detail}: free some space, or set GENNAKER_DATA_DIR to a folder on another disk.`,
    { cause: options.cause, details: { folder } },
  );
}

/** Part by part: where nothing can be created, as under `/proc`, Node's recursive `mkdir` would try for ever. */
async function createFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) await createFolder(parent);
  await mkdir(path, { mode: 0o711 }).catch(async (error: unknown) => {
    if (systemCode(error) !== 'EEXIST' || !(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

async function requireFreeSpace(path: string, minFreeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (free >= minFreeBytes) return;
  const megabytes = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MB`;
  throw diskFull(path, { detail: `${megabytes(free)} free, ${megabytes(minFreeBytes)} needed` });
}

async function checkMarker({ path, server }: DataFolderOptions): Promise<void> {
  const file = join(path, MARKER);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    await writeDurably(file, JSON.stringify({ format: DATA_FORMAT, server }));
    return;
  }
  const marker = readMarker(text);
  if (marker === undefined || marker.server !== server) {
    throw new EmbeddedServerError(
      'embedded.data_damaged',
      `The data folder ${path} does not hold data of ${server}, as its file ${MARKER} shows: restore the folder from a copy, or set GENNAKER_DATA_DIR to another folder.`,
      { details: { folder: path } },
    );
  }
  if (marker.format > DATA_FORMAT) {
    throw new EmbeddedServerError(
      'embedded.data_from_newer_version',
      `The data folder ${path} was written by a newer version of Gennaker (format ${marker.format}, this version knows ${DATA_FORMAT}): start that version, or set GENNAKER_DATA_DIR to another folder.`,
      { details: { folder: path, format: marker.format, known: DATA_FORMAT } },
    );
  }
}

function readMarker(text: string): z.infer<typeof markerSchema> | undefined {
  try {
    return markerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * After a kill -9 of its owner a server is told by the kernel to end, which takes it a moment (Postgres writes a
 * checkpoint). The lock is ours, so whatever server still runs here belongs to nobody.
 */
async function endOrphan({ path, log, server }: DataFolderOptions): Promise<void> {
  const text = await readFile(join(path, SERVER_PID), 'utf8').catch(() => '');
  const orphan = parseProcessIdentity(text);
  if (orphan === undefined || !isRunning(orphan)) return;
  log(`waiting for the ${server} that a killed run left behind (process ${orphan.pid})`);
  process.kill(orphan.pid, 'SIGINT');
  const deadline = Date.now() + ORPHAN_TIMEOUT_MS;
  while (isRunning(orphan)) {
    if (Date.now() > deadline) process.kill(orphan.pid, 'SIGKILL');
    await sleep(20);
  }
}
