import { z } from 'zod';
import {
  jsonObject,
  optionalQueryNumber,
  pathParams,
  queryFlag,
  queryList,
  queryNumber,
  queryText,
} from './fields.js';
import { ofApplication } from './permissions.js';
import { defineRoute } from './route.js';
import {
  applicationAttributes,
  applicationShape,
  executionShape,
  pipelineConfigShape,
  taskRef,
  taskShape,
  versionShape,
} from './shapes.js';

const tag = 'applications';
const application = pathParams('application');

export const listApplications = defineRoute({
  method: 'GET',
  path: '/applications',
  id: 'listApplications',
  tag,
  summary: 'Attributes of all applications that the user may read',
  permission: { action: 'READ', resource: 'application' },
  query: z.object({ account: queryText, owner: queryText }),
  answer: z.array(applicationAttributes),
});

export const getApplication = defineRoute({
  method: 'GET',
  path: '/applications/:application',
  id: 'getApplication',
  tag,
  summary: 'One application, with its clusters when expanded',
  permission: ofApplication('READ'),
  params: application,
  query: z.object({ expand: queryFlag(true) }),
  answer: applicationShape,
});

export const getApplicationHistory = defineRoute({
  method: 'GET',
  path: '/applications/:application/history',
  id: 'getApplicationHistory',
  tag,
  summary: 'Versions of an application, newest first, with author, reason and changes',
  permission: ofApplication('READ'),
  params: application,
  query: z.object({ limit: queryNumber(20, { min: 1, max: 1_000 }), cursor: queryText }),
  answer: z.array(versionShape),
});

export const listApplicationTasks = defineRoute({
  method: 'GET',
  path: '/applications/:application/tasks',
  id: 'listApplicationTasks',
  tag,
  summary: 'Tasks of an application, newest first',
  permission: ofApplication('READ'),
  params: application,
  query: z.object({
    page: queryNumber(1, { min: 1, max: 100_000 }),
    limit: queryNumber(3_500, { min: 0, max: 3_500 }),
    statuses: queryList,
    cursor: queryText,
  }),
  answer: z.array(taskShape),
});

export const listApplicationPipelines = defineRoute({
  method: 'GET',
  path: '/applications/:application/pipelines',
  id: 'listApplicationPipelines',
  tag,
  summary: 'Executions of the pipelines of an application, oldest first',
  description:
    '`limit` is per pipeline configuration. With `cursor` (empty for the first page) the list is paged newest first, and the next page is in the Link header.',
  permission: ofApplication('READ'),
  params: application,
  query: z.object({
    limit: optionalQueryNumber({ min: 0, max: 1_000 }),
    statuses: queryList,
    expand: queryFlag(true),
    running: queryFlag(false),
    pipelineNameFilter: queryText,
    pipelineLimit: optionalQueryNumber({ min: 0, max: 10_000 }),
    cursor: z.string().max(500).optional(),
  }),
  answer: z.array(executionShape),
});

export const cancelApplicationPipeline = defineRoute({
  method: 'PUT',
  path: '/applications/:application/pipelines/:id/cancel',
  id: 'cancelApplicationPipeline',
  tag,
  summary: 'Cancels an execution. The application in the path is not looked at',
  permission: { action: 'EXECUTE', resource: 'execution', from: 'params.id' },
  params: pathParams('application', 'id'),
  query: z.object({ reason: queryText }),
});

const configQuery = z.object({
  pipelineNameFilter: queryText,
  pipelineLimit: optionalQueryNumber({ min: 0, max: 10_000 }),
});

export const listPipelineConfigs = defineRoute({
  method: 'GET',
  path: '/applications/:application/pipelineConfigs',
  id: 'listPipelineConfigs',
  tag,
  summary: 'Pipeline configurations of an application in their order',
  permission: ofApplication('READ'),
  params: application,
  query: configQuery,
  answer: z.array(pipelineConfigShape),
});

export const getPipelineConfig = defineRoute({
  method: 'GET',
  path: '/applications/:application/pipelineConfigs/:name',
  id: 'getPipelineConfig',
  tag,
  summary: 'One pipeline configuration by name or id',
  permission: ofApplication('READ'),
  params: pathParams('application', 'name'),
  answer: pipelineConfigShape,
});

export const invokePipelineConfigLegacy = defineRoute({
  method: 'POST',
  path: '/applications/:application/pipelineConfigs/:name',
  id: 'invokePipelineConfigLegacy',
  tag,
  summary: 'Starts a pipeline. Use POST /pipelines/{application}/{nameOrId}',
  deprecated: true,
  permission: ofApplication('EXECUTE'),
  params: pathParams('application', 'name'),
  body: jsonObject,
  bodyOptional: true,
  answer: taskRef,
});

export const listStrategyConfigsOf = defineRoute({
  method: 'GET',
  path: '/applications/:application/strategyConfigs',
  id: 'listStrategyConfigsOf',
  tag,
  summary: 'Strategies of an application in their order',
  permission: ofApplication('READ'),
  params: application,
  answer: z.array(pipelineConfigShape),
});

export const getStrategyConfig = defineRoute({
  method: 'GET',
  path: '/applications/:application/strategyConfigs/:name',
  id: 'getStrategyConfig',
  tag,
  summary: 'One strategy by name or id',
  permission: ofApplication('READ'),
  params: pathParams('application', 'name'),
  answer: pipelineConfigShape,
});

export const searchExecutions = defineRoute({
  method: 'GET',
  path: '/applications/:application/executions/search',
  id: 'searchExecutions',
  tag,
  summary: 'Searches executions by trigger, name, time and status. The application may be `*`',
  permission: ofApplication('READ'),
  params: application,
  query: z.object({
    triggerTypes: queryList,
    pipelineName: queryText,
    eventId: queryText,
    trigger: queryText,
    triggerTimeStartBoundary: queryNumber(0),
    triggerTimeEndBoundary: queryNumber(Number.MAX_SAFE_INTEGER),
    statuses: queryList,
    startIndex: queryNumber(0, { max: 1_000_000 }),
    size: queryNumber(10, { min: 1, max: 1_000 }),
    cursor: queryText,
    reverse: queryFlag(false),
    expand: queryFlag(false),
  }),
  answer: z.array(executionShape),
});

const taskPath = pathParams('application', 'id');

export const createApplicationTask = defineRoute({
  method: 'POST',
  path: '/applications/:application/tasks',
  id: 'createApplicationTask',
  tag,
  summary: 'Starts a task in the application of the path. Use POST /tasks',
  deprecated: true,
  permission: ofApplication('WRITE'),
  params: application,
  body: jsonObject,
  answer: taskRef,
});

export const getApplicationTask = defineRoute({
  method: 'GET',
  path: '/applications/:application/tasks/:id',
  id: 'getApplicationTask',
  tag,
  summary: 'One task. Use GET /tasks/{id}',
  deprecated: true,
  permission: { action: 'READ', resource: 'task', from: 'params.id' },
  params: taskPath,
  answer: taskShape,
});

export const cancelApplicationTask = defineRoute({
  method: 'PUT',
  path: '/applications/:application/tasks/:id/cancel',
  id: 'cancelApplicationTask',
  tag,
  summary: 'Cancels a task. Use PUT /tasks/{id}/cancel',
  deprecated: true,
  permission: { action: 'EXECUTE', resource: 'task', from: 'params.id' },
  params: taskPath,
  query: z.object({ reason: queryText }),
});

export const getApplicationTaskDetails = defineRoute({
  method: 'GET',
  path: '/applications/:application/tasks/:id/details/:taskDetailsId',
  id: 'getApplicationTaskDetails',
  tag,
  summary: 'A cloud operation of a task. Use GET /tasks/{id}/details/{taskDetailsId}',
  deprecated: true,
  permission: { action: 'READ', resource: 'task', from: 'params.id' },
  params: pathParams('application', 'id', 'taskDetailsId'),
  answer: jsonObject,
});
