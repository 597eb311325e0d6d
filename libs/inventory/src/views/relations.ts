import { keyOf, type Queryable, type ResourceUid, type ViewRow, viewColumns } from './view-row.js';

/** A load balancer in front of a workload. `via` names the Service that an Ingress goes through. */
export interface LoadBalancerOf {
  workload_uid: string;
  uid: string;
  account: string;
  namespace: string;
  name: string;
  kind: string;
  api_group: string;
}

/** What the summary of an instance needs. */
export type PodRow = Pick<
  ViewRow,
  'account' | 'uid' | 'api_group' | 'kind' | 'namespace' | 'name' | 'controller_uid' | 'summary'
>;

/** The pods that each of the owners controls, by the owner's key. */
export async function podsOf(db: Queryable, owners: readonly ResourceUid[]): Promise<Map<string, PodRow[]>> {
  const { rows } = await db.query<PodRow>(
    `select r.account, r.uid, r.api_group, r.kind, r.namespace, r.name, r.controller_uid, r.summary
     from clouddriver.resource r
     where r.controller_uid = any($1) and r.account = any($2) and r.kind = 'Pod'
     order by r.name`,
    idsOf(owners),
  );
  return groupBy(rows, controllerKeyOf);
}

/** The same with everything about each. */
export async function wholePodsOf(
  db: Queryable,
  owners: readonly ResourceUid[],
): Promise<Map<string, ViewRow[]>> {
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.controller_uid = any($1) and r.account = any($2) and r.kind = 'Pod'
     order by r.name`,
    idsOf(owners),
  );
  return groupBy(rows, controllerKeyOf);
}

/** The Services whose selectors match each of the workloads' pods, by the workload's key. */
export async function servicesOf(
  db: Queryable,
  workloads: readonly ResourceUid[],
): Promise<Map<string, LoadBalancerOf[]>> {
  const { rows } = await db.query<LoadBalancerOf>(
    `with workload as materialized (
       select w.uid, w.target_keys from clouddriver.resource w
       where w.uid = any($1) and w.account = any($2)),
     candidate as materialized (
       select s.uid, s.account, s.namespace, s.name, s.kind, s.api_group, s.selector_key, s.selector_keys
       from clouddriver.resource s
       where s.selector_key = any(array(select distinct unnest(target_keys) from workload)))
     select workload.uid as workload_uid, c.uid, c.account, c.namespace, c.name, c.kind, c.api_group
     from workload
     cross join unnest(workload.target_keys) as target (key)
     join candidate c on c.selector_key = target.key and c.selector_keys <@ workload.target_keys
     order by c.name`,
    idsOf(workloads),
  );
  // A selector's keys begin with the account: it is that of the workload.
  return groupBy(rows, ({ account, workload_uid: uid }) => keyOf({ account, uid }));
}

/** What is told of a workload behind a load balancer. */
export type WorkloadRow = PodRow & Pick<ViewRow, 'account' | 'spinnaker_kind'>;

/**
 * The workloads and lone pods behind load balancers, by the load balancer's key: by a Service's selector, or an Ingress's
 * Services.
 */
export async function workloadsBehind(
  db: Queryable,
  loadBalancers: readonly ResourceUid[],
): Promise<Map<string, WorkloadRow[]>> {
  const { rows } = await db.query<WorkloadRow & { load_balancer_uid: string }>(
    `with service as materialized (
       select l.uid as load_balancer_uid, l.selector_keys
       from clouddriver.resource l
       where l.uid = any($1) and l.account = any($2) and l.selector_keys is not null
       union
       select i.uid, s.selector_keys
       from clouddriver.resource i
       cross join jsonb_array_elements_text(i.summary->'services') as backend (name)
       join clouddriver.resource s
         on s.account = i.account and s.api_group = '' and s.kind = 'Service'
        and s.namespace = i.namespace and s.name = backend.name
       where i.uid = any($1) and i.account = any($2) and s.selector_keys is not null)
     select distinct on (r.account, service.load_balancer_uid, r.uid) service.load_balancer_uid, r.account, r.spinnaker_kind,
       r.uid, r.api_group, r.kind, r.namespace, r.name, r.controller_uid, r.summary
     from service
     join clouddriver.resource r on r.target_keys @> service.selector_keys
     where r.target_keys is not null and r.spinnaker_kind in ('serverGroups', 'instances')`,
    idsOf(loadBalancers),
  );
  return groupBy(rows, ({ account, load_balancer_uid: uid }) => keyOf({ account, uid }));
}

/** Resources by their keys. */
export async function byUid(db: Queryable, resources: readonly ResourceUid[]): Promise<Map<string, ViewRow>> {
  return new Map((await rowsOf(db, resources)).map((row) => [keyOf(row), row]));
}

export async function rowsOf(db: Queryable, resources: readonly { uid: string }[]): Promise<ViewRow[]> {
  if (resources.length === 0) return [];
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r where r.uid = any($1)`,
    [resources.map(({ uid }) => uid)],
  );
  return rows;
}

/** The parameters of queries for resources: their uids, and the accounts that have them. */
function idsOf(resources: readonly ResourceUid[]): [string[], string[]] {
  return [resources.map(({ uid }) => uid), [...new Set(resources.map(({ account }) => account))]];
}

/** The key of what controls a resource. */
export function controllerKeyOf({
  account,
  controller_uid: uid,
}: Pick<ViewRow, 'account' | 'controller_uid'>): string {
  return keyOf({ account, uid: uid ?? '' });
}

export function groupBy<T>(items: readonly T[], by: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = by(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
