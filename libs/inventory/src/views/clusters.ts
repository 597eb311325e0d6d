import type { Moniker } from '@gennaker/moniker';
import { loadBalancers, type LoadBalancer } from './load-balancers.js';
import { servicesOf } from './relations.js';
import { serverGroupDetails, type ServerGroup } from './server-group.js';
import { fullNames, wholePartsOf } from './server-groups.js';
import {
  accountsClause,
  fullNameOf,
  keyOf,
  monikerOf,
  type Queryable,
  type ViewRow,
  viewColumns,
  type VisibleAccounts,
} from './view-row.js';

export interface ClusterSummary {
  name: string;
  account: string;
  moniker: Moniker;
  loadBalancers: string[];
  serverGroups: string[];
}

export interface Cluster {
  name: string;
  type: 'kubernetes';
  accountName: string;
  application: string;
  moniker: Moniker;
  serverGroups: ServerGroup[];
  loadBalancers: LoadBalancer[];
}

/** The names of an application's clusters by account. Server groups and their managers make a cluster. */
export async function clusterNames(
  db: Queryable,
  application: string,
  accounts?: VisibleAccounts,
): Promise<Record<string, string[]>> {
  const { rows } = await db.query<{ account: string; clusters: string[] }>(
    `select r.account, array_agg(distinct r.cluster order by r.cluster) as clusters
     from clouddriver.resource r
     where r.application = $1 and r.spinnaker_kind in ('serverGroups', 'serverGroupManagers')
       and r.cluster is not null ${accountsClause(2)}
     group by r.account order by r.account`,
    [application, accounts],
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.clusters]));
}

/** The clusters of an application in one account, or in all of them. */
export async function clusters(
  db: Queryable,
  application: string,
  filter: { accounts?: VisibleAccounts; account?: string } = {},
): Promise<ClusterSummary[]> {
  const rows = await clusterRows(db, application, filter);
  const services = await servicesOf(db, rows);
  return groupClusters(rows).map(({ account, name, members }) => ({
    name,
    account,
    moniker: clusterMoniker(members),
    loadBalancers: [
      ...new Set(members.flatMap((row) => (services.get(keyOf(row)) ?? []).map(fullNameOf))),
    ].sort(),
    serverGroups: fullNames(members.filter((row) => row.spinnaker_kind === 'serverGroups')),
  }));
}

/** One cluster with everything in it, or undefined. */
export async function cluster(
  db: Queryable,
  id: { application: string; account: string; name: string },
): Promise<Cluster | undefined> {
  const rows = await clusterRows(db, id.application, { account: id.account, cluster: id.name });
  if (rows.length === 0) return undefined;
  const groups = rows.filter((row) => row.spinnaker_kind === 'serverGroups');
  const [parts, all] = await Promise.all([
    wholePartsOf(db, groups),
    loadBalancers(db, id.application, [id.account]),
  ]);
  const serverGroups = groups.map((row) => serverGroupDetails(row, parts(row)));
  const used = new Set(
    serverGroups.flatMap((group) => group.loadBalancers.map((name) => `${group.region} ${name}`)),
  );
  return {
    name: id.name,
    type: 'kubernetes',
    accountName: id.account,
    application: id.application,
    moniker: clusterMoniker(rows),
    serverGroups,
    loadBalancers: all.filter((balancer) => used.has(`${balancer.region} ${balancer.name}`)),
  };
}

async function clusterRows(
  db: Queryable,
  application: string,
  filter: { accounts?: VisibleAccounts; account?: string; cluster?: string },
): Promise<ViewRow[]> {
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.application = $1 and r.spinnaker_kind in ('serverGroups', 'serverGroupManagers')
       and r.cluster is not null ${accountsClause(2)}
       and ($3::text is null or r.account = $3) and ($4::text is null or r.cluster = $4)
     order by r.account, r.cluster, r.namespace, r.name limit 20000`,
    [application, filter.accounts, filter.account ?? null, filter.cluster ?? null],
  );
  return rows;
}

function groupClusters(rows: readonly ViewRow[]): { account: string; name: string; members: ViewRow[] }[] {
  const groups = new Map<string, { account: string; name: string; members: ViewRow[] }>();
  for (const row of rows) {
    const key = JSON.stringify([row.account, row.cluster]);
    const group = groups.get(key) ?? { account: row.account, name: row.cluster ?? '', members: [] };
    group.members.push(row);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** A cluster has no sequence; its server groups do. */
function clusterMoniker(rows: readonly ViewRow[]): Moniker {
  const row = rows[0];
  if (row === undefined) return { app: null, cluster: null, stack: null, detail: null, sequence: null };
  return { ...monikerOf(row), sequence: null };
}
