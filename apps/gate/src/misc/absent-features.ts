import { type HttpMethod, type RouteContract, defineRoute, type ResourceType } from '@gennaker/contracts';
import { z } from 'zod';

/** An endpoint of a feature that is not here, with what an installation without that feature answers. */
export interface AbsentFeature {
  route: RouteContract;
  answer: unknown;
  /** Why a write is refused. */
  refusal?: string;
}

function absent(
  method: HttpMethod,
  path: string,
  answer: unknown,
  resource: ResourceType = 'installation',
): AbsentFeature {
  const names = [...path.matchAll(/[:*](\w+)/g)].map((match) => match[1] ?? '');
  const id = `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_all, next: string) => next.toUpperCase())}`;
  const route = defineRoute({
    method,
    path,
    id,
    tag: 'absent features',
    summary: 'Answers as an installation without the feature does',
    permission: { action: 'READ', resource },
    ...(names.length === 0
      ? {}
      : { params: z.object(Object.fromEntries(names.map((name) => [name, z.string().min(1).max(1_000)]))) }),
    ...(answer === null ? {} : { answer: Array.isArray(answer) ? z.array(z.unknown()) : z.looseObject({}) }),
  });
  return { route, answer };
}

/** A write of a feature that is not here: the client's mistake, with the way that there is. */
function refused(method: HttpMethod, path: string, refusal: string, resource: ResourceType): AbsentFeature {
  const { route, answer } = absent(method, path, null, resource);
  const permission = { action: 'WRITE', resource } as const;
  return { route: { ...route, permission, summary: 'Refused: the feature is not here' }, answer, refusal };
}

const NO_V1 = 'Templates of schema 1 are not supported: use /v2/pipelineTemplates';
const NO_TOKENS = 'There are no API tokens here: people are signed in by the proxy in front';
const list: unknown[] = [];
const object = {};

/** Endpoints that clients call, and whose feature answers with nothing here. */
export const ABSENT_FEATURES: readonly AbsentFeature[] = [
  absent('GET', '/plugins/deck/plugin-manifest.json', list),
  absent('GET', '/plugins/info', list),
  absent('GET', '/plugins/installed', object),
  absent('GET', '/banners', list),
  absent('GET', '/banners/all', list),
  absent('GET', '/notifications/metadata', list, 'notification'),
  absent('GET', '/pubsub/subscriptions', list),
  absent('GET', '/capabilities/quietPeriod', {
    enabled: false,
    inQuietPeriod: false,
    startTime: 0,
    endTime: 0,
  }),
  absent('GET', '/capabilities/deploymentMonitors', list),
  absent('GET', '/pipelineTemplates', list, 'template'),
  absent('GET', '/pipelineTemplates/:id/dependents', list, 'template'),
  refused('GET', '/pipelineTemplates/resolve', NO_V1, 'template'),
  refused('GET', '/pipelineTemplates/:id', NO_V1, 'template'),
  refused('POST', '/pipelineTemplates', NO_V1, 'template'),
  refused('POST', '/pipelineTemplates/:id', NO_V1, 'template'),
  refused('DELETE', '/pipelineTemplates/:id', NO_V1, 'template'),
  absent('GET', '/auth/apiTokens', list, 'user'),
  absent('GET', '/auth/apiTokens/admin/users', list, 'user'),
  absent('GET', '/auth/apiTokens/serviceAccounts', list, 'user'),
  refused('POST', '/auth/apiTokens', NO_TOKENS, 'user'),
  refused('DELETE', '/auth/apiTokens/:id', NO_TOKENS, 'user'),
  absent('GET', '/artifacts/content-address/:application/:hash', object),
  absent('GET', '/artifacts/:provider/:package', list),
  absent('GET', '/artifacts/:provider/:package/:version', object),
  absent('POST', '/notifications/callbacks/:source', null, 'notification'),
  absent('GET', '/bakery/options', list),
  absent('GET', '/bakery/options/:provider', object),
  absent('GET', '/bakery/logs/:region/:statusId', null),
  absent('GET', '/v2/builds', list),
  absent('GET', '/v3/builds', list),
  absent('GET', '/v3/builds/:master/jobs', list),
  absent('GET', '/v3/builds/:master/job', object),
  absent('GET', '/v3/builds/:master/builds', list),
  absent('GET', '/v3/builds/:master/build/:number', object),
  absent('GET', '/gcb/accounts', list),
  absent('GET', '/gcb/triggers/:account', list),
  absent('GET', '/codebuild/accounts', list),
  absent('GET', '/codebuild/projects/:account', list),
  absent('GET', '/concourse/:master/teams', list),
  absent('GET', '/artifactory/names', list),
  absent('GET', '/nexus/names', list),
  absent('GET', '/ci/builds', list),
  absent('GET', '/images/find', list),
  absent('GET', '/images/tags', list),
  absent('GET', '/charts/find', list),
  absent('GET', '/charts/tags', list),
  absent('GET', '/loadBalancers', list),
  absent('GET', '/networks', object),
  absent('GET', '/networks/:provider', list),
  absent('GET', '/subnets', object),
  absent('GET', '/subnets/:provider', list),
  absent('GET', '/vpcs', list),
  absent('GET', '/instanceTypes', list),
  absent('GET', '/keyPairs', list),
  absent('GET', '/functions', list),
  absent('GET', '/applications/:application/functions', list, 'application'),
  absent('GET', '/certificates', list),
  absent('GET', '/certificates/:provider', list),
  absent('GET', '/roles/:provider', list),
  absent('GET', '/storage', list),
  absent('GET', '/tags', list),
  absent(
    'GET',
    '/applications/:application/clusters/:account/:cluster/:type/loadBalancers',
    list,
    'application',
  ),
  absent(
    'GET',
    '/applications/:application/clusters/:account/:cluster/serverGroups/:name/scalingActivities',
    list,
    'application',
  ),
  absent('GET', '/applications/:application/snapshots/:account', object, 'application'),
  absent('GET', '/applications/:application/snapshots/:account/history', list, 'application'),
  absent('GET', '/managed/application/:application', object, 'application'),
  absent('GET', '/managed/delivery-configs/:name', object),
  absent('GET', '/slack/channels', list),
  absent('GET', '/canaryConfig/names', list, 'canaryConfig'),
];
