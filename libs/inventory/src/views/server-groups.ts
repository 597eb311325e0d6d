import { kindFrom, parseFullResourceName } from '@gennaker/manifest';
import { byUid, controllerKeyOf, type PodRow, podsOf, rowsOf, servicesOf, wholePodsOf } from './relations.js';
import {
  serverGroupDetails,
  serverGroupSummary,
  type ServerGroup,
  type ServerGroupParts,
  type ServerGroupSummary,
} from './server-group.js';
import {
  accountsClause,
  fullNameOf,
  keyOf,
  type Queryable,
  type ResourceUid,
  type ServerGroupFilter,
  type ViewRow,
  viewColumns,
} from './view-row.js';
import { MOST_SERVER_GROUPS, type ViewVersion } from './versions.js';

/** All server groups of applications, in the summary that Deck polls. */
export async function serverGroups(
  db: Queryable,
  applications: readonly string[],
  filter: ServerGroupFilter = {},
): Promise<ServerGroupSummary[]> {
  const rows = await serverGroupRows(db, applications, filter);
  const parts = await partsOf(db, rows);
  return rows.map((row) => serverGroupSummary(row, parts(row)));
}

/** The same with everything about each. */
export async function expandedServerGroups(
  db: Queryable,
  applications: readonly string[],
  filter: ServerGroupFilter = {},
): Promise<ServerGroup[]> {
  const rows = await serverGroupRows(db, applications, filter);
  const parts = await wholePartsOf(db, rows);
  return rows.map((row) => serverGroupDetails(row, parts(row)));
}

/** Summaries by the keys of their versions; what has gone is left out. */
export async function serverGroupsByKey(
  db: Queryable,
  versions: readonly ViewVersion[],
): Promise<Map<string, ServerGroupSummary>> {
  const rows = await rowsOf(db, versions);
  const parts = await partsOf(db, rows);
  return new Map(rows.map((row) => [keyOf(row), serverGroupSummary(row, parts(row))]));
}

export interface ResourceId {
  account: string;
  /** The namespace. */
  region: string;
  /** `replicaSet x`. */
  name: string;
}

/** One server group, or undefined when there is none of that name. */
export async function serverGroup(db: Queryable, id: ResourceId): Promise<ServerGroup | undefined> {
  const row = await findRow(db, id, 'serverGroups');
  if (row === undefined) return undefined;
  return serverGroupDetails(row, (await wholePartsOf(db, [row]))(row));
}

/** Server groups by name; what does not exist is left out. */
export async function serverGroupsById(
  db: Queryable,
  ids: readonly ResourceId[],
): Promise<ServerGroupSummary[]> {
  const found = await Promise.all(ids.map((id) => findRow(db, id, 'serverGroups')));
  const rows = found.filter((row) => row !== undefined);
  const parts = await partsOf(db, rows);
  return rows.map((row) => serverGroupSummary(row, parts(row)));
}

async function serverGroupRows(
  db: Queryable,
  applications: readonly string[],
  { accounts, clusters }: ServerGroupFilter,
): Promise<ViewRow[]> {
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.application = any($1) and r.spinnaker_kind = 'serverGroups' ${accountsClause(2)}
       and ($3::text[] is null or r.account || ':' || coalesce(r.cluster, '') = any($3))
     order by r.account, r.namespace, r.name limit ${MOST_SERVER_GROUPS}`,
    [applications, accounts, clusters === undefined || clusters.length === 0 ? null : clusters],
  );
  return rows;
}

type Parts<Pod> = (row: ViewRow) => ServerGroupParts<Pod>;

/** Reads what belongs to all of the server groups at once, enough for their summaries. */
function partsOf(db: Queryable, rows: readonly ViewRow[]): Promise<Parts<PodRow>> {
  return readParts(db, rows, podsOf);
}

/** The same with everything about the pods. */
export function wholePartsOf(db: Queryable, rows: readonly ViewRow[]): Promise<Parts<ViewRow>> {
  return readParts(db, rows, wholePodsOf);
}

async function readParts<Pod>(
  db: Queryable,
  rows: readonly ViewRow[],
  read: (db: Queryable, owners: readonly ResourceUid[]) => Promise<Map<string, Pod[]>>,
): Promise<Parts<Pod>> {
  if (rows.length === 0) return () => ({ pods: [], services: [], manager: undefined });
  const owners = rows.flatMap(({ account, controller_uid: uid }) => (uid === null ? [] : [{ account, uid }]));
  const [pods, services, managers] = await Promise.all([
    read(db, rows),
    servicesOf(db, rows),
    byUid(db, owners),
  ]);
  return (row) => ({
    pods: pods.get(keyOf(row)) ?? [],
    services: services.get(keyOf(row)) ?? [],
    manager: managers.get(controllerKeyOf(row)),
  });
}

/** The row of `kind name`, whatever the case of the kind. Undefined also for a name that is none. */
export async function findRow(
  db: Queryable,
  id: ResourceId,
  spinnakerKind?: string,
): Promise<ViewRow | undefined> {
  const parts = id.name.split(' ');
  if (parts.length !== 2) return undefined;
  const { kind, name } = parseFullResourceName(id.name);
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.account = $1 and r.namespace = $2 and r.name = $3
       and lower(r.kind) = $4 and ($5::text is null or r.spinnaker_kind = $5)`,
    [id.account, id.region, name, kind.name.toLowerCase(), spinnakerKind ?? null],
  );
  return rows.find((row) => kindFrom(row.kind, row.api_group).group === kind.group);
}

/** `kind name` of the rows, sorted. */
export function fullNames(rows: readonly ViewRow[]): string[] {
  return rows.map(fullNameOf).sort();
}
