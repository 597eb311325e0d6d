import type { Action, ResourceType, RoutePermission } from './route.js';

/** A question about the thing that a path parameter names. */
const byParameter =
  (resource: ResourceType, parameter: string) =>
  (action: Action): RoutePermission => ({ action, resource, from: `params.${parameter}` });

export const ofApplication = byParameter('application', 'application');
export const ofExecution = byParameter('execution', 'id');
export const ofPipelineConfig = byParameter('pipeline', 'id');
export const ofTask = byParameter('task', 'id');

/** A question about the application that the body names. */
export const ofBodyApplication = (action: Action): RoutePermission => ({
  action,
  resource: 'application',
  from: 'body.application',
});

/** A question about the whole kind. */
export const ofAll = (resource: ResourceType, action: Action = 'READ'): RoutePermission => ({
  action,
  resource,
});
