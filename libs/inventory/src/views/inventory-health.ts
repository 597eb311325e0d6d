import type { Queryable } from './view-row.js';

export type AccountState =
  /** Everything is watched, and fresh. */
  | 'UP'
  /** Some kinds cannot be read at the moment, or have not been read yet; what is shown of them may be old. */
  | 'DEGRADED'
  /** The cluster cannot be reached; what is shown is as old as `since`. */
  | 'DOWN'
  /** Nobody has looked yet. */
  | 'UNKNOWN';

export interface KindHealth {
  kind: string;
  group: string;
  state: 'PENDING' | 'SYNCING' | 'SYNCED' | 'DEGRADED' | 'FORBIDDEN';
  error: string | null;
  /** Since when it is in this state; milliseconds since the epoch. */
  since: number;
  /** When it was last read completely. */
  syncedAt: number | null;
}

export interface AccountHealth {
  account: string;
  state: AccountState;
  message: string | null;
  /** Since when the account is not UP; null when it is. */
  since: number | null;
  /** Kinds that the account's credentials may not list. Not a fault: it is how the account is set up. */
  forbiddenKinds: string[];
  kinds: KindHealth[];
}

interface ShardRow {
  account: string;
  api_group: string;
  kind: string;
  state: KindHealth['state'];
  error: string | null;
  since: string;
  synced_at: string | null;
  watched: boolean;
}

/** How far what is shown of each account can be trusted. */
export async function inventoryHealth(db: Queryable, accounts: readonly string[]): Promise<AccountHealth[]> {
  const { rows } = await db.query<ShardRow>(
    `select account, api_group, kind, state, error, state_since as since, synced_at,
            owner is not null and expires_at > now() as watched
     from clouddriver.shard where account = any($1) order by account, kind, api_group`,
    [accounts],
  );
  return accounts.map((account) =>
    accountHealth(
      account,
      rows.filter((row) => row.account === account),
    ),
  );
}

function accountHealth(account: string, rows: readonly ShardRow[]): AccountHealth {
  const whole = rows.find((row) => row.kind === '*');
  const shards = rows.filter((row) => row.kind !== '*');
  const forbidden = shards.filter((row) => row.state === 'FORBIDDEN');
  const behind = shards.filter((row) => !row.watched || !['SYNCED', 'FORBIDDEN'].includes(row.state));
  const verdict = verdictOf(whole, shards, behind);
  return {
    account,
    ...verdict,
    since: verdict.state === 'UP' ? null : earliest(behind.length > 0 ? behind : rows),
    forbiddenKinds: forbidden.map((row) => row.kind),
    kinds: shards.map((row) => ({
      kind: row.kind,
      group: row.api_group,
      state: row.watched ? row.state : 'PENDING',
      error: row.error,
      since: Number(row.since),
      syncedAt: row.synced_at === null ? null : Number(row.synced_at),
    })),
  };
}

function verdictOf(
  whole: ShardRow | undefined,
  shards: readonly ShardRow[],
  behind: readonly ShardRow[],
): Pick<AccountHealth, 'state' | 'message'> {
  if (whole === undefined || whole.state === 'PENDING')
    return { state: 'UNKNOWN', message: 'not looked at yet' };
  if (!whole.watched) return { state: 'DEGRADED', message: 'no replica watches the account at the moment' };
  if (whole.state !== 'SYNCED') return { state: 'DOWN', message: whole.error };
  if (behind.length === 0) return { state: 'UP', message: whole.error };
  const failing = behind.filter((row) => row.state === 'DEGRADED');
  const state = failing.length === shards.length ? 'DOWN' : 'DEGRADED';
  const kinds = behind.map((row) => row.kind).join(', ');
  return { state, message: failing[0]?.error ?? `not read yet: ${kinds}` };
}

function earliest(rows: readonly ShardRow[]): number | null {
  const times = rows.map((row) => Number(row.since)).filter((time) => time > 0);
  return times.length === 0 ? null : Math.min(...times);
}
