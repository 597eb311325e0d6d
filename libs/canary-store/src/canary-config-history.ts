import { type CanaryConfig, toCanaryJson, writtenOf } from '@gennaker/canary';
import { type CatalogVersion, type Change, diffJson } from '@gennaker/catalog';
import type { JsonObject } from '@gennaker/kernel';
import type pg from 'pg';

interface Remembered {
  id: string;
  version: number;
  /** Null for the version that deletes the config. */
  content: CanaryConfig | null;
  at: number;
  change: Change;
}

/** Keeps a version of a config, with who made it, from where and why. */
export async function remember(
  connection: pg.PoolClient,
  { id, version, content, at, change }: Remembered,
): Promise<void> {
  await connection.query(
    `insert into kayenta.canary_config_version
       (id, version, content, changed_at, changed_by, changed_from, reason, cause, correlation_id, origin)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      id,
      version,
      content === null ? null : JSON.stringify(content),
      at,
      change.author,
      change.from ?? null,
      change.reason ?? null,
      change.cause ?? null,
      change.correlationId ?? null,
      change.origin ?? null,
    ],
  );
}

/** A config that comes back after it was deleted goes on counting. */
export async function nextVersion(connection: pg.PoolClient, id: string): Promise<number> {
  const { rows } = await connection.query<{ version: number | null }>(
    'select max(version) as version from kayenta.canary_config_version where id = $1',
    [id],
  );
  return (rows[0]?.version ?? 0) + 1;
}

interface VersionRow {
  version: number;
  content: CanaryConfig | null;
  changed_at: string;
  changed_by: string;
  changed_from: string | null;
  reason: string | null;
}

/** The versions of a config before another one, newest first, each with what it changed of the one before. */
export async function historyOf(
  pool: pg.Pool,
  id: string,
  limit: number,
  before?: number,
): Promise<CatalogVersion[]> {
  const { rows } = await pool.query<VersionRow>(
    `select version, content, changed_at, changed_by, changed_from, reason from kayenta.canary_config_version
     where id = $1 and ($3::int is null or version < $3::int) order by version desc limit $2`,
    [id, limit + 1, before ?? null],
  );
  return rows.slice(0, limit).map((row, i) => versionOf(row, rows[i + 1]?.content ?? null));
}

function versionOf(row: VersionRow, earlier: CanaryConfig | null): CatalogVersion {
  const { version, content, reason, changed_from: from } = row;
  const known = {
    version,
    at: Number(row.changed_at),
    author: row.changed_by,
    ...(reason === null ? {} : { reason }),
    ...(from === null ? {} : { from }),
  };
  if (content === null) return { ...known, action: 'deleted', changes: [] };
  const body = toCanaryJson(content) as JsonObject;
  if (earlier === null) return { ...known, action: 'created', changes: [], body };
  return { ...known, action: 'changed', changes: diffJson(writtenOf(earlier), writtenOf(content)), body };
}
