import {
  type RouteInput,
  getFirewall,
  getSecurityGroup,
  listFirewalls,
  listFirewallsIn,
  listFirewallsOf,
  listSecurityGroups,
  listSecurityGroupsOf,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { securityGroup, securityGroups } from '@gennaker/inventory';
import { NotFoundError } from '@gennaker/kernel';
import { Controller, UseInterceptors } from '@nestjs/common';
import { InventoryDatabase } from './inventory-database.js';
import { ReadableAccounts } from './readable-accounts.js';
import { StaleAccountsInterceptor } from './stale-accounts.interceptor.js';

/** Network policies, under both of the names that clients know. */
@Controller()
@UseInterceptors(StaleAccountsInterceptor)
export class SecurityGroupsController {
  constructor(
    private readonly db: InventoryDatabase,
    private readonly readable: ReadableAccounts,
  ) {}

  @Serves(listSecurityGroups)
  async list(@Input() { query }: RouteInput<typeof listSecurityGroups>, @CalledBy() { principal }: Caller) {
    const accounts = await this.readable.of(principal);
    const groups = await securityGroups(this.db, { ...(accounts && { accounts }) });
    if (query.id === undefined) return groups;
    for (const [account, { kubernetes }] of Object.entries(groups)) {
      for (const [region, refs] of Object.entries(kubernetes)) {
        const found = refs.find((ref) => ref.id === query.id);
        if (found !== undefined) return { ...found, accountId: account, region };
      }
    }
    throw new NotFoundError('gate.no_such_security_group', `Security group not found (id: ${query.id})`);
  }

  @Serves(listFirewalls)
  firewalls(@Input() input: RouteInput<typeof listFirewalls>, @CalledBy() caller: Caller) {
    return this.list(input, caller);
  }

  @Serves(listSecurityGroupsOf)
  async ofAccount(@Input() { params, query }: RouteInput<typeof listSecurityGroupsOf>) {
    const groups = await securityGroups(this.db, { account: params.account, region: query.region });
    return groups[params.account] ?? {};
  }

  @Serves(listFirewallsOf)
  firewallsOf(@Input() input: RouteInput<typeof listFirewallsOf>) {
    return this.ofAccount(input);
  }

  @Serves(listFirewallsIn)
  async firewallsIn(@Input() { params }: RouteInput<typeof listFirewallsIn>) {
    const groups = await securityGroups(this.db, params);
    return groups[params.account] ?? {};
  }

  @Serves(getSecurityGroup)
  async get(@Input() { params }: RouteInput<typeof getSecurityGroup>) {
    const found = await securityGroup(this.db, params);
    if (found !== undefined) return found;
    throw new NotFoundError('gate.no_such_security_group', `Security group not found (id: ${params.name})`);
  }

  @Serves(getFirewall)
  firewall(@Input() input: RouteInput<typeof getFirewall>) {
    return this.get(input);
  }
}
