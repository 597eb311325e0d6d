import { Controller, UseInterceptors } from '@nestjs/common';
import type { RouteInput } from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import * as views from '@gennaker/inventory';
import { InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { ClouddriverService } from '../clouddriver.service.js';
import * as routes from './inventory.routes.js';
import { StaleAccountsInterceptor } from './stale-accounts.interceptor.js';

type In<R> = RouteInput<R>;

/** What the inventory knows, in Spinnaker's shapes. Asks no cluster. */
@Controller()
@UseInterceptors(StaleAccountsInterceptor)
export class InventoryController {
  private readonly db;

  constructor(clouddriver: ClouddriverService) {
    this.db = clouddriver.platform.database.pool;
  }

  @Serves(routes.applicationsRoute)
  applications(@Input() { query }: In<typeof routes.applicationsRoute>) {
    return views.applications(this.db, { expand: query.expand });
  }

  @Serves(routes.applicationRoute)
  async application(@Input() { params }: In<typeof routes.applicationRoute>) {
    return found(await views.application(this.db, params.application), `application ${params.application}`);
  }

  @Serves(routes.clusterNamesRoute)
  clusterNames(@Input() { params }: In<typeof routes.clusterNamesRoute>) {
    return views.clusterNames(this.db, params.application);
  }

  @Serves(routes.accountClustersRoute)
  async accountClusters(@Input() { params }: In<typeof routes.accountClustersRoute>) {
    const clusters = await views.clusters(this.db, params.application, { account: params.account });
    if (clusters.length > 0) return clusters;
    throw new NotFoundError(
      'cluster.none',
      `no clusters of ${params.application} in account ${params.account}`,
    );
  }

  @Serves(routes.clusterRoute)
  async cluster(@Input() { params }: In<typeof routes.clusterRoute>) {
    return [await this.wholeCluster(params)];
  }

  @Serves(routes.typedClusterRoute)
  typedCluster(@Input() { params }: In<typeof routes.typedClusterRoute>) {
    return this.wholeCluster(params);
  }

  @Serves(routes.clusterServerGroupsRoute)
  async clusterServerGroups(@Input() { params, query }: In<typeof routes.clusterServerGroupsRoute>) {
    const { serverGroups } = await this.wholeCluster(params);
    return serverGroups.filter((group) => query.region === undefined || group.region === query.region);
  }

  @Serves(routes.clusterServerGroupRoute)
  async clusterServerGroup(@Input() { params, query }: In<typeof routes.clusterServerGroupRoute>) {
    const { serverGroups } = await this.wholeCluster(params);
    const named = serverGroups.filter((group) => group.name === params.serverGroup);
    if (query.region === undefined) return named;
    return found(
      named.find((group) => group.region === query.region),
      `server group ${params.serverGroup} in ${query.region}`,
    );
  }

  @Serves(routes.targetServerGroupRoute)
  async targetServerGroup(@Input() { params, query }: In<typeof routes.targetServerGroupRoute>) {
    const { serverGroups } = await this.wholeCluster(params);
    const inScope = serverGroups.filter((group) => group.region === params.scope);
    return views.targetServerGroup(inScope, params.target, query);
  }

  @Serves(routes.serverGroupsRoute)
  serverGroups(@Input() { params, query }: In<typeof routes.serverGroupsRoute>) {
    if (query.cloudProvider !== undefined && query.cloudProvider !== 'kubernetes') return [];
    const filter = { clusters: query.clusters };
    return query.expand
      ? views.expandedServerGroups(this.db, [params.application], filter)
      : views.serverGroups(this.db, [params.application], filter);
  }

  @Serves(routes.allServerGroupsRoute)
  allServerGroups(@Input() { query }: In<typeof routes.allServerGroupsRoute>) {
    const { applications, ids } = query;
    if (applications.length > 0 === ids.length > 0) {
      throw new InvalidInputError('server_groups.query', [
        { path: 'applications', message: 'give either applications or ids, and not both' },
      ]);
    }
    if (applications.length > 0) return views.serverGroups(this.db, applications);
    return views.serverGroupsById(this.db, ids.map(idOf));
  }

  @Serves(routes.serverGroupRoute)
  async serverGroup(@Input() { params }: In<typeof routes.serverGroupRoute>) {
    return found(await views.serverGroup(this.db, params), `server group ${params.name} in ${params.region}`);
  }

  @Serves(routes.applicationServerGroupRoute)
  async applicationServerGroup(@Input() { params }: In<typeof routes.applicationServerGroupRoute>) {
    const group = await views.serverGroup(this.db, params);
    const own = group?.moniker.app === params.application ? group : undefined;
    return found(own, `server group ${params.name} of ${params.application} in ${params.region}`);
  }

  @Serves(routes.serverGroupManagersRoute)
  serverGroupManagers(@Input() { params }: In<typeof routes.serverGroupManagersRoute>) {
    return views.serverGroupManagers(this.db, params.application);
  }

  @Serves(routes.loadBalancersRoute)
  loadBalancers(@Input() { params }: In<typeof routes.loadBalancersRoute>) {
    return views.loadBalancers(this.db, params.application);
  }

  @Serves(routes.providerLoadBalancersRoute)
  providerLoadBalancers() {
    return [];
  }

  @Serves(routes.loadBalancerRoute)
  async loadBalancer(@Input() { params }: In<typeof routes.loadBalancerRoute>) {
    const balancer = await views.loadBalancer(this.db, params);
    return [found(balancer, `load balancer ${params.name} in ${params.region}`)];
  }

  @Serves(routes.securityGroupsRoute)
  async securityGroups(@Input() { query }: In<typeof routes.securityGroupsRoute>) {
    const all = await views.securityGroups(this.db);
    if (query.id === undefined) return all;
    const groups = Object.values(all).flatMap(({ kubernetes }) => Object.values(kubernetes).flat());
    return found(
      groups.find((group) => group.id === query.id),
      `security group ${query.id}`,
    );
  }

  @Serves(routes.accountSecurityGroupsRoute)
  async accountSecurityGroups(@Input() { params, query }: In<typeof routes.accountSecurityGroupsRoute>) {
    const { account } = params;
    return (await views.securityGroups(this.db, { account, region: query.region }))[account] ?? {};
  }

  @Serves(routes.providerSecurityGroupsRoute)
  async providerSecurityGroups(@Input() { params, query }: In<typeof routes.providerSecurityGroupsRoute>) {
    const { account, provider } = params;
    if (provider !== 'kubernetes') return {};
    return (
      (await views.securityGroups(this.db, { account, region: query.region }))[account]?.kubernetes ?? {}
    );
  }

  @Serves(routes.regionSecurityGroupsRoute)
  async regionSecurityGroups(@Input() { params }: In<typeof routes.regionSecurityGroupsRoute>) {
    const { account, provider, region } = params;
    if (provider !== 'kubernetes') return [];
    // Spinnaker takes a name in the region's place: no region has a space in it.
    if (region.includes(' ')) {
      const name = region.split(' ').at(-1) ?? '';
      return (await views.securityGroups(this.db, { account, name }))[account]?.kubernetes ?? {};
    }
    return (await views.securityGroups(this.db, { account, region }))[account]?.kubernetes[region] ?? [];
  }

  @Serves(routes.securityGroupRoute)
  async securityGroup(@Input() { params }: In<typeof routes.securityGroupRoute>) {
    return found(
      await views.securityGroup(this.db, params),
      `security group ${params.name} in ${params.region}`,
    );
  }

  @Serves(routes.instanceRoute)
  async instance(@Input() { params }: In<typeof routes.instanceRoute>) {
    const { account, region, id } = params;
    return found(await views.instance(this.db, { account, region, uid: id }), `instance ${id} in ${region}`);
  }

  @Serves(routes.rawResourcesRoute)
  async rawResources(@Input() { params }: In<typeof routes.rawResourcesRoute>) {
    const limits = await views.accountViews(this.db);
    return views.rawResources(this.db, params.application, { limits });
  }

  @Serves(routes.searchRoute)
  async search(@Input() { query }: In<typeof routes.searchRoute>) {
    const { q, type, platform: _platform, page, pageSize, ...rest } = query;
    const filters = Object.fromEntries(
      Object.entries(rest).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
    return [await views.search(this.db, { query: q, types: type, page, pageSize, filters })];
  }

  @Serves(routes.inventoryHealthRoute)
  async health(@Input() { query }: In<typeof routes.inventoryHealthRoute>) {
    const names = (await views.accountViews(this.db)).map((account) => account.name);
    const wanted = query.accounts.length > 0 ? query.accounts : names;
    return views.inventoryHealth(this.db, wanted.slice(0, query.limit));
  }

  private async wholeCluster(params: { application: string; account: string; cluster: string }) {
    const { application, account, cluster } = params;
    const whole = await views.cluster(this.db, { application, account, name: cluster });
    return found(whole, `cluster ${cluster} of ${application} in account ${account}`);
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new NotFoundError('inventory.not_found', `${what} not found`);
  return value;
}

/** `account:region:name`. */
function idOf(text: string): views.ResourceId {
  const [account, region, ...name] = text.split(':');
  if (account && region !== undefined && name.length > 0) return { account, region, name: name.join(':') };
  throw new InvalidInputError('server_groups.query', [
    { path: 'ids', message: `"${text}" is not of the form account:region:name` },
  ]);
}
