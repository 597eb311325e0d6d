import { z } from 'zod';
import { jsonObject, pathParams, queryFlag, queryList, queryNumber, queryText } from './fields.js';
import { ofAll, ofApplication } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'infrastructure';
const application = pathParams('application');
const list = z.array(jsonObject);
const ofAccount = { action: 'READ', resource: 'account', from: 'params.account' } as const;
const inAccount = pathParams('account', 'region', 'name');

export const listClusterNames = defineRoute({
  method: 'GET',
  path: '/applications/:application/clusters',
  id: 'listClusterNames',
  tag,
  summary: 'Names of the clusters of an application, by account',
  permission: ofApplication('READ'),
  params: application,
  answer: z.record(z.string(), z.array(z.string())),
});

export const listClustersOfAccount = defineRoute({
  method: 'GET',
  path: '/applications/:application/clusters/:account',
  id: 'listClustersOfAccount',
  tag,
  summary: 'Clusters of an application in one account',
  permission: ofApplication('READ'),
  params: pathParams('application', 'account'),
  answer: list,
});

const clusterPath = pathParams('application', 'account', 'cluster');

export const getCluster = defineRoute({
  method: 'GET',
  path: '/applications/:application/clusters/:account/:cluster',
  id: 'getCluster',
  tag,
  summary: 'One cluster with its server groups; an empty object when there is none',
  permission: ofApplication('READ'),
  params: clusterPath,
  answer: jsonObject,
});

export const listClusterServerGroups = defineRoute({
  method: 'GET',
  path: '/applications/:application/clusters/:account/:cluster/serverGroups',
  id: 'listClusterServerGroups',
  tag,
  summary: 'Server groups of a cluster',
  permission: ofApplication('READ'),
  params: clusterPath,
  answer: list,
});

export const getClusterServerGroup = defineRoute({
  method: 'GET',
  path: '/applications/:application/clusters/:account/:cluster/serverGroups/:name',
  id: 'getClusterServerGroup',
  tag,
  summary: 'Server groups of that name in a cluster, one for each namespace',
  permission: ofApplication('READ'),
  params: pathParams('application', 'account', 'cluster', 'name'),
  answer: list,
});

export const getTargetServerGroup = defineRoute({
  method: 'GET',
  path: '/applications/:application/clusters/:account/:cluster/:provider/:scope/serverGroups/target/:target',
  id: 'getTargetServerGroup',
  tag,
  summary: 'The server group of a cluster that a dynamic target such as `newest` names',
  permission: ofApplication('READ'),
  params: pathParams('application', 'account', 'cluster', 'provider', 'scope', 'target'),
  query: z.object({ onlyEnabled: queryFlag(false), validateOldest: queryFlag(true) }),
  answer: jsonObject,
});

export const listServerGroups = defineRoute({
  method: 'GET',
  path: '/applications/:application/serverGroups',
  id: 'listServerGroups',
  tag,
  summary: 'Server groups of an application',
  permission: ofApplication('READ'),
  params: application,
  query: z.object({ expand: queryFlag(false), cloudProvider: queryText, clusters: queryList }),
  answer: list,
});

export const getServerGroup = defineRoute({
  method: 'GET',
  path: '/applications/:application/serverGroups/:account/:region/:name',
  id: 'getServerGroup',
  tag,
  summary: 'One server group',
  permission: ofApplication('READ'),
  params: pathParams('application', 'account', 'region', 'name'),
  query: z.object({ includeDetails: queryFlag(true) }),
  answer: jsonObject,
});

export const listServerGroupsOf = defineRoute({
  method: 'GET',
  path: '/serverGroups',
  id: 'listServerGroupsOf',
  tag,
  summary: 'Server groups of several applications, or those with the given ids (account:region:name)',
  permission: ofAll('application'),
  query: z.object({ applications: queryList, ids: queryList, cloudProvider: queryText }),
  answer: list,
});

export const listServerGroupManagers = defineRoute({
  method: 'GET',
  path: '/applications/:application/serverGroupManagers',
  id: 'listServerGroupManagers',
  tag,
  summary: 'Deployments and other managers of server groups of an application',
  permission: ofApplication('READ'),
  params: application,
  answer: list,
});

export const listLoadBalancers = defineRoute({
  method: 'GET',
  path: '/applications/:application/loadBalancers',
  id: 'listLoadBalancers',
  tag,
  summary: 'Load balancers of an application',
  permission: ofApplication('READ'),
  params: application,
  answer: list,
});

export const getLoadBalancer = defineRoute({
  method: 'GET',
  path: '/loadBalancers/:account/:region/:name',
  id: 'getLoadBalancer',
  tag,
  summary: 'One load balancer as a list of one; an empty list when there is none',
  permission: ofAccount,
  params: inAccount,
  query: z.object({ provider: queryText }),
  answer: list,
});

export const getInstance = defineRoute({
  method: 'GET',
  path: '/instances/:account/:region/:id',
  id: 'getInstance',
  tag,
  summary: 'One instance',
  permission: ofAccount,
  params: pathParams('account', 'region', 'id'),
  answer: jsonObject,
});

export const listRawResources = defineRoute({
  method: 'GET',
  path: '/applications/:application/rawResources',
  id: 'listRawResources',
  tag,
  summary: 'Everything of an application, whatever its kind',
  permission: ofApplication('READ'),
  params: application,
  answer: list,
});

export const listSecurityGroups = defineRoute({
  method: 'GET',
  path: '/securityGroups',
  id: 'listSecurityGroups',
  tag,
  summary: 'Network policies by account, provider and namespace',
  permission: ofAll('account'),
  query: z.object({ id: queryText, provider: queryText }),
  answer: jsonObject,
});

export const listSecurityGroupsOf = defineRoute({
  method: 'GET',
  path: '/securityGroups/:account',
  id: 'listSecurityGroupsOf',
  tag,
  summary: 'Network policies of an account',
  permission: ofAccount,
  params: pathParams('account'),
  query: z.object({ provider: queryText, region: queryText }),
  answer: jsonObject,
});

export const getSecurityGroup = defineRoute({
  method: 'GET',
  path: '/securityGroups/:account/:region/:name',
  id: 'getSecurityGroup',
  tag,
  summary: 'One network policy',
  permission: ofAccount,
  params: inAccount,
  query: z.object({ provider: queryText, vpcId: queryText }),
  answer: jsonObject,
});

export const listFirewalls = defineRoute({
  ...listSecurityGroups,
  path: '/firewalls',
  id: 'listFirewalls',
  summary: 'The same as /securityGroups',
});
export const listFirewallsOf = defineRoute({
  ...listSecurityGroupsOf,
  path: '/firewalls/:account',
  id: 'listFirewallsOf',
  summary: 'The same as /securityGroups/{account}',
});
export const listFirewallsIn = defineRoute({
  method: 'GET',
  path: '/firewalls/:account/:region',
  id: 'listFirewallsIn',
  tag,
  summary: 'Network policies of a namespace',
  permission: ofAccount,
  params: pathParams('account', 'region'),
  query: z.object({ provider: queryText }),
  answer: jsonObject,
});
export const getFirewall = defineRoute({
  ...getSecurityGroup,
  path: '/firewalls/:account/:region/:name',
  id: 'getFirewall',
  summary: 'One network policy',
});

export const searchResources = defineRoute({
  method: 'GET',
  path: '/search',
  id: 'search',
  tag,
  summary: 'Finds resources, clusters, applications and projects by a part of their name',
  permission: ofAll('application'),
  query: z
    .object({
      q: queryText,
      type: queryList,
      platform: queryText,
      pageSize: queryNumber(10_000, { min: 1, max: 10_000 }),
      page: queryNumber(1, { min: 1, max: 1_000_000 }),
      cursor: queryText,
      allowShortQuery: queryFlag(false),
    })
    .catchall(z.union([z.string().max(1_000), z.array(z.string())])),
  answer: list,
});

export const listCredentials = defineRoute({
  method: 'GET',
  path: '/credentials',
  id: 'listCredentials',
  tag: 'credentials',
  summary: 'Accounts that the user may see',
  permission: ofAll('account'),
  query: z.object({ expand: queryFlag(false) }),
  answer: list,
});

export const getCredentials = defineRoute({
  method: 'GET',
  path: '/credentials/:account',
  id: 'getCredentials',
  tag: 'credentials',
  summary: 'One account; an empty answer when there is none',
  permission: ofAccount,
  params: pathParams('account'),
  answer: jsonObject,
});
