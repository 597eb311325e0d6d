import { access, chown, lstat, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedServerError, systemCode } from '../embedded-server.error.js';
import { loadPassword, PASSWORD_FILE } from '../password.js';
import { runCommand } from '../run-command.js';
import { withParentDeathSignal } from '../server-process.js';
import { explainPostgresFailure } from './postgres-failure.js';
import type { PostgresIdentity } from './postgres-identity.js';
import type { PostgresMode } from './postgres-settings.js';

export const DATABASE_USER = 'gennaker';
const INITDB_TIMEOUT_MS = 120_000;

/** The files of a database server, ready to be started. */
export interface PostgresCluster {
  pgdata: string;
  password: string;
}

/** Whether `folder` holds a cluster yet. */
export async function hasCluster(folder: string): Promise<boolean> {
  return access(join(folder, 'pgdata/PG_VERSION')).then(
    () => true,
    () => false,
  );
}

/**
 * Opens the cluster in `folder`, or creates it. A creation that was cut short is started over.
 * @throws EmbeddedServerError when another major version of PostgreSQL wrote it
 */
export async function prepareCluster(
  folder: string,
  identity: PostgresIdentity,
  mode: PostgresMode,
): Promise<PostgresCluster> {
  const pgdata = join(folder, 'pgdata');
  if (!(await hasCluster(folder))) await createCluster(folder, pgdata, identity, mode);
  await checkVersion(folder, pgdata, identity.binaries.major);
  const { uid } = await lstat(pgdata);
  if (uid !== identity.owner) await giveTo(pgdata, identity.owner);
  return { pgdata, password: await loadPassword(folder) };
}

async function createCluster(
  folder: string,
  pgdata: string,
  identity: PostgresIdentity,
  mode: PostgresMode,
): Promise<void> {
  const draft = `${pgdata}.new`;
  const passwordFile = join(folder, PASSWORD_FILE);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await rm(passwordFile, { force: true });
  await loadPassword(folder);
  if (identity.owner !== process.getuid?.()) await giveTo(draft, identity.owner);
  if (identity.uid !== undefined) await chown(passwordFile, identity.uid, identity.gid ?? identity.uid);
  const initdb = join(identity.binaries.native, 'bin/initdb');
  const result = await runCommand(
    [
      ...identity.prefix,
      ...withParentDeathSignal('KILL', [initdb]),
      '-D',
      draft,
      `--username=${DATABASE_USER}`,
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--no-instructions',
      ...(mode === 'test' ? ['--no-sync'] : []),
    ],
    { uid: identity.uid, gid: identity.gid, timeoutMs: INITDB_TIMEOUT_MS },
  );
  if (result.code !== 0) {
    await rm(draft, { recursive: true, force: true });
    const lines = `${result.stdout}\n${result.stderr}`.trim().split('\n');
    throw (
      explainPostgresFailure(lines, { folder, port: 0 }) ??
      new EmbeddedServerError(
        'embedded.start_failed',
        `PostgreSQL could not create its files in ${folder}: ${result.stderr.trim().split('\n').join(' | ')}`,
      )
    );
  }
  await rename(draft, pgdata);
}

async function checkVersion(folder: string, pgdata: string, major: string): Promise<void> {
  const written = (await readFile(join(pgdata, 'PG_VERSION'), 'utf8')).trim();
  if (written === major) return;
  const details = { folder, written, known: major };
  if (Number(written) > Number(major)) {
    throw new EmbeddedServerError(
      'embedded.data_from_newer_version',
      `The data folder ${folder} was written by PostgreSQL ${written}, and this version of Gennaker brings PostgreSQL ${major}: start the newer Gennaker, or set GENNAKER_DATA_DIR to another folder.`,
      { details },
    );
  }
  throw new EmbeddedServerError(
    'embedded.data_from_older_version',
    `The data folder ${folder} was written by PostgreSQL ${written}, which PostgreSQL ${major} cannot open: set GENNAKER_DATA_DIR to another folder, or start the older Gennaker to export the data.`,
    { details },
  );
}

/** Changes the owner of a whole tree. Only root gets here, when as whom PostgreSQL runs has changed. */
async function giveTo(path: string, owner: number): Promise<void> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isSymbolicLink()) continue;
    await chown(join(entry.parentPath, entry.name), owner, owner).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
  }
  await chown(path, owner, owner);
}
