import type { AccountView } from './account-view.js';
import type { Queryable } from './view-row.js';

/** The namespaces that the account is limited to, else those that its cluster has. */
export function shownNamespaces(view: AccountView, found: readonly string[] = []): string[] {
  if (view.namespaces.length > 0) return view.namespaces;
  return found.filter((namespace) => !view.omitNamespaces.includes(namespace));
}

/** The namespaces of accounts as their clusters have them, by account. Accounts that may not list them are left out. */
export async function namespacesByAccount(
  db: Queryable,
  accounts: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ account: string; namespaces: string[] }>(
    `select account, array_agg(name order by name) as namespaces
     from clouddriver.resource
     where account = any($1) and api_group = '' and kind = 'Namespace'
     group by account`,
    [accounts],
  );
  return new Map(rows.map((row) => [row.account, row.namespaces]));
}
