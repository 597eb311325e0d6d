import { z } from 'zod';
import { jsonObject, pathParams, queryList, queryNumber } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';
import { executionShape } from './shapes.js';

const tag = 'projects';

export const listProjects = defineRoute({
  method: 'GET',
  path: '/projects',
  id: 'listProjects',
  tag,
  summary: 'All projects',
  permission: ofAll('project'),
  answer: z.array(jsonObject),
});

export const getProject = defineRoute({
  method: 'GET',
  path: '/projects/:id',
  id: 'getProject',
  tag,
  summary: 'One project by name or id',
  permission: { action: 'READ', resource: 'project', from: 'params.id' },
  params: pathParams('id'),
  answer: jsonObject,
});

export const listProjectClusters = defineRoute({
  method: 'GET',
  path: '/projects/:id/clusters',
  id: 'listProjectClusters',
  tag,
  summary: 'Clusters of a project with the number of instances in each',
  permission: { action: 'READ', resource: 'project', from: 'params.id' },
  params: pathParams('id'),
  answer: z.array(jsonObject),
});

export const listProjectPipelines = defineRoute({
  method: 'GET',
  path: '/projects/:id/pipelines',
  id: 'listProjectPipelines',
  tag,
  summary: 'Executions of the pipelines of a project',
  description:
    '`limit` is per pipeline configuration. With `cursor` (empty for the first page) the list is paged newest first, and the next page is in the Link header.',
  permission: { action: 'READ', resource: 'project', from: 'params.id' },
  params: pathParams('id'),
  query: z.object({
    limit: queryNumber(5, { min: 0, max: 1_000 }),
    statuses: queryList,
    cursor: z.string().max(500).optional(),
  }),
  answer: z.array(executionShape),
});
