import { kindKey, parseKind } from '@gennaker/manifest';
import { RE2JS } from 're2js';
import type { AccountView } from './account-view.js';
import {
  accountsClause,
  headOf,
  kindOfRow,
  type Queryable,
  type ResourceHead,
  type ViewRow,
  viewColumns,
  type VisibleAccounts,
} from './view-row.js';

type Limits = Pick<AccountView, 'name' | 'kinds' | 'omitKinds' | 'rawResourcesEndpointConfig'>;

/** Everything of an application, whatever its kind, as far as the accounts' settings show it. */
export async function rawResources(
  db: Queryable,
  application: string,
  options: { accounts?: VisibleAccounts; limits: readonly Limits[] },
): Promise<ResourceHead[]> {
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.application = $1 ${accountsClause(2)}
     order by r.account, r.namespace, r.kind, r.name limit 20000`,
    [application, options.accounts],
  );
  const shown = new Map(options.limits.map((limits) => [limits.name, kindFilter(limits)]));
  return rows.filter((row) => shown.get(row.account)?.(kindOfRow(row)) ?? true).map(headOf);
}

/**
 * Which kinds an account shows among the raw resources. An expression matches the whole kind; when there are
 * `kindExpressions`, one of them has to match.
 */
function kindFilter(limits: Limits): (kind: string) => boolean {
  const keys = (kinds: readonly string[]): Set<string> =>
    new Set(kinds.map((kind) => kindKey(parseKind(kind))));
  const [only, without] = [keys(limits.kinds), keys(limits.omitKinds)];
  const { kindExpressions, omitKindExpressions } = limits.rawResourcesEndpointConfig;
  const wanted = kindExpressions.map((text) => RE2JS.compile(text));
  const unwanted = omitKindExpressions.map((text) => RE2JS.compile(text));
  return (kind) => {
    const key = kindKey(parseKind(kind));
    if (only.size > 0 ? !only.has(key) : without.has(key)) return false;
    if (unwanted.some((pattern) => pattern.matches(kind))) return false;
    return wanted.length === 0 || wanted.some((pattern) => pattern.matches(kind));
  };
}
