import { type Queryable, type ViewRow, viewColumns } from './view-row.js';

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

/** The pods that each of the owners controls. */
export async function podsOf(db: Queryable, owners: readonly string[]): Promise<Map<string, ViewRow[]>> {
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.controller_uid = any($1) and r.spinnaker_kind = 'instances'
     order by r.name`,
    [owners],
  );
  return groupBy(rows, (row) => row.controller_uid ?? '');
}

/** The Services whose selectors match each of the workloads' pods. */
export async function servicesOf(
  db: Queryable,
  workloads: readonly string[],
): Promise<Map<string, LoadBalancerOf[]>> {
  const { rows } = await db.query<LoadBalancerOf>(
    `select w.uid as workload_uid, s.uid, s.account, s.namespace, s.name, s.kind, s.api_group
     from clouddriver.resource w
     join clouddriver.resource s
       on s.account = w.account and s.namespace = w.namespace
      and s.selector is not null and w.target_labels @> s.selector
     where w.uid = any($1) and s.spinnaker_kind = 'loadBalancers'
     order by s.name`,
    [workloads],
  );
  return groupBy(rows, (row) => row.workload_uid);
}

/** The workloads (of a Spinnaker kind) behind load balancers: by a Service's selector, or an Ingress's Services. */
export async function workloadsBehind(
  db: Queryable,
  loadBalancers: readonly string[],
): Promise<Map<string, ViewRow[]>> {
  const { rows } = await db.query<ViewRow & { load_balancer_uid: string }>(
    `with service as (
       select l.uid as load_balancer_uid, l.account, l.namespace, l.selector
       from clouddriver.resource l where l.uid = any($1) and l.selector is not null
       union
       select i.uid, s.account, s.namespace, s.selector
       from clouddriver.resource i
       join clouddriver.resource s
         on s.account = i.account and s.namespace = i.namespace and s.selector is not null
        and s.api_group = '' and s.kind = 'Service' and i.summary->'services' ? s.name
       where i.uid = any($1))
     select distinct on (service.load_balancer_uid, r.uid) service.load_balancer_uid, ${viewColumns()}
     from service
     join clouddriver.resource r
       on r.account = service.account and r.namespace = service.namespace
      and r.spinnaker_kind in ('serverGroups', 'instances') and r.target_labels @> service.selector
      -- A pod of a workload is shown below its workload.
      and (r.spinnaker_kind = 'serverGroups' or r.controller_uid is null)`,
    [loadBalancers],
  );
  return groupBy(rows, (row) => row.load_balancer_uid);
}

export async function byUid(db: Queryable, uids: readonly string[]): Promise<Map<string, ViewRow>> {
  if (uids.length === 0) return new Map();
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r where r.uid = any($1)`,
    [uids],
  );
  return new Map(rows.map((row) => [row.uid, row]));
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
