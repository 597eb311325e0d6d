import { type CanaryConfig, canaryConfigSchema, validateCanaryConfig } from '@gennaker/canary';
import type { CatalogVersion, Change } from '@gennaker/catalog';
import { type Clock, ConflictError, InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { historyOf, nextVersion, remember } from './canary-config-history.js';

export interface CanaryConfigSummary {
  id: string;
  name: string;
  applications: string[];
  createdTimestamp: number;
  createdTimestampIso: string;
  updatedTimestamp: number;
  updatedTimestampIso: string;
}

export interface StoredCanaryConfig {
  config: CanaryConfig;
  version: number;
}

interface ConfigRow {
  id: string;
  name: string;
  applications: string[];
  version: number;
  content: CanaryConfig;
  created_at: string;
  updated_at: string;
}

const MOST_LISTED = 10_000;
/** Serialises changes of configs, so that two of them cannot take the same name at once. */
const NAME_LOCK = 7_241_953_106;

const iso = (at: number): string => new Date(at).toISOString();

/** Canary configs, each with all of its versions. */
export class CanaryConfigStore {
  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
  ) {}

  /** Summaries, newest change first; of these applications only, if any are named. */
  async list(applications: readonly string[] = []): Promise<CanaryConfigSummary[]> {
    const { rows } = await this.pool.query<ConfigRow>(
      `select id, name, applications, created_at, updated_at from kayenta.canary_config
       where $1::text[] = '{}' or applications && $1::text[]
       order by updated_at desc, id limit $2`,
      [applications, MOST_LISTED],
    );
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      applications: row.applications,
      createdTimestamp: Number(row.created_at),
      createdTimestampIso: iso(Number(row.created_at)),
      updatedTimestamp: Number(row.updated_at),
      updatedTimestampIso: iso(Number(row.updated_at)),
    }));
  }

  async find(id: string): Promise<StoredCanaryConfig | undefined> {
    const { rows } = await this.pool.query<ConfigRow>(
      'select content, version from kayenta.canary_config where id = $1',
      [id],
    );
    return rows[0] && { config: canaryConfigSchema.parse(rows[0].content), version: rows[0].version };
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<StoredCanaryConfig> {
    const found = await this.find(id);
    if (found === undefined)
      throw new NotFoundError('kayenta.config_not_found', `Canary config '${id}' does not exist.`);
    return found;
  }

  /**
   * The id of the one config with that name for that application.
   *
   * @throws NotFoundError when there is none, ConflictError when there are several
   */
  async idOfName(name: string, application: string): Promise<string> {
    const { rows } = await this.pool.query<{ id: string }>(
      'select id from kayenta.canary_config where name = $1 and $2 = any(applications)',
      [name, application],
    );
    const [first] = rows;
    if (first === undefined) {
      throw new NotFoundError(
        'kayenta.config_not_found',
        `There is no canary config named '${name}' for application ${application}.`,
      );
    }
    if (rows.length > 1) {
      throw new ConflictError(
        'kayenta.ambiguous_name',
        `${rows.length} canary configs are named '${name}' for application ${application}: use an id.`,
      );
    }
    return first.id;
  }

  /**
   * Stores a new config and gives its id.
   *
   * @throws InvalidInputError in Kayenta's words, for an id or a name that is taken among others
   */
  async create(config: CanaryConfig, change: Change): Promise<string> {
    validateCanaryConfig(config);
    const now = this.clock.now();
    const id = config.id ?? randomUUID();
    const created = config.createdTimestamp ?? now;
    const updated = config.updatedTimestamp ?? created;
    const content = stamped({ ...config, id }, created, updated);
    await this.write(async (connection) => {
      const { rowCount } = await connection.query('select 1 from kayenta.canary_config where id = $1', [id]);
      if (rowCount !== 0) {
        throw new InvalidInputError('kayenta.config_exists', `Canary config '${id}' already exists.`);
      }
      await requireFreeName(connection, content, id);
      const version = await nextVersion(connection, id);
      await connection.query(
        `insert into kayenta.canary_config (id, name, applications, version, content, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [id, content.name, content.applications, version, JSON.stringify(content), created, updated],
      );
      await remember(connection, { id, version, content, at: now, change });
    });
    return id;
  }

  /**
   * Puts a config in the place of the stored one. When it was created stays as it was.
   *
   * @param expectedVersion the version that the writer has seen; undefined overwrites whatever is there
   * @throws ConflictError when somebody else has written meanwhile, InvalidInputError in Kayenta's words
   */
  async update(id: string, config: CanaryConfig, change: Change, expectedVersion?: number): Promise<number> {
    validateCanaryConfig(config);
    const now = this.clock.now();
    return this.write(async (connection) => {
      const { rows } = await connection.query<ConfigRow>(
        'select version, created_at from kayenta.canary_config where id = $1',
        [id],
      );
      const [row] = rows;
      if (row === undefined) {
        throw new InvalidInputError('kayenta.config_not_found', `Canary config '${id}' does not exist.`);
      }
      requireVersion(id, row.version, expectedVersion);
      const content = stamped({ ...config, id }, Number(row.created_at), now);
      await requireFreeName(connection, content, id);
      const version = row.version + 1;
      await connection.query(
        `update kayenta.canary_config
         set name = $2, applications = $3, version = $4, content = $5, updated_at = $6 where id = $1`,
        [id, content.name, content.applications, version, JSON.stringify(content), now],
      );
      await remember(connection, { id, version, content, at: now, change });
      return version;
    });
  }

  /** Its versions stay readable. @throws NotFoundError, ConflictError */
  async delete(id: string, change: Change, expectedVersion?: number): Promise<void> {
    await this.write(async (connection) => {
      const { rows } = await connection.query<ConfigRow>(
        'delete from kayenta.canary_config where id = $1 returning version',
        [id],
      );
      const [row] = rows;
      if (row === undefined) {
        throw new NotFoundError('kayenta.config_not_found', `Canary config '${id}' does not exist.`);
      }
      requireVersion(id, row.version, expectedVersion);
      const version = row.version + 1;
      await remember(connection, { id, version, content: null, at: this.clock.now(), change });
    });
  }

  /**
   * All versions, newest first; empty for an id that never was.
   *
   * @param before only versions before this one
   */
  history(id: string, limit: number, before?: number): Promise<CatalogVersion[]> {
    return historyOf(this.pool, id, limit, before);
  }

  private async write<T>(work: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
    const connection = await this.pool.connect();
    try {
      await connection.query('begin');
      await connection.query('select pg_advisory_xact_lock($1)', [NAME_LOCK]);
      const result = await work(connection);
      await connection.query('commit');
      return result;
    } catch (error) {
      await connection.query('rollback');
      throw error;
    } finally {
      connection.release();
    }
  }
}

function stamped(config: CanaryConfig, created: number, updated: number): CanaryConfig {
  return {
    ...config,
    createdTimestamp: created,
    createdTimestampIso: iso(created),
    updatedTimestamp: updated,
    updatedTimestampIso: iso(updated),
  };
}

function requireVersion(id: string, actual: number, expected: number | undefined): void {
  if (expected === undefined || expected === actual) return;
  throw new ConflictError(
    'kayenta.stale_config',
    `Canary config '${id}' is at version ${actual} now, not ${expected}: read it again and repeat the change.`,
    { details: { version: actual } },
  );
}

async function requireFreeName(
  connection: pg.PoolClient,
  { name, applications }: CanaryConfig,
  id: string,
): Promise<void> {
  const { rowCount } = await connection.query(
    'select 1 from kayenta.canary_config where name = $1 and id <> $2 and applications && $3::text[] limit 1',
    [name, id, applications],
  );
  if (rowCount === 0) return;
  throw new InvalidInputError(
    'kayenta.name_taken',
    `Canary config with name '${name}' already exists in the scope of applications [${applications?.join(', ')}].`,
  );
}
