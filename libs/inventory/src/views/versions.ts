import {
  accountsClause,
  keyOf,
  type Queryable,
  type ServerGroupFilter,
  type VisibleAccounts,
} from './view-row.js';

/** Which state of the world a view shows. */
export interface ViewVersion {
  /** The resource, among those of all accounts: two of them may watch one cluster. */
  key: string;
  uid: string;
  /** Another one as soon as a row has changed that the view is made of. */
  fingerprint: string;
}

/** Most server groups that one answer holds. */
export const MOST_SERVER_GROUPS = 20_000;

/** Changes with every write of the row: Postgres keeps the writing transaction with it. */
const digestOf = (alias: string) => `hashtextextended(${alias}.uid || ' ' || ${alias}.xmin, 0)`;

/**
 * The versions of the summaries of server groups: their rows, pods, services and managers. Takes a small part of the
 * time that reading those takes, since nothing leaves the database but a line for each.
 */
export async function serverGroupVersions(
  db: Queryable,
  applications: readonly string[],
  { accounts, clusters }: ServerGroupFilter,
): Promise<ViewVersion[]> {
  const { rows } = await db.query<VersionRow>(
    `with shown as materialized (
       select r.uid, r.account, r.namespace, r.name, r.controller_uid, r.target_keys, r.xmin as version
       from clouddriver.resource r
       where r.application = any($1) and r.spinnaker_kind = 'serverGroups' ${accountsClause(2)}
         and ($3::text[] is null or r.account || ':' || coalesce(r.cluster, '') = any($3))
       order by r.account, r.namespace, r.name limit ${MOST_SERVER_GROUPS}),
     pod as (
       select p.controller_uid as uid, sum(${digestOf('p')}) as digest
       from clouddriver.resource p
       where p.controller_uid = any(array(select uid from shown)) and p.kind = 'Pod'
       group by p.controller_uid),
     candidate as materialized (
       select ${digestOf('s')} as digest, s.selector_key, s.selector_keys
       from clouddriver.resource s
       where s.selector_key = any(array(select distinct unnest(target_keys) from shown))),
     service as (
       select shown.uid, sum(c.digest) as digest
       from shown
       cross join unnest(shown.target_keys) as target (key)
       join candidate c on c.selector_key = target.key and c.selector_keys <@ shown.target_keys
       group by shown.uid),
     manager as (
       select m.uid, sum(${digestOf('m')}) as digest
       from clouddriver.resource m
       where m.uid = any(array(select distinct controller_uid from shown))
       group by m.uid)
     select shown.account, shown.uid, jsonb_build_array(
       shown.version::text, manager.digest, pod.digest, service.digest)::text as fingerprint
     from shown
     left join pod using (uid)
     left join service using (uid)
     left join manager on manager.uid = shown.controller_uid
     order by shown.account, shown.namespace, shown.name`,
    [applications, accounts, clusters === undefined || clusters.length === 0 ? null : clusters],
  );
  return rows.map(toVersion);
}

/** The versions of load balancers: their rows, and the workloads and pods behind them. */
export async function loadBalancerVersions(
  db: Queryable,
  application: string,
  accounts?: VisibleAccounts,
): Promise<ViewVersion[]> {
  const { rows } = await db.query<VersionRow>(
    `with shown as materialized (
       select r.account, r.namespace, r.name, r.uid, r.selector_keys, r.summary, r.xmin as version
       from clouddriver.resource r
       where r.application = $1 and r.spinnaker_kind = 'loadBalancers' ${accountsClause(2)}
       union all
       select s.account, s.namespace, s.name, s.uid, s.selector_keys, s.summary, s.xmin
       from clouddriver.resource s
       where ${SELECTS_FROM_OUTSIDE} ${accountsClause(2, 's')}),
     service as materialized (
       select uid, selector_keys from shown where selector_keys is not null
       union
       select i.uid, s.selector_keys
       from shown i
       cross join jsonb_array_elements_text(i.summary->'services') as backend (name)
       join clouddriver.resource s
         on s.account = i.account and s.api_group = '' and s.kind = 'Service'
        and s.namespace = i.namespace and s.name = backend.name
       where s.selector_keys is not null),
     behind as materialized (
       select distinct service.uid, r.uid as workload_uid, r.digest, r.spinnaker_kind
       from service
       -- One by one, by the index: as a join it is planned for a handful of selectors and reads the whole table.
       cross join lateral (
         select w.uid, w.spinnaker_kind, ${digestOf('w')} as digest from clouddriver.resource w
         where w.target_keys @> service.selector_keys and w.target_keys is not null
           and w.spinnaker_kind in ('serverGroups', 'instances') offset 0) r),
     pod as (
       select p.controller_uid as uid, sum(${digestOf('p')}) as digest
       from clouddriver.resource p
       where p.kind = 'Pod' and p.controller_uid = any(array(
         select workload_uid from behind where spinnaker_kind = 'serverGroups'))
       group by p.controller_uid),
     backing as (
       select behind.uid, sum(behind.digest) as workloads, sum(pod.digest) as pods
       from behind left join pod on pod.uid = behind.workload_uid
       group by behind.uid)
     select shown.account, shown.uid, jsonb_build_array(
       shown.version::text, backing.workloads, backing.pods)::text as fingerprint
     from shown left join backing using (uid)
     order by shown.account, shown.namespace, shown.name`,
    [application, accounts],
  );
  return rows.map(toVersion);
}

/** Whether `s` belongs to another application than $1 and selects server groups of it. */
export const SELECTS_FROM_OUTSIDE = `s.selector_key = any(array(
         select distinct unnest(w.target_keys) from clouddriver.resource w
         where w.application = $1 and w.spinnaker_kind = 'serverGroups'))
       and exists (
         select 1 from clouddriver.resource w
         where w.application = $1 and w.spinnaker_kind = 'serverGroups' and w.target_keys @> s.selector_keys)
       and s.application is distinct from $1`;

interface VersionRow {
  account: string;
  uid: string;
  fingerprint: string;
}

function toVersion({ account, uid, fingerprint }: VersionRow): ViewVersion {
  return { key: keyOf({ account, uid }), uid, fingerprint };
}
