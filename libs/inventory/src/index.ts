export * from './clouddriver-migrations.js';
export * from './describe-resource.js';
export * from './resource-row.js';
export * from './resource-store.js';
export * from './summarise-resource.js';
export * from './views/account-view.js';
export * from './views/applications.js';
export * from './views/clusters.js';
export * from './views/instance-health.js';
export * from './views/instances.js';
export * from './views/inventory-health.js';
export * from './views/load-balancers.js';
export * from './views/manifests.js';
export * from './views/namespaces.js';
export * from './views/project-clusters.js';
export * from './views/raw-resources.js';
export * from './views/search.js';
export * from './views/security-groups.js';
export * from './views/server-group-managers.js';
export {
  expandedServerGroups,
  type ResourceId,
  serverGroup,
  serverGroups,
  serverGroupsByKey,
  serverGroupsById,
} from './views/server-groups.js';
export type { Instance, InstanceSummary, ServerGroup, ServerGroupSummary } from './views/server-group.js';
export * from './views/stale-accounts.js';
export * from './views/target-server-group.js';
export { loadBalancerVersions, serverGroupVersions, type ViewVersion } from './views/versions.js';
export type { Queryable, ResourceHead, ServerGroupFilter, VisibleAccounts } from './views/view-row.js';
