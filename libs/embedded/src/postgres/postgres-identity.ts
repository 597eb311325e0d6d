import { userInfo } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../run-command.js';
import { EmbeddedServerError } from '../embedded-server.error.js';
import { copyBinariesFor, type PostgresBinaries } from './postgres-binaries.js';

const NOBODY = 65534;
const PROBE_TIMEOUT_MS = 10_000;

/** As whom PostgreSQL runs: it refuses to be root. */
export interface PostgresIdentity {
  name: 'self' | 'user-namespace' | 'nobody-with-access' | 'nobody';
  /** Put before each command. */
  prefix: string[];
  uid?: number;
  gid?: number;
  /** Who must own the data, as this process sees it. */
  owner: number;
  binaries: PostgresBinaries;
}

/** Root's files stay root's, but many containers forbid user namespaces. */
function userNamespace(binaries: PostgresBinaries, owner: number): PostgresIdentity {
  return {
    name: 'user-namespace',
    prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'],
    owner,
    binaries,
  };
}

/** The user nobody with the right to pass root's folders, for data under one like /root that is closed to others. */
function nobodyWithAccess(binaries: PostgresBinaries): PostgresIdentity {
  const nobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return {
    name: 'nobody-with-access',
    prefix: [...nobody, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'],
    owner: NOBODY,
    binaries,
  };
}

function plainNobody(binaries: PostgresBinaries): PostgresIdentity {
  return { name: 'nobody', prefix: [], uid: NOBODY, gid: NOBODY, owner: NOBODY, binaries };
}

/** PostgreSQL wants a name for its user, which containers often run without; a user namespace lends it that of nobody. */
function userIdentity(binaries: PostgresBinaries, owner: number): PostgresIdentity {
  const self: PostgresIdentity = { name: 'self', prefix: [], owner, binaries };
  return hasUserName() ? self : userNamespace(binaries, owner);
}

function hasUserName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/**
 * Chooses as whom PostgreSQL runs on `dataDir`, by trying.
 * @throws EmbeddedServerError when this user cannot run it in any way
 */
export async function choosePostgresIdentity(
  binaries: PostgresBinaries,
  dataDir: string,
): Promise<PostgresIdentity> {
  const uid = process.getuid?.() ?? NOBODY;
  if (uid !== 0) return firstThatRuns([userIdentity(binaries, uid)], dataDir);
  const namespace = userNamespace(binaries, uid);
  if ((await probe(namespace, dataDir)) === undefined) return namespace;
  // PostgreSQL looks for its programs by access(2), which ignores that right: nobody must reach them without.
  const reachable =
    (await probe(plainNobody(binaries), '/')) === undefined ? binaries : await copyBinariesFor(binaries);
  return firstThatRuns([nobodyWithAccess(reachable), plainNobody(reachable)], dataDir);
}

async function firstThatRuns(candidates: PostgresIdentity[], dataDir: string): Promise<PostgresIdentity> {
  let failure: string | undefined;
  for (const candidate of candidates) {
    failure = await probe(candidate, dataDir);
    if (failure === undefined) return candidate;
  }
  throw cannotRun(failure);
}

/** Why this identity cannot run PostgreSQL on the folder, or undefined when it can. */
async function probe(identity: PostgresIdentity, dataDir: string): Promise<string | undefined> {
  const { prefix, uid, gid, binaries } = identity;
  const check = 'cd "$1" && exec "$2" --version';
  const result = await runCommand(
    [...prefix, 'sh', '-c', check, 'sh', dataDir, join(binaries.native, 'bin/postgres')],
    { uid, gid, timeoutMs: PROBE_TIMEOUT_MS },
  );
  return result.code === 0 ? undefined : result.stderr.trim() || `code ${result.code}`;
}

function cannotRun(reason = 'no way to run it'): EmbeddedServerError {
  return new EmbeddedServerError(
    'embedded.start_failed',
    `PostgreSQL cannot run as this user (${reason}): start as an ordinary user, put the data folder (GENNAKER_DATA_DIR) where every user may enter, or set DATABASE_URL to a server of your own.`,
  );
}
