import { GennakerError } from '@gennaker/kernel';
import { DataSource, type MigrationInterface } from 'typeorm';

export type MigrationClass = new () => MigrationInterface;

/** The migrations of one Postgres schema, oldest first. Each schema has its own ledger, `<schema>.migration`. */
export interface MigrationSet {
  schema: string;
  migrations: MigrationClass[];
}

/** The database was written by a newer version than the one that runs. */
export class NewerSchemaError extends GennakerError {
  constructor(schema: string, unknown: string[]) {
    super(
      'database.newer_schema',
      `the database's schema "${schema}" has migrations this version does not know (${unknown.join(', ')}): ` +
        'run the version that wrote it, or a newer one',
    );
  }
}

/** Any number that no other program uses as an advisory lock; it serialises services that start at the same time. */
const MIGRATION_LOCK = 7_241_953_001;
const SCHEMA_NAME = /^[a-z][a-z0-9_]*$/;

/**
 * Brings every schema up to date, one service at a time however many start at once. Throws {@link NewerSchemaError}
 * and changes nothing when the database is ahead of this code.
 */
export async function migrate(url: string, sets: MigrationSet[]): Promise<void> {
  const guard = await connect(url);
  try {
    const lock = guard.createQueryRunner();
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      for (const set of sets) await migrateSchema(url, guard, set);
    } finally {
      await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await lock.release();
    }
  } finally {
    await guard.destroy();
  }
}

async function migrateSchema(url: string, guard: DataSource, set: MigrationSet): Promise<void> {
  if (!SCHEMA_NAME.test(set.schema)) throw new Error(`not a schema name: ${set.schema}`);
  const known = set.migrations.map((migration) => new migration().name ?? migration.name);
  const done = await executed(guard, set.schema);
  const unknown = done.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new NewerSchemaError(set.schema, unknown);
  if (done.length === known.length) return;

  await guard.query(`create schema if not exists ${set.schema}`);
  const source = await connect(url, set);
  try {
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
}

async function executed(guard: DataSource, schema: string): Promise<string[]> {
  const [found] = await guard.query<{ ledger: string | null }[]>('select to_regclass($1) as ledger', [
    `${schema}.migration`,
  ]);
  if (found?.ledger == null) return [];
  const rows = await guard.query<{ name: string }[]>(`select name from ${schema}.migration order by id`);
  return rows.map((row) => row.name);
}

async function connect(url: string, set?: MigrationSet): Promise<DataSource> {
  return new DataSource({
    type: 'postgres',
    url,
    poolSize: 2,
    applicationName: 'gennaker-migrate',
    connectTimeoutMS: 10_000,
    installExtensions: false,
    ...(set && { schema: set.schema, migrations: set.migrations, migrationsTableName: 'migration' }),
  }).initialize();
}
