import { clusters } from './clusters.js';
import { accountsClause, type Queryable, type VisibleAccounts } from './view-row.js';

export interface ApplicationSummary {
  name: string;
  attributes: { name: string };
  /** account → clusters; filled when asked for. */
  clusterNames: Record<string, string[]>;
}

export interface ApplicationDetails {
  name: string;
  attributes: { name: string; cloudProviders: 'kubernetes'; accounts: string };
  clusters: Record<
    string,
    { name: string; loadBalancers: string[]; serverGroups: string[]; provider: 'kubernetes' }[]
  >;
}

/** Names of all applications that have something somewhere, in order. Reads one index entry per application. */
export async function applicationNames(db: Queryable, accounts?: VisibleAccounts): Promise<string[]> {
  const { rows } = await db.query<{ application: string }>(
    `with recursive names as (
       (select application from clouddriver.resource
        where application is not null order by application limit 1)
       union all
       select (select r.application from clouddriver.resource r
               where r.application > names.application order by r.application limit 1)
       from names where names.application is not null)
     select application from names
     where application is not null
       and ($1::text[] is null or exists (
         select 1 from clouddriver.resource r where r.application = names.application ${accountsClause(1)}))
     order by application limit 100000`,
    [accounts],
  );
  return rows.map((row) => row.application);
}

export async function applications(
  db: Queryable,
  options: { accounts?: VisibleAccounts; expand?: boolean } = {},
): Promise<ApplicationSummary[]> {
  const names = await applicationNames(db, options.accounts);
  const found =
    options.expand === true ? await allClusterNames(db, options.accounts) : new Map<string, never>();
  return names.map((name) => ({ name, attributes: { name }, clusterNames: found.get(name) ?? {} }));
}

async function allClusterNames(
  db: Queryable,
  accounts: VisibleAccounts,
): Promise<Map<string, Record<string, string[]>>> {
  const { rows } = await db.query<{ application: string; account: string; clusters: string[] }>(
    `select r.application, r.account, array_agg(distinct r.cluster order by r.cluster) as clusters
     from clouddriver.resource r
     where r.application is not null and r.cluster is not null
       and r.spinnaker_kind in ('serverGroups', 'serverGroupManagers') ${accountsClause(1)}
     group by r.application, r.account`,
    [accounts],
  );
  const byApplication = new Map<string, Record<string, string[]>>();
  for (const { application, account, clusters } of rows) {
    byApplication.set(application, { ...byApplication.get(application), [account]: clusters });
  }
  return byApplication;
}

/** One application with its clusters, unless they are not wanted; or undefined when no account has anything of it. */
export async function application(
  db: Queryable,
  name: string,
  { accounts, expand = true }: { accounts?: VisibleAccounts; expand?: boolean } = {},
): Promise<ApplicationDetails | undefined> {
  const { rows } = await db.query<{ account: string }>(
    `select distinct r.account from clouddriver.resource r
     where r.application = $1 ${accountsClause(2)} order by r.account`,
    [name, accounts],
  );
  if (rows.length === 0) return undefined;
  const details: ApplicationDetails = {
    name,
    attributes: { name, cloudProviders: 'kubernetes', accounts: rows.map((row) => row.account).join(',') },
    clusters: {},
  };
  for (const cluster of expand ? await clusters(db, name, { accounts }) : []) {
    const { account, loadBalancers, serverGroups } = cluster;
    (details.clusters[account] ??= []).push({
      name: cluster.name,
      loadBalancers,
      serverGroups,
      provider: 'kubernetes',
    });
  }
  return details;
}
