import { overallHealth, podHealth, type Health } from './instance-health.js';
import { type PodRow, podsOf, rowsOf, servicesOf, type WorkloadRow, workloadsBehind } from './relations.js';
import { findRow, type ResourceId } from './server-groups.js';
import { SELECTS_FROM_OUTSIDE, type ViewVersion } from './versions.js';
import {
  accountsClause,
  fullNameOf,
  headOf,
  keyOf,
  type Queryable,
  type ResourceHead,
  type ViewRow,
  viewColumns,
  type VisibleAccounts,
} from './view-row.js';

export interface LoadBalancerInstance {
  /** The pod's uid. */
  id: string;
  name: string;
  zone: string;
  health: Pick<Health, 'state' | 'source' | 'type' | 'healthClass'>;
}

export interface LoadBalancerServerGroup {
  name: string;
  account: string;
  region: string;
  isDisabled: boolean;
  cloudProvider: 'kubernetes';
  detachedInstances: never[];
  instances: LoadBalancerInstance[];
}

export interface LoadBalancer extends ResourceHead {
  cloudProvider: 'kubernetes';
  type: 'kubernetes';
  serverGroups: LoadBalancerServerGroup[];
  /** Pods that no server group owns. */
  instances: LoadBalancerInstance[];
}

/** The load balancers of an application: its own, and those of others that select its server groups. */
export async function loadBalancers(
  db: Queryable,
  application: string,
  accounts?: VisibleAccounts,
): Promise<LoadBalancer[]> {
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.application = $1 and r.spinnaker_kind = 'loadBalancers' ${accountsClause(2)}
     union
     select ${viewColumns('s')} from clouddriver.resource s
     where ${SELECTS_FROM_OUTSIDE} ${accountsClause(2, 's')}
     order by account, namespace, name`,
    [application, accounts],
  );
  return withWorkloads(db, rows);
}

/** Load balancers by the keys of their versions; what has gone is left out. */
export async function loadBalancersByKey(
  db: Queryable,
  versions: readonly ViewVersion[],
): Promise<Map<string, LoadBalancer>> {
  const rows = await rowsOf(db, versions);
  const views = await withWorkloads(db, rows);
  return new Map(views.map((view, place) => [keyOf(rows[place]!), view]));
}

/** One load balancer, or undefined. */
export async function loadBalancer(db: Queryable, id: ResourceId): Promise<LoadBalancer | undefined> {
  const row = await findRow(db, id, 'loadBalancers');
  return row === undefined ? undefined : (await withWorkloads(db, [row]))[0];
}

async function withWorkloads(db: Queryable, rows: readonly ViewRow[]): Promise<LoadBalancer[]> {
  if (rows.length === 0) return [];
  const behind = await workloadsBehind(db, rows);
  const groups = [...behind.values()].flat().filter((row) => row.spinnaker_kind === 'serverGroups');
  const each = [...new Map(groups.map((row) => [keyOf(row), row])).values()];
  const [pods, services] = await Promise.all([podsOf(db, each), servicesOf(db, each)]);
  const groupView = (row: WorkloadRow): LoadBalancerServerGroup => ({
    name: fullNameOf(row),
    account: row.account,
    region: row.namespace,
    isDisabled: (row.summary.loadBalancers ?? []).length > 0 && (services.get(keyOf(row)) ?? []).length === 0,
    cloudProvider: 'kubernetes',
    detachedInstances: [],
    instances: (pods.get(keyOf(row)) ?? []).map(instanceView),
  });
  return rows.map((row) => {
    const all = behind.get(keyOf(row)) ?? [];
    return {
      ...headOf(row),
      cloudProvider: 'kubernetes',
      type: 'kubernetes',
      serverGroups: all.filter((r) => r.spinnaker_kind === 'serverGroups').map(groupView),
      instances: all.filter((r) => r.spinnaker_kind === 'instances').map(instanceView),
    };
  });
}

function instanceView(row: PodRow): LoadBalancerInstance {
  const health = podHealth(row.summary);
  const state = overallHealth(health);
  return {
    id: row.uid,
    name: fullNameOf(row),
    zone: row.namespace,
    health: { state, source: 'Pod', type: 'kubernetes/pod', healthClass: 'platform' },
  };
}
