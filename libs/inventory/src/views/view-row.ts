import { kindFrom, printKind } from '@gennaker/manifest';
import type { Moniker } from '@gennaker/moniker';
import type pg from 'pg';
import type { ResourceRow } from '../resource-row.js';

/** What views read of a resource: everything but the manifest itself. */
export type ViewRow = Omit<
  ResourceRow,
  | 'manifest'
  | 'target_keys'
  | 'selector_keys'
  | 'resource_version'
  | 'owner_uids'
  | 'status'
  | 'created_at'
  | 'observed_at'
> & {
  /** Postgres gives 64-bit numbers as text. */
  created_at: string | null;
};

/** A resource among those of all accounts: two of them may watch one cluster, and see the same uids. */
export type ResourceUid = Pick<ViewRow, 'account' | 'uid'>;

/** The key of a resource among those of all accounts. */
export function keyOf({ account, uid }: ResourceUid): string {
  return `${account} ${uid}`;
}

export type Queryable = Pick<pg.Pool, 'query'>;

/** Which accounts may be seen; undefined for all. */
export type VisibleAccounts = readonly string[] | undefined;

export interface ServerGroupFilter {
  accounts?: VisibleAccounts;
  /** `account:cluster`; nothing else is shown when there is one. */
  clusters?: readonly string[];
}

const COLUMNS = [
  'account',
  'api_group',
  'kind',
  'namespace',
  'name',
  'api_version',
  'uid',
  'created_at',
  'deleting',
  'spinnaker_kind',
  'application',
  'cluster',
  'stack',
  'detail',
  'sequence',
  'controller_uid',
  'labels',
  'summary',
];

/** The columns of a {@link ViewRow} of the table alias. */
export function viewColumns(alias = 'r'): string {
  return COLUMNS.map((column) => `${alias}.${column}`).join(', ');
}

/** `and …` for the accounts that may be seen, as parameter `$n`. */
export function accountsClause(parameter: number, alias = 'r'): string {
  return `and ($${parameter}::text[] is null or ${alias}.account = any($${parameter}))`;
}

/** What every view of a resource begins with. */
export interface ResourceHead {
  /** `replicaSet x-v000`. */
  name: string;
  displayName: string;
  account: string;
  namespace: string;
  /** The namespace: Kubernetes has no regions. */
  region: string;
  apiVersion: string;
  kind: string;
  labels: Record<string, string>;
  moniker: Moniker;
  /** Milliseconds since the epoch. */
  createdTime: number | null;
}

export function headOf(row: ViewRow): ResourceHead {
  const kind = kindOfRow(row);
  return {
    name: `${kind} ${row.name}`,
    displayName: row.name,
    account: row.account,
    namespace: row.namespace,
    region: row.namespace,
    apiVersion: row.api_version,
    kind,
    labels: row.labels,
    moniker: monikerOf(row),
    createdTime: createdTimeOf(row),
  };
}

/** Kinds come from clusters, which may have any number of them. */
const REMEMBERED_KINDS = 1_000;
const kinds = new Map<string, string>();

/** The kind as Spinnaker prints it. */
export function kindOfRow({ kind, api_group: group }: Pick<ViewRow, 'kind' | 'api_group'>): string {
  const key = `${group}/${kind}`;
  const known = kinds.get(key);
  if (known !== undefined) return known;
  const printed = printKind(kindFrom(kind, group));
  if (kinds.size < REMEMBERED_KINDS) kinds.set(key, printed);
  return printed;
}

export function fullNameOf(row: Pick<ViewRow, 'kind' | 'api_group' | 'name'>): string {
  return `${kindOfRow(row)} ${row.name}`;
}

export function createdTimeOf(row: Pick<ViewRow, 'created_at'>): number | null {
  return row.created_at === null ? null : Number(row.created_at);
}

export function monikerOf(row: ViewRow): Moniker {
  const { application: app, cluster, stack, detail, sequence } = row;
  return { app, cluster, stack, detail, sequence };
}
