import {
  defineRoute,
  nameField,
  optionalQueryNumber,
  queryFlag,
  queryList,
  queryNumber,
  queryText,
  type RoutePermission,
} from '@gennaker/contracts';
import { z } from 'zod';

const readApplication: RoutePermission = {
  action: 'READ',
  resource: 'application',
  from: 'params.application',
};
const readAccount: RoutePermission = { action: 'READ', resource: 'account', from: 'params.account' };
const readAny: RoutePermission = { action: 'READ', resource: 'installation' };

const application = z.object({ application: nameField });
const ofAccount = application.extend({ account: nameField });
const ofCluster = ofAccount.extend({ cluster: nameField });
const located = z.object({ account: nameField, region: nameField, name: nameField });
const tag = 'inventory';
const GET = 'GET' as const;

export const applicationsRoute = defineRoute({
  method: GET,
  path: '/applications',
  id: 'listApplications',
  tag,
  summary: 'Applications that have something in some account',
  permission: readAny,
  query: z.object({ expand: queryFlag(true), restricted: queryFlag(true) }),
});

export const applicationRoute = defineRoute({
  method: GET,
  path: '/applications/:application',
  id: 'getApplication',
  tag,
  summary: 'An application with its clusters by account',
  permission: readApplication,
  params: application,
});

export const clusterNamesRoute = defineRoute({
  method: GET,
  path: '/applications/:application/clusters',
  id: 'listClusterNames',
  tag,
  summary: 'Names of clusters by account',
  permission: readApplication,
  params: application,
});

export const accountClustersRoute = defineRoute({
  method: GET,
  path: '/applications/:application/clusters/:account',
  id: 'listClusters',
  tag,
  summary: 'Clusters in one account',
  permission: readApplication,
  params: ofAccount,
});

export const clusterRoute = defineRoute({
  method: GET,
  path: '/applications/:application/clusters/:account/:cluster',
  id: 'getCluster',
  tag,
  summary: 'A cluster with its server groups, as a list of one',
  permission: readApplication,
  params: ofCluster,
  query: z.object({ expand: queryFlag(true) }),
});

export const typedClusterRoute = defineRoute({
  method: GET,
  path: '/applications/:application/clusters/:account/:cluster/:type',
  id: 'getClusterOfProvider',
  tag,
  summary: 'A cluster with its server groups',
  permission: readApplication,
  params: ofCluster.extend({ type: z.literal('kubernetes', 'only "kubernetes" is known') }),
});

export const clusterServerGroupsRoute = defineRoute({
  method: GET,
  path: '/applications/:application/clusters/:account/:cluster/:type/serverGroups',
  id: 'listClusterServerGroups',
  tag,
  summary: 'Server groups of a cluster',
  permission: readApplication,
  params: ofCluster.extend({ type: nameField }),
  query: z.object({ region: queryText }),
});

export const clusterServerGroupRoute = defineRoute({
  method: GET,
  path: '/applications/:application/clusters/:account/:cluster/:type/serverGroups/:serverGroup',
  id: 'getClusterServerGroup',
  tag,
  summary: 'Server groups of that name in a cluster; one alone when the region is given',
  permission: readApplication,
  params: ofCluster.extend({ type: nameField, serverGroup: nameField }),
  query: z.object({ region: queryText }),
});

export const targetServerGroupRoute = defineRoute({
  method: GET,
  path: '/applications/:application/clusters/:account/:cluster/:provider/:scope/serverGroups/target/:target',
  id: 'getTargetServerGroup',
  tag,
  summary: 'The server group that a dynamic target means',
  permission: readApplication,
  params: ofCluster.extend({ provider: nameField, scope: nameField, target: nameField }),
  query: z.object({ onlyEnabled: queryFlag(false), validateOldest: queryFlag(true) }),
});

export const serverGroupsRoute = defineRoute({
  method: GET,
  path: '/applications/:application/serverGroups',
  id: 'listServerGroups',
  tag,
  summary: 'Server groups of an application',
  permission: readApplication,
  params: application,
  query: z.object({ expand: queryFlag(false), cloudProvider: queryText, clusters: queryList }),
});

export const allServerGroupsRoute = defineRoute({
  method: GET,
  path: '/serverGroups',
  id: 'findServerGroups',
  tag,
  summary: 'Server groups of several applications, or by id (account:region:name)',
  permission: readAny,
  query: z.object({ applications: queryList, ids: queryList, cloudProvider: queryText }),
});

export const serverGroupRoute = defineRoute({
  method: GET,
  path: '/serverGroups/:account/:region/:name',
  id: 'getServerGroup',
  tag,
  summary: 'A server group with everything about it',
  permission: readAccount,
  params: located,
});

export const applicationServerGroupRoute = defineRoute({
  method: GET,
  path: '/applications/:application/serverGroups/:account/:region/:name',
  id: 'getApplicationServerGroup',
  tag,
  summary: 'A server group of an application with everything about it',
  permission: readApplication,
  params: located.extend({ application: nameField }),
  query: z.object({ includeDetails: queryFlag(true) }),
});

export const serverGroupManagersRoute = defineRoute({
  method: GET,
  path: '/applications/:application/serverGroupManagers',
  id: 'listServerGroupManagers',
  tag,
  summary: 'Deployments and what else makes server groups',
  permission: readApplication,
  params: application,
});

export const loadBalancersRoute = defineRoute({
  method: GET,
  path: '/applications/:application/loadBalancers',
  id: 'listLoadBalancers',
  tag,
  summary: 'Load balancers of an application with what is behind them',
  permission: readApplication,
  params: application,
});

export const providerLoadBalancersRoute = defineRoute({
  method: GET,
  path: '/:provider/loadBalancers',
  id: 'listProviderLoadBalancers',
  tag,
  summary: 'Load balancers that can be chosen for a new server group: none on Kubernetes',
  permission: readAny,
  params: z.object({ provider: nameField }),
});

export const loadBalancerRoute = defineRoute({
  method: GET,
  path: '/:provider/loadBalancers/:account/:region/:name',
  id: 'getLoadBalancer',
  tag,
  summary: 'A load balancer, as a list of one',
  permission: readAccount,
  params: located.extend({ provider: nameField }),
});

export const securityGroupsRoute = defineRoute({
  method: GET,
  path: '/securityGroups',
  id: 'listSecurityGroups',
  tag,
  summary: 'Security groups by account, provider and region',
  permission: readAny,
  query: z.object({ id: queryText }),
});

export const accountSecurityGroupsRoute = defineRoute({
  method: GET,
  path: '/securityGroups/:account',
  id: 'listAccountSecurityGroups',
  tag,
  summary: 'Security groups of an account by provider and region',
  permission: readAccount,
  params: z.object({ account: nameField }),
  query: z.object({ region: queryText }),
});

export const providerSecurityGroupsRoute = defineRoute({
  method: GET,
  path: '/securityGroups/:account/:provider',
  id: 'listProviderSecurityGroups',
  tag,
  summary: 'Security groups of an account by region',
  permission: readAccount,
  params: z.object({ account: nameField, provider: nameField }),
  query: z.object({ region: queryText }),
});

export const regionSecurityGroupsRoute = defineRoute({
  method: GET,
  path: '/securityGroups/:account/:provider/:region',
  id: 'listRegionSecurityGroups',
  tag,
  summary: 'Security groups of a namespace',
  permission: readAccount,
  params: z.object({ account: nameField, provider: nameField, region: nameField }),
});

export const securityGroupRoute = defineRoute({
  method: GET,
  path: '/securityGroups/:account/:provider/:region/:name',
  id: 'getSecurityGroup',
  tag,
  summary: 'A security group with its rules',
  permission: readAccount,
  params: located.extend({ provider: nameField }),
});

export const instanceRoute = defineRoute({
  method: GET,
  path: '/instances/:account/:region/:id',
  id: 'getInstance',
  tag,
  summary: 'A pod by its uid',
  permission: readAccount,
  params: z.object({ account: nameField, region: nameField, id: nameField }),
});

export const rawResourcesRoute = defineRoute({
  method: GET,
  path: '/applications/:application/rawResources',
  id: 'listRawResources',
  tag,
  summary: 'Everything of an application, whatever its kind',
  permission: readApplication,
  params: application,
});

export const searchRoute = defineRoute({
  method: GET,
  path: '/search',
  id: 'search',
  tag,
  summary: 'Finds things by a part of their name',
  permission: readAny,
  query: z
    .object({
      q: z.string('must be given').max(500),
      type: queryList,
      platform: queryText,
      page: queryNumber(1, { min: 1, max: 10_000 }),
      pageSize: queryNumber(10_000, { min: 1, max: 10_000 }),
    })
    .loose(),
});

export const inventoryHealthRoute = defineRoute({
  method: GET,
  path: '/inventory/health',
  id: 'getInventoryHealth',
  tag,
  summary: 'How fresh what is shown of each account is',
  permission: readAny,
  query: z.object({ accounts: queryList, limit: optionalQueryNumber({ min: 1, max: 10_000 }) }),
});

export const refreshRoute = defineRoute({
  method: 'POST',
  path: '/cache/:cloudProvider/:type',
  id: 'refreshCache',
  tag,
  summary: 'Takes one object into the inventory as its cluster has it right now',
  permission: readAny,
  params: z.object({ cloudProvider: nameField, type: nameField }),
  body: z.looseObject({ account: nameField, location: z.string().max(500).default(''), name: nameField }),
});

export const pendingRefreshesRoute = defineRoute({
  method: 'GET',
  path: '/cache/:cloudProvider/:type',
  id: 'listPendingRefreshes',
  tag,
  summary: 'Refreshes that are under way: none, each is done when it is answered',
  permission: readAny,
  params: z.object({ cloudProvider: nameField, type: nameField }),
});
