import { z } from 'zod';
import { jsonObject, pathParams, queryFlag, queryNumber, queryText } from './fields.js';
import { ofApplication, ofPipelineConfig } from './permissions.js';
import { defineRoute } from './route.js';
import { pipelineConfigShape, pipelineInput, taskRef, taskShape, versionShape } from './shapes.js';

const tag = 'pipelines';
const id = pathParams('id');
const applicationAndName = pathParams('application', 'nameOrId');

export const savePipeline = defineRoute({
  method: 'POST',
  path: '/pipelines',
  id: 'savePipeline',
  tag,
  summary: 'Creates or replaces a pipeline configuration',
  description:
    'With `staleCheck=true` the write is refused unless the submitted `lastModified` is the stored one. With an `If-Match` header (the version in the ETag of a read) a stale write is refused with 409, and the answer says who changed what since. The answer is empty, unless there is something to warn of: then it has `warnings`.',
  permission: { action: 'WRITE', resource: 'application', from: 'body.application' },
  query: z.object({ staleCheck: queryFlag(false) }),
  body: pipelineInput,
});

export const deletePipeline = defineRoute({
  method: 'DELETE',
  path: '/pipelines/:application/:nameOrId',
  id: 'deletePipeline',
  tag,
  summary: 'Deletes a pipeline configuration by name. Nothing happens when there is none',
  permission: ofApplication('WRITE'),
  params: applicationAndName,
});

export const renamePipeline = defineRoute({
  method: 'PUT',
  path: '/pipelines/:id',
  id: 'updatePipeline',
  tag,
  summary: 'Replaces a pipeline configuration by id, and gives it back as stored',
  permission: ofPipelineConfig('WRITE'),
  params: id,
  body: pipelineInput,
  answer: pipelineConfigShape,
});

export const bulkSavePipelines = defineRoute({
  method: 'POST',
  path: '/pipelines/bulksave',
  id: 'bulkSavePipelines',
  tag,
  summary: 'Creates or replaces several pipeline configurations',
  permission: { action: 'WRITE', resource: 'application' },
  query: z.object({ application: queryText }),
  body: z.array(pipelineInput).max(5_000),
  answer: jsonObject,
});

export const movePipeline = defineRoute({
  method: 'POST',
  path: '/pipelines/move',
  id: 'movePipeline',
  tag,
  summary: 'Renames a pipeline configuration',
  permission: { action: 'WRITE', resource: 'application', from: 'body.application' },
  body: z.object({ application: z.string(), from: z.string(), to: z.string() }).loose(),
});

export const startPipeline = defineRoute({
  method: 'POST',
  path: '/pipelines/start',
  id: 'startPipeline',
  tag,
  summary: 'Starts a pipeline that comes whole in the body. `plan: true` gives the execution that would run',
  permission: { action: 'EXECUTE', resource: 'application', from: 'body.application' },
  body: pipelineInput,
  answer: jsonObject,
});

export const invokePipeline = defineRoute({
  method: 'POST',
  path: '/pipelines/:application/:nameOrId',
  id: 'invokePipeline',
  tag,
  summary: 'Starts a pipeline. The body is the trigger, plain or under `trigger`',
  permission: ofApplication('EXECUTE'),
  params: applicationAndName,
  body: jsonObject,
  bodyOptional: true,
  status: 202,
  answer: taskRef,
});

export const invokePipelineV2 = defineRoute({
  method: 'POST',
  path: '/pipelines/v2/:application/:nameOrId',
  id: 'invokePipelineV2',
  tag,
  summary: 'Starts a pipeline and gives the id of the event and of the execution',
  permission: ofApplication('EXECUTE'),
  params: applicationAndName,
  body: jsonObject,
  bodyOptional: true,
  status: 202,
  answer: z.object({ eventId: z.string(), ref: z.string() }),
});

export const listAllPipelineConfigs = defineRoute({
  method: 'GET',
  path: '/pipelineConfigs',
  id: 'listAllPipelineConfigs',
  tag: 'pipelineConfigs',
  summary: 'All pipeline configurations',
  permission: { action: 'READ', resource: 'pipeline' },
  query: z.object({ limit: queryNumber(100_000, { min: 1, max: 100_000 }), cursor: queryText }),
  answer: z.array(pipelineConfigShape),
});

export const getPipelineConfigHistory = defineRoute({
  method: 'GET',
  path: '/pipelineConfigs/:id/history',
  id: 'getPipelineConfigHistory',
  tag: 'pipelineConfigs',
  summary: 'Earlier versions of a pipeline configuration, newest first',
  permission: ofPipelineConfig('READ'),
  params: id,
  query: z.object({ limit: queryNumber(20, { min: 1, max: 1_000 }), cursor: queryText }),
  answer: z.array(pipelineConfigShape),
});

export const listPipelineConfigVersions = defineRoute({
  method: 'GET',
  path: '/pipelineConfigs/:id/versions',
  id: 'listPipelineConfigVersions',
  tag: 'pipelineConfigs',
  summary: 'Who changed what, when and why, newest first',
  permission: ofPipelineConfig('READ'),
  params: id,
  query: z.object({ limit: queryNumber(20, { min: 1, max: 1_000 }), cursor: queryText }),
  answer: z.array(versionShape),
});

export const restorePipelineConfig = defineRoute({
  method: 'POST',
  path: '/pipelineConfigs/:id/restore',
  id: 'restorePipelineConfig',
  tag: 'pipelineConfigs',
  summary: 'Makes an earlier version the latest one, also of a deleted configuration',
  permission: ofPipelineConfig('WRITE'),
  params: id,
  body: z.object({ version: z.int().min(1).max(2_000_000_000), reason: z.string().max(2_000).optional() }),
  answer: pipelineConfigShape,
});

export const convertToTemplate = defineRoute({
  method: 'GET',
  path: '/pipelineConfigs/:id/convertToTemplate',
  id: 'convertToTemplate',
  tag: 'pipelineConfigs',
  summary: 'A template made of a pipeline configuration, as YAML',
  permission: ofPipelineConfig('READ'),
  params: id,
  produces: 'text/plain',
  answer: z.string(),
});

const reorder = z.object({
  application: z.string().min(1),
  idsToIndices: z.record(z.string(), z.int().min(0).max(1_000_000)),
});

export const reorderPipelines = defineRoute({
  method: 'POST',
  path: '/actions/pipelines/reorder',
  id: 'reorderPipelines',
  tag,
  summary: 'Sets the order of the pipelines of an application',
  permission: { action: 'WRITE', resource: 'application', from: 'body.application' },
  body: reorder.loose(),
  answer: taskShape,
});

export const reorderStrategies = defineRoute({
  method: 'POST',
  path: '/actions/strategies/reorder',
  id: 'reorderStrategies',
  tag: 'strategies',
  summary: 'Sets the order of the strategies of an application',
  permission: { action: 'WRITE', resource: 'application', from: 'body.application' },
  body: reorder.loose(),
  answer: taskShape,
});
