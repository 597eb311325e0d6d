import type { Principal } from '@gennaker/access';
import {
  type RouteInput,
  getCluster,
  getClusterServerGroup,
  getInstance,
  getLoadBalancer,
  getServerGroup,
  getTargetServerGroup,
  listClusterNames,
  listClusterServerGroups,
  listClustersOfAccount,
  listLoadBalancers,
  listRawResources,
  listServerGroupManagers,
  listServerGroups,
  listServerGroupsOf,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import {
  accountViews,
  cluster,
  clusterNames,
  clusters,
  expandedServerGroups,
  instance,
  loadBalancer,
  rawResources,
  serverGroup,
  serverGroupsById,
  targetServerGroup,
} from '@gennaker/inventory';
import { InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { Controller, UseInterceptors } from '@nestjs/common';
import { InfrastructureTexts } from './infrastructure-texts.js';
import { InventoryDatabase } from './inventory-database.js';
import { ReadableAccounts } from './readable-accounts.js';
import { StaleAccountsInterceptor } from './stale-accounts.interceptor.js';

/** What runs where, from the cloud driver's inventory. */
@Controller()
@UseInterceptors(StaleAccountsInterceptor)
export class InfrastructureController {
  constructor(
    private readonly db: InventoryDatabase,
    private readonly readable: ReadableAccounts,
    private readonly texts: InfrastructureTexts,
  ) {}

  @Serves(listClusterNames)
  async clusterNames(
    @Input() { params }: RouteInput<typeof listClusterNames>,
    @CalledBy() { principal }: Caller,
  ) {
    return clusterNames(this.db, params.application.toLowerCase(), await this.readable.of(principal));
  }

  @Serves(listClustersOfAccount)
  async clusters(
    @Input() { params }: RouteInput<typeof listClustersOfAccount>,
    @CalledBy() { principal }: Caller,
  ) {
    const { account } = params;
    const accounts = await this.readable.of(principal);
    const application = params.application.toLowerCase();
    const found = await clusters(this.db, application, { account, ...(accounts && { accounts }) });
    if (found.length > 0) return found;
    throw new NotFoundError(
      'gate.no_such_clusters',
      `No clusters found (application: ${params.application}, account: ${account})`,
    );
  }

  @Serves(getCluster)
  async cluster(@Input() { params }: RouteInput<typeof getCluster>, @CalledBy() { principal }: Caller) {
    return (await this.find(params, principal)) ?? {};
  }

  @Serves(listClusterServerGroups)
  async clusterServerGroups(
    @Input() { params }: RouteInput<typeof listClusterServerGroups>,
    @CalledBy() { principal }: Caller,
  ) {
    return (await this.find(params, principal))?.serverGroups ?? [];
  }

  @Serves(getClusterServerGroup)
  async clusterServerGroup(
    @Input() { params }: RouteInput<typeof getClusterServerGroup>,
    @CalledBy() { principal }: Caller,
  ) {
    const groups = (await this.find(params, principal))?.serverGroups ?? [];
    return groups.filter((group) => group.name === params.name);
  }

  @Serves(getTargetServerGroup)
  async target(
    @Input() { params, query }: RouteInput<typeof getTargetServerGroup>,
    @CalledBy() { principal }: Caller,
  ) {
    const groups = (await this.find(params, principal))?.serverGroups ?? [];
    return targetServerGroup(
      groups.filter((group) => group.region === params.scope),
      params.target,
      query,
    );
  }

  @Serves(listServerGroups)
  async serverGroups(
    @Input() { params, query }: RouteInput<typeof listServerGroups>,
    @CalledBy() { principal }: Caller,
  ) {
    const accounts = await this.readable.of(principal);
    const filter = { clusters: query.clusters, ...(accounts && { accounts }) };
    const applications = [params.application.toLowerCase()];
    return query.expand
      ? expandedServerGroups(this.db, applications, filter)
      : this.texts.serverGroups(applications, filter);
  }

  @Serves(getServerGroup)
  async serverGroup(
    @Input() { params }: RouteInput<typeof getServerGroup>,
    @CalledBy() { principal }: Caller,
  ) {
    const may = await this.readable.may(principal, params.account);
    const found = may ? await serverGroup(this.db, params) : undefined;
    if (found !== undefined) return { ...found, insightActions: [] };
    throw new NotFoundError('gate.no_such_server_group', `Server group not found (id: ${params.name})`);
  }

  @Serves(listServerGroupsOf)
  async serverGroupsOf(
    @Input() { query }: RouteInput<typeof listServerGroupsOf>,
    @CalledBy() { principal }: Caller,
  ) {
    const { applications, ids } = query;
    if ((applications.length === 0) === (ids.length === 0)) {
      throw new InvalidInputError(
        'gate.applications_or_ids',
        'Provide either applications or ids, and not both',
      );
    }
    const accounts = await this.readable.of(principal);
    if (ids.length === 0)
      return this.texts.serverGroups(
        applications.map((name) => name.toLowerCase()),
        { ...(accounts && { accounts }) },
      );
    const wanted = ids.map(resourceIdOf);
    return serverGroupsById(
      this.db,
      wanted.filter(({ account }) => accounts === undefined || accounts.includes(account)),
    );
  }

  @Serves(listServerGroupManagers)
  async serverGroupManagers(
    @Input() { params }: RouteInput<typeof listServerGroupManagers>,
    @CalledBy() { principal }: Caller,
  ) {
    const accounts = await this.readable.of(principal);
    return this.texts.serverGroupManagers(params.application.toLowerCase(), accounts);
  }

  @Serves(listLoadBalancers)
  async loadBalancers(
    @Input() { params }: RouteInput<typeof listLoadBalancers>,
    @CalledBy() { principal }: Caller,
  ) {
    const accounts = await this.readable.of(principal);
    return this.texts.loadBalancers(params.application.toLowerCase(), accounts);
  }

  @Serves(getLoadBalancer)
  async loadBalancer(@Input() { params }: RouteInput<typeof getLoadBalancer>) {
    const found = await loadBalancer(this.db, params);
    return found === undefined ? [] : [{ ...found, insightActions: [] }];
  }

  @Serves(getInstance)
  async instance(@Input() { params }: RouteInput<typeof getInstance>) {
    const { account, region, id } = params;
    const found = await instance(this.db, { account, region, uid: id });
    if (found !== undefined) return { ...found, insightActions: [] };
    throw new NotFoundError('gate.no_such_instance', `Instance not found (id: ${id})`);
  }

  @Serves(listRawResources)
  async rawResources(
    @Input() { params }: RouteInput<typeof listRawResources>,
    @CalledBy() { principal }: Caller,
  ) {
    const [limits, accounts] = await Promise.all([accountViews(this.db), this.readable.of(principal)]);
    return rawResources(this.db, params.application.toLowerCase(), { limits, ...(accounts && { accounts }) });
  }

  private async find(id: { application: string; account: string; cluster: string }, user: Principal) {
    if (!(await this.readable.may(user, id.account))) return undefined;
    return cluster(this.db, {
      application: id.application.toLowerCase(),
      account: id.account,
      name: id.cluster,
    });
  }
}

/** `account:region:name`. */
function resourceIdOf(id: string) {
  const [account = '', region = '', ...name] = id.split(':');
  if (name.length === 0) {
    throw new InvalidInputError('gate.bad_id', [
      { path: 'ids', message: 'must each be account:region:name' },
    ]);
  }
  return { account, region, name: name.join(':') };
}
