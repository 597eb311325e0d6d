import type { PolicyRule } from '../resource-row.js';
import { findRow, type ResourceId } from './server-groups.js';
import {
  accountsClause,
  fullNameOf,
  headOf,
  type Queryable,
  type ResourceHead,
  type ViewRow,
  viewColumns,
  type VisibleAccounts,
} from './view-row.js';

export interface PortRange {
  startPort?: number;
  endPort?: number;
  startPortName?: string;
}

export interface SecurityGroupRule {
  protocol: string;
  portRanges: PortRange[];
}

export interface SecurityGroup extends ResourceHead {
  id: string;
  cloudProvider: 'kubernetes';
  type: 'kubernetes';
  inboundRules: SecurityGroupRule[];
  outboundRules: SecurityGroupRule[];
}

export interface SecurityGroupRef {
  id: string;
  name: string;
}

/** account → provider → region → security groups. */
export type SecurityGroupsByAccount = Record<
  string,
  Record<'kubernetes', Record<string, SecurityGroupRef[]>>
>;

/** NetworkPolicies of all accounts, or of one, or of one namespace, or of one name. Their names alone. */
export async function securityGroups(
  db: Queryable,
  filter: { accounts?: VisibleAccounts; account?: string; region?: string; name?: string } = {},
): Promise<SecurityGroupsByAccount> {
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r
     where r.spinnaker_kind = 'securityGroups' ${accountsClause(1)}
       and ($2::text is null or r.account = $2) and ($3::text is null or r.namespace = $3)
       and ($4::text is null or r.name = $4)
     order by r.account, r.namespace, r.name limit 50000`,
    [filter.accounts, filter.account ?? null, filter.region ?? null, filter.name ?? null],
  );
  const byAccount: SecurityGroupsByAccount = {};
  for (const row of rows) {
    const regions = (byAccount[row.account] ??= { kubernetes: {} }).kubernetes;
    (regions[row.namespace] ??= []).push({ id: fullNameOf(row), name: fullNameOf(row) });
  }
  return byAccount;
}

/** By `kind name`. Clients write the kind in many ways, and there is only one, so the name decides. */
export async function securityGroup(db: Queryable, id: ResourceId): Promise<SecurityGroup | undefined> {
  const name = `networkPolicy ${id.name.split(' ').at(-1) ?? ''}`;
  const row =
    (await findRow(db, id, 'securityGroups')) ?? (await findRow(db, { ...id, name }, 'securityGroups'));
  if (row === undefined) return undefined;
  return {
    ...headOf(row),
    id: fullNameOf(row),
    cloudProvider: 'kubernetes',
    type: 'kubernetes',
    inboundRules: (row.summary.inbound ?? []).map(ruleOf),
    outboundRules: (row.summary.outbound ?? []).map(ruleOf),
  };
}

function ruleOf({ protocol, port, endPort }: PolicyRule): SecurityGroupRule {
  if (port === null) return { protocol, portRanges: [] };
  const range: PortRange =
    typeof port === 'string' ? { startPortName: port } : { startPort: port, endPort: endPort ?? port };
  return { protocol, portRanges: [range] };
}
