import { join, resolve } from 'node:path';
import pg from 'pg';
import { explainFolderError, openDataFolder, type DataFolder } from '../data-folder.js';
import type { EmbeddedServer } from '../embedded-server.js';
import { startOnPort } from '../free-port.js';
import { launchServer, withParentDeathSignal, type ServerProcess } from '../server-process.js';
import { findPostgresBinaries } from './postgres-binaries.js';
import { DATABASE_USER, hasCluster, prepareCluster, type PostgresCluster } from './postgres-cluster.js';
import { explainPostgresFailure } from './postgres-failure.js';
import { choosePostgresIdentity, type PostgresIdentity } from './postgres-identity.js';
import { postgresSettings, settingArguments, type PostgresMode } from './postgres-settings.js';

const MB = 1024 * 1024;
const FIRST_START_BYTES = 150 * MB;
const LATER_START_BYTES = 48 * MB;
/** Long enough for the recovery of a full write-ahead log on a slow disk. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 20_000;
const DATABASE = 'gennaker';

export interface EmbeddedPostgresOptions {
  /** Created if need be; used by this server alone. */
  dataDir: string;
  /** On 127.0.0.1; left out or 0: any free port. */
  port?: number;
  mode: PostgresMode;
  /** Gets each line that the server writes, and what is done on the way to its start. */
  log?: (line: string) => void;
}

/**
 * Starts a PostgreSQL of our own on `dataDir`, with a database and a superuser `gennaker`, and waits until it takes
 * connections. It ends with this process, even when that is killed. Call it from the main thread.
 *
 * @throws EmbeddedServerError with one sentence that says what is wrong and what to do
 */
export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedServer> {
  return startOnPort(options.port, 'the embedded PostgreSQL', (port) => start(options, port));
}

async function start(options: EmbeddedPostgresOptions, port: number): Promise<EmbeddedServer> {
  const { mode } = options;
  const dataDir = resolve(options.dataDir);
  const log = options.log ?? (() => undefined);
  const binaries = await findPostgresBinaries();
  const minFreeBytes = (await hasCluster(dataDir)) ? LATER_START_BYTES : FIRST_START_BYTES;
  const folder = await openDataFolder({ path: dataDir, server: 'postgres', minFreeBytes, log });
  try {
    const identity = await choosePostgresIdentity(binaries, dataDir);
    const cluster = await prepareCluster(dataDir, identity, mode);
    const server = await launch({ identity, cluster, folder, port, mode, log });
    const url = `postgres://${DATABASE_USER}:${cluster.password}@127.0.0.1:${port}/${DATABASE}`;
    try {
      await createDatabase(url);
    } catch (error) {
      await server.stop();
      throw error;
    }
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= server.stop().then(() => folder.close()));
    return { url, port, pid: server.pid, exited: server.exited, stop };
  } catch (error) {
    await folder.close();
    throw explainFolderError(dataDir, error);
  }
}

interface Launch {
  identity: PostgresIdentity;
  cluster: PostgresCluster;
  folder: DataFolder;
  port: number;
  mode: PostgresMode;
  log: (line: string) => void;
}

function launch({ identity, cluster, folder, port, mode, log }: Launch): Promise<ServerProcess> {
  const postgres = [
    join(identity.binaries.native, 'bin/postgres'),
    '-D',
    cluster.pgdata,
    ...settingArguments(postgresSettings(mode, port)),
  ];
  const [program, ...args] = [...identity.prefix, ...withParentDeathSignal('INT', postgres)];
  return launchServer({
    name: 'PostgreSQL',
    command: [program!, ...args],
    uid: identity.uid,
    gid: identity.gid,
    readyLine: /database system is ready to accept connections/,
    startTimeoutMs: START_TIMEOUT_MS,
    // SIGINT is the fast shutdown: it ends the sessions and writes a checkpoint. SIGTERM would wait for the clients.
    stopSignal: 'SIGINT',
    forceSignal: 'SIGQUIT',
    stopTimeoutMs: STOP_TIMEOUT_MS,
    log,
    explain: (lines) => explainPostgresFailure(lines, { folder: folder.path, port }),
    onSpawn: (pid) => folder.recordServer(pid),
  });
}

async function createDatabase(url: string): Promise<void> {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const client = new pg.Client({ connectionString: maintenance.href, connectionTimeoutMillis: 30_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
