import type { Moniker } from '@gennaker/moniker';
import { controllerKeyOf, groupBy } from './relations.js';
import {
  accountsClause,
  fullNameOf,
  headOf,
  keyOf,
  monikerOf,
  type Queryable,
  type ResourceHead,
  type ViewRow,
  viewColumns,
  type VisibleAccounts,
} from './view-row.js';

export interface ServerGroupManager extends ResourceHead {
  cloudProvider: 'kubernetes';
  serverGroups: { name: string; account: string; namespace: string; region: string; moniker: Moniker }[];
}

/** Deployments and what else makes server groups, each with those it made. */
export async function serverGroupManagers(
  db: Queryable,
  application: string,
  accounts?: VisibleAccounts,
): Promise<ServerGroupManager[]> {
  const { rows: managers } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.application = $1 and r.spinnaker_kind = 'serverGroupManagers' ${accountsClause(2)}
     order by r.account, r.namespace, r.name`,
    [application, accounts],
  );
  const { rows: groups } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.controller_uid = any($1) and r.account = any($2) and r.spinnaker_kind = 'serverGroups'
     order by r.name`,
    [managers.map((row) => row.uid), [...new Set(managers.map((row) => row.account))]],
  );
  const byManager = groupBy(groups, controllerKeyOf);
  return managers.map((row) => ({
    ...headOf(row),
    cloudProvider: 'kubernetes',
    serverGroups: (byManager.get(keyOf(row)) ?? []).map((group) => ({
      name: fullNameOf(group),
      account: group.account,
      namespace: group.namespace,
      region: group.namespace,
      moniker: monikerOf(group),
    })),
  }));
}
