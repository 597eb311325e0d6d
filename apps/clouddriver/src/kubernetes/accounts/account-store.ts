import { ConflictError, NotFoundError, canonicalJson } from '@gennaker/kernel';
import type pg from 'pg';
import type { Cipher } from '@gennaker/secrets';
import { parseAccountDefinition, type AccountDefinition } from './account-definition.js';

export interface StoredAccount {
  definition: AccountDefinition;
  version: number;
}

export interface AccountVersion {
  version: number;
  definition: AccountDefinition;
  deleted: boolean;
  changedBy: string;
  /** Milliseconds since the epoch. */
  changedAt: number;
}

/** A row that could not be turned into an account: the key is gone, or a newer version wrote it. */
export interface UnreadableAccount {
  name: string;
  version: number;
  error: unknown;
}

interface Row {
  name: string;
  version: number;
  key_id: string;
  definition: Buffer;
}

/** Accounts that were added at run time: encrypted rows of `clouddriver.account`, with their history. */
export class AccountStore {
  constructor(
    private readonly pool: pg.Pool,
    private readonly cipher: Cipher,
  ) {}

  async all(): Promise<{ accounts: StoredAccount[]; unreadable: UnreadableAccount[] }> {
    const { rows } = await this.pool.query<Row>(
      'select name, version, key_id, definition from clouddriver.account order by name collate "C" limit 10000',
    );
    const accounts: StoredAccount[] = [];
    const unreadable: UnreadableAccount[] = [];
    for (const row of rows) {
      try {
        accounts.push({ definition: this.read(row), version: row.version });
      } catch (error) {
        unreadable.push({ name: row.name, version: row.version, error });
      }
    }
    return { accounts, unreadable };
  }

  /** @throws ConflictError when the name is taken. */
  async create(definition: AccountDefinition, by: string, now: number): Promise<void> {
    await this.change(definition.name, async (client, last) => {
      const exists = await client.query('select 1 from clouddriver.account where name = $1', [
        definition.name,
      ]);
      if (exists.rowCount !== 0) {
        throw new ConflictError('account.exists', `there is already an account named ${definition.name}`);
      }
      await this.write(client, definition, { version: last + 1, by, now, deleted: false });
    });
  }

  /** @throws NotFoundError when there is no such account. */
  async update(definition: AccountDefinition, by: string, now: number): Promise<void> {
    await this.change(definition.name, async (client, last) => {
      await this.require(client, definition.name);
      await this.write(client, definition, { version: last + 1, by, now, deleted: false });
    });
  }

  async delete(name: string, by: string, now: number): Promise<void> {
    await this.change(name, async (client, last) => {
      const row = await this.require(client, name);
      await this.write(client, this.read(row), { version: last + 1, by, now, deleted: true });
    });
  }

  async history(name: string, limit: number, before?: number): Promise<AccountVersion[]> {
    const { rows } = await this.pool.query<
      Row & { deleted: boolean; changed_by: string; changed_at: string }
    >(
      `select name, version, key_id, definition, deleted, changed_by, changed_at
       from clouddriver.account_history where name = $1 and ($3::int is null or version < $3)
       order by version desc limit $2`,
      [name, limit, before],
    );
    return rows.map((row) => ({
      version: row.version,
      definition: this.read(row),
      deleted: row.deleted,
      changedBy: row.changed_by,
      changedAt: Number(row.changed_at),
    }));
  }

  private read(row: Row): AccountDefinition {
    const text = this.cipher.open({ keyId: row.key_id, bytes: row.definition }, `${row.name}/${row.version}`);
    return parseAccountDefinition(JSON.parse(text));
  }

  private async require(client: pg.PoolClient, name: string): Promise<Row> {
    const { rows } = await client.query<Row>(
      'select name, version, key_id, definition from clouddriver.account where name = $1',
      [name],
    );
    if (rows[0] === undefined)
      throw new NotFoundError('account.not_found', `there is no managed account named ${name}`);
    return rows[0];
  }

  /** One writer per account at a time; versions go on counting after a deletion. */
  private async change(
    name: string,
    work: (client: pg.PoolClient, last: number) => Promise<void>,
  ): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query(`select pg_advisory_xact_lock(hashtextextended('clouddriver.account/' || $1, 0))`, [
        name,
      ]);
      const { rows } = await client.query<{ last: number }>(
        'select coalesce(max(version), 0) as last from clouddriver.account_history where name = $1',
        [name],
      );
      await work(client, rows[0]?.last ?? 0);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }

  private async write(
    client: pg.PoolClient,
    definition: AccountDefinition,
    change: { version: number; by: string; now: number; deleted: boolean },
  ): Promise<void> {
    const { name, type } = definition;
    const sealed = this.cipher.seal(canonicalJson(definition), `${name}/${change.version}`);
    const values = [name, change.version, type, sealed.keyId, sealed.bytes, change.by, change.now];
    await client.query(
      `insert into clouddriver.account_history (name, version, type, key_id, definition, changed_by, changed_at, deleted)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [...values, change.deleted],
    );
    if (change.deleted) {
      await client.query('delete from clouddriver.account where name = $1', [name]);
      return;
    }
    await client.query(
      `insert into clouddriver.account (name, version, type, key_id, definition, changed_by, changed_at)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (name) do update set version = excluded.version, type = excluded.type, key_id = excluded.key_id,
         definition = excluded.definition, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
      values,
    );
  }
}
