import type pg from 'pg';
import type { ResourceKey, ResourceRow } from './resource-row.js';
import { DELETE, SWEEP, UPSERT } from './resource-writer.sql.js';

/** A row that a write changed: enough to tell whoever watches it. */
export interface ChangedResource {
  account: string;
  application: string | null;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
}

export interface ShardKey {
  account: string;
  api_group: string;
  kind: string;
}

export interface SweepScope extends ShardKey {
  /** One namespace, or null for all. */
  namespace: string | null;
  owner: string;
  epoch: number;
  /** When the list began, in milliseconds since the epoch. */
  listedFrom: number;
  listed: { namespaces: string[]; names: string[] };
}

type Queryable = Pick<pg.Pool, 'query'>;

/** Writes of the inventory's projection. Each is idempotent and may come late. */
export class ResourceStore {
  constructor(private readonly db: Queryable) {}

  /** @param relisted the rows come from a list, which overrides whatever version is stored. */
  async upsert(rows: readonly ResourceRow[], relisted = false): Promise<ChangedResource[]> {
    if (rows.length === 0) return [];
    return (await this.db.query<ChangedResource>(UPSERT, [jsonOf(rows), relisted])).rows;
  }

  async delete(keys: readonly (ResourceKey & { uid: string })[]): Promise<ChangedResource[]> {
    if (keys.length === 0) return [];
    return (await this.db.query<ChangedResource>(DELETE, [jsonOf(keys)])).rows;
  }

  /** Deletes the rows of a shard that a complete list did not hold. */
  async sweep(scope: SweepScope): Promise<ChangedResource[]> {
    const { account, api_group, kind, namespace, listed, listedFrom, owner, epoch } = scope;
    const values = [
      account,
      api_group,
      kind,
      namespace,
      listed.namespaces,
      listed.names,
      listedFrom,
      owner,
      epoch,
    ];
    return (await this.db.query<ChangedResource>(SWEEP, values)).rows;
  }

  /** Forgets whole kinds of an account: it is gone, or no longer limited to them. */
  async forget(account: string, shards?: readonly Omit<ShardKey, 'account'>[]): Promise<ChangedResource[]> {
    const text = `
      delete from clouddriver.resource r
      where r.account = $1 and ($2::json is null or exists (
        select 1 from json_to_recordset($2::json) as n (api_group text, kind text)
        where n.api_group = r.api_group and n.kind = r.kind))
      returning r.account, r.application, r.kind, r.namespace, r.name, r.uid`;
    const values = [account, shards === undefined ? null : JSON.stringify(shards)];
    return (await this.db.query<ChangedResource>(text, values)).rows;
  }
}

const ESCAPED_NUL = /(?<!\\)((?:\\\\)*)\\u0000/g;

/** Postgres has no place for NUL in text, and objects may hold it. */
function jsonOf(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes('\\u0000') ? text.replace(ESCAPED_NUL, '$1') : text;
}
