import type { Queryable } from './view-row.js';

/** An account as everybody may see it: no credentials. Written by the cloud driver whenever an account changes. */
export interface AccountView {
  name: string;
  type: 'kubernetes';
  cloudProvider: 'kubernetes';
  accountType: string;
  environment: string;
  permissions: { READ?: string[]; WRITE?: string[]; EXECUTE?: string[] };
  requiredGroupMembership: string[];
  primaryAccount: boolean;
  challengeDestructiveActions: boolean;
  namespaces: string[];
  omitNamespaces: string[];
  kinds: string[];
  omitKinds: string[];
  onlySpinnakerManaged: boolean;
  /** Kubernetes kind → Spinnaker kind. */
  spinnakerKindMap: Record<string, string>;
  rawResourcesEndpointConfig: { kindExpressions: string[]; omitKindExpressions: string[] };
  /** Added over the API, and changeable there. */
  managed: boolean;
  /** Why the account cannot be used at all; null when it can. */
  error: string | null;
}

export async function accountViews(db: Queryable): Promise<AccountView[]> {
  const { rows } = await db.query<{ view: AccountView }>(
    'select view from clouddriver.account_view order by name limit 10000',
  );
  return rows.map((row) => row.view);
}

export async function accountView(db: Queryable, name: string): Promise<AccountView | undefined> {
  const { rows } = await db.query<{ view: AccountView }>(
    'select view from clouddriver.account_view where name = $1',
    [name],
  );
  return rows[0]?.view;
}

/**
 * Publishes the accounts of a replica. Drops managed ones that are stored no more, and configured ones that no replica
 * has published for ten minutes.
 */
export async function publishAccountViews(
  db: Queryable,
  views: readonly AccountView[],
  now: number,
): Promise<void> {
  await db.query(
    `insert into clouddriver.account_view as v (name, view, seen_at)
     select n.value->>'name', n.value, $2 from jsonb_array_elements($1::jsonb) n
     on conflict (name) do update set view = excluded.view, seen_at = excluded.seen_at`,
    [JSON.stringify(views), now],
  );
  await db.query(
    `delete from clouddriver.account_view v
     where v.seen_at < $1
        or ((v.view->>'managed')::boolean and not exists (
              select 1 from clouddriver.account a where a.name = v.name))`,
    [now - 10 * 60_000],
  );
}
