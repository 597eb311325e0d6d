import type { ShardKey } from '@gennaker/inventory';
import type pg from 'pg';

export interface Lease extends ShardKey {
  /** Grows with every new owner; writes that must not be late name it. */
  epoch: number;
  /** What to watch, as the account's supervisor wrote it down. */
  definition: string;
}

export type ShardState = 'PENDING' | 'SYNCING' | 'SYNCED' | 'DEGRADED' | 'FORBIDDEN';

/** The row of an account as a whole: whoever holds it finds out which kinds there are to watch. */
export const SUPERVISOR = '*';

/** How long a lease outlives its last renewal. */
export const LEASE_SECONDS = 10;

/**
 * Who watches what: one row per account and kind in `clouddriver.shard`, owned for {@link LEASE_SECONDS} at a time by
 * the database's clock.
 */
export class ShardLeases {
  constructor(
    private readonly db: Pick<pg.Pool, 'query'>,
    readonly owner: string,
  ) {}

  /** Announces this replica; answers how many are alive. A first announcement drops leases of a former life. */
  async announce(first: boolean): Promise<number> {
    if (first)
      await this.db.query('update clouddriver.shard set owner = null where owner = $1', [this.owner]);
    await this.db.query(
      `insert into clouddriver.replica (id, expires_at) values ($1, now() + make_interval(secs => $2))
       on conflict (id) do update set expires_at = excluded.expires_at`,
      [this.owner, LEASE_SECONDS],
    );
    await this.db.query('delete from clouddriver.replica where expires_at < now()');
    const { rows } = await this.db.query<{ alive: number }>(
      'select count(*)::int as alive from clouddriver.replica',
    );
    return rows[0]?.alive ?? 1;
  }

  /** Keeps what we own; answers with it. What is missing was taken by another replica. */
  async renew(): Promise<Lease[]> {
    const { rows } = await this.db.query<Lease>(
      `update clouddriver.shard set expires_at = now() + make_interval(secs => $2)
       where owner = $1 returning account, api_group, kind, epoch, definition`,
      [this.owner, LEASE_SECONDS],
    );
    return rows;
  }

  /** Takes up to `most` shards of these accounts that nobody owns; accounts as a whole first. */
  async claim(accounts: readonly string[], most: number): Promise<Lease[]> {
    if (most <= 0 || accounts.length === 0) return [];
    const { rows } = await this.db.query<Lease>(
      `update clouddriver.shard s
       set owner = $1, epoch = s.epoch + 1, expires_at = now() + make_interval(secs => $2)
       from (
         select account, api_group, kind from clouddriver.shard
         where account = any($3) and (owner is null or expires_at < now())
         order by kind <> '${SUPERVISOR}', account, kind
         limit $4 for update skip locked) free
       where (s.account, s.api_group, s.kind) = (free.account, free.api_group, free.kind)
       returning s.account, s.api_group, s.kind, s.epoch, s.definition`,
      [this.owner, LEASE_SECONDS, accounts, most],
    );
    return rows;
  }

  async release(keys: readonly ShardKey[]): Promise<void> {
    if (keys.length === 0) return;
    await this.db.query(
      `update clouddriver.shard s set owner = null
       from json_to_recordset($2::json) as n (account text, api_group text, kind text)
       where s.owner = $1 and (s.account, s.api_group, s.kind) = (n.account, n.api_group, n.kind)`,
      [this.owner, JSON.stringify(keys)],
    );
  }

  /** Leaves at once instead of letting the leases run out. */
  async leave(): Promise<void> {
    await this.db.query('update clouddriver.shard set owner = null where owner = $1', [this.owner]);
    await this.db.query('delete from clouddriver.replica where id = $1', [this.owner]);
  }

  async count(accounts: readonly string[]): Promise<number> {
    const { rows } = await this.db.query<{ shards: number }>(
      'select count(*)::int as shards from clouddriver.shard where account = any($1)',
      [accounts],
    );
    return rows[0]?.shards ?? 0;
  }

  async ensureAccounts(accounts: readonly string[]): Promise<void> {
    await this.db.query(
      `insert into clouddriver.shard (account, api_group, kind)
       select name, '', '${SUPERVISOR}' from unnest($1::text[]) as name on conflict do nothing`,
      [accounts],
    );
  }

  /** Writes down the kinds to watch of one account; answers with those that are no longer wanted. */
  async plan(
    account: string,
    wanted: readonly { api_group: string; kind: string; definition: string }[],
    keepGroups: readonly string[],
  ): Promise<ShardKey[]> {
    await this.db.query(
      `insert into clouddriver.shard as s (account, api_group, kind, definition)
       select $1, api_group, kind, definition
       from json_to_recordset($2::json) as n (api_group text, kind text, definition text)
       on conflict (account, api_group, kind) do update set definition = excluded.definition
       where s.definition <> excluded.definition`,
      [account, JSON.stringify(wanted)],
    );
    const { rows } = await this.db.query<ShardKey>(
      `delete from clouddriver.shard s
       where s.account = $1 and s.kind <> '${SUPERVISOR}' and not s.api_group = any($3)
         and not exists (select 1 from json_to_recordset($2::json) as n (api_group text, kind text)
                         where (n.api_group, n.kind) = (s.api_group, s.kind))
       returning s.account, s.api_group, s.kind`,
      [account, JSON.stringify(wanted), keepGroups],
    );
    return rows;
  }

  async forgetAccount(account: string): Promise<void> {
    await this.db.query('delete from clouddriver.shard where account = $1', [account]);
  }

  /** Accounts that nobody has watched for ten minutes and that `known` does not hold: they were taken out. */
  async abandoned(known: readonly string[]): Promise<string[]> {
    const { rows } = await this.db.query<{ account: string }>(
      `select account from clouddriver.shard where not account = any($1)
       group by account having max(expires_at) < now() - interval '10 minutes'`,
      [known],
    );
    return rows.map((row) => row.account);
  }

  /** Says how the shard is doing; ignored when it is no longer ours. */
  async report(
    lease: Lease,
    report: { state: ShardState; error: string | null; now: number; synced?: boolean },
  ): Promise<void> {
    await this.db.query(
      `update clouddriver.shard set error = $6,
         state_since = case when state = $5 then state_since else $7 end, state = $5,
         synced_at = case when $8 then $7 else synced_at end
       where account = $1 and api_group = $2 and kind = $3 and owner = $4 and epoch = $9`,
      [
        lease.account,
        lease.api_group,
        lease.kind,
        this.owner,
        report.state,
        report.error,
        report.now,
        report.synced ?? false,
        lease.epoch,
      ],
    );
  }
}
