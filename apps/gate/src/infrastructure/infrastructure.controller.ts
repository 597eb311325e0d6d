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
import { Input, Serves } from '@gennaker/http';
import {
  accountViews,
  cluster,
  clusterNames,
  clusters,
  expandedServerGroups,
  instance,
  loadBalancer,
  loadBalancers,
  rawResources,
  serverGroup,
  serverGroupManagers,
  serverGroups,
  serverGroupsById,
  targetServerGroup,
} from '@gennaker/inventory';
import { InvalidInputError, NotFoundError } from '@gennaker/kernel';
import { Controller, UseInterceptors } from '@nestjs/common';
import { InventoryDatabase } from './inventory-database.js';
import { StaleAccountsInterceptor } from './stale-accounts.interceptor.js';

/** What runs where, from the cloud driver's inventory. */
@Controller()
@UseInterceptors(StaleAccountsInterceptor)
export class InfrastructureController {
  constructor(private readonly db: InventoryDatabase) {}

  @Serves(listClusterNames)
  clusterNames(@Input() { params }: RouteInput<typeof listClusterNames>) {
    return clusterNames(this.db, params.application.toLowerCase());
  }

  @Serves(listClustersOfAccount)
  clusters(@Input() { params }: RouteInput<typeof listClustersOfAccount>) {
    return clusters(this.db, params.application.toLowerCase(), { account: params.account });
  }

  @Serves(getCluster)
  async cluster(@Input() { params }: RouteInput<typeof getCluster>) {
    return (await this.find(params)) ?? {};
  }

  @Serves(listClusterServerGroups)
  async clusterServerGroups(@Input() { params }: RouteInput<typeof listClusterServerGroups>) {
    return (await this.find(params))?.serverGroups ?? [];
  }

  @Serves(getClusterServerGroup)
  async clusterServerGroup(@Input() { params }: RouteInput<typeof getClusterServerGroup>) {
    const groups = (await this.find(params))?.serverGroups ?? [];
    return groups.filter((group) => group.name === params.name);
  }

  @Serves(getTargetServerGroup)
  async target(@Input() { params, query }: RouteInput<typeof getTargetServerGroup>) {
    const groups = (await this.find(params))?.serverGroups ?? [];
    return targetServerGroup(
      groups.filter((group) => group.region === params.scope),
      params.target,
      query,
    );
  }

  @Serves(listServerGroups)
  serverGroups(@Input() { params, query }: RouteInput<typeof listServerGroups>) {
    const filter = { clusters: query.clusters };
    const applications = [params.application.toLowerCase()];
    return query.expand
      ? expandedServerGroups(this.db, applications, filter)
      : serverGroups(this.db, applications, filter);
  }

  @Serves(getServerGroup)
  async serverGroup(@Input() { params }: RouteInput<typeof getServerGroup>) {
    const found = await serverGroup(this.db, params);
    if (found !== undefined) return { ...found, insightActions: [] };
    throw new NotFoundError('gate.no_such_server_group', `Server group not found (id: ${params.name})`);
  }

  @Serves(listServerGroupsOf)
  serverGroupsOf(@Input() { query }: RouteInput<typeof listServerGroupsOf>) {
    const { applications, ids } = query;
    if ((applications.length === 0) === (ids.length === 0)) {
      throw new InvalidInputError(
        'gate.applications_or_ids',
        'Provide either applications or ids, and not both',
      );
    }
    if (ids.length === 0)
      return serverGroups(
        this.db,
        applications.map((name) => name.toLowerCase()),
      );
    return serverGroupsById(this.db, ids.map(resourceIdOf));
  }

  @Serves(listServerGroupManagers)
  serverGroupManagers(@Input() { params }: RouteInput<typeof listServerGroupManagers>) {
    return serverGroupManagers(this.db, params.application.toLowerCase());
  }

  @Serves(listLoadBalancers)
  loadBalancers(@Input() { params }: RouteInput<typeof listLoadBalancers>) {
    return loadBalancers(this.db, params.application.toLowerCase());
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
  async rawResources(@Input() { params }: RouteInput<typeof listRawResources>) {
    return rawResources(this.db, params.application.toLowerCase(), { limits: await accountViews(this.db) });
  }

  private find(id: { application: string; account: string; cluster: string }) {
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
