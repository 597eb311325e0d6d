import { z } from 'zod';
import { jsonObject, pathParams, queryFlag, queryList, queryText } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';
import { pipelineInput, taskShape } from './shapes.js';

const tag = 'pipelineTemplates';
const id = pathParams('id');
const version = z.object({ tag: queryText, digest: queryText });
const ofTemplate = { resource: 'template', from: 'params.id' } as const;

export const listTemplates = defineRoute({
  method: 'GET',
  path: '/v2/pipelineTemplates',
  id: 'listPipelineTemplates',
  tag,
  summary: 'The latest version of every template',
  permission: ofAll('template'),
  query: z.object({ scopes: queryList }),
  answer: z.array(jsonObject),
});

export const listTemplateVersions = defineRoute({
  method: 'GET',
  path: '/v2/pipelineTemplates/versions',
  id: 'listPipelineTemplateVersions',
  tag,
  summary: 'All versions of every template, by id',
  permission: ofAll('template'),
  query: z.object({ scopes: queryList }),
  answer: z.record(z.string(), z.array(jsonObject)),
});

export const planTemplateRoute = defineRoute({
  method: 'POST',
  path: '/v2/pipelineTemplates/plan',
  id: 'planPipelineTemplate',
  tag,
  summary: 'The pipeline that a templated configuration stands for. Nothing is saved',
  permission: ofAll('template'),
  body: pipelineInput,
  answer: jsonObject,
});

export const createTemplate = defineRoute({
  method: 'POST',
  path: '/v2/pipelineTemplates/create',
  id: 'createPipelineTemplate',
  tag,
  summary: 'Creates a template; the answer is the finished task',
  permission: ofAll('template', 'CREATE'),
  query: z.object({ tag: queryText }),
  body: jsonObject,
  answer: taskShape,
});

export const updateTemplate = defineRoute({
  method: 'POST',
  path: '/v2/pipelineTemplates/update/:id',
  id: 'updatePipelineTemplate',
  tag,
  summary: 'Stores a new version of a template; the answer is the finished task',
  permission: { ...ofTemplate, action: 'WRITE' },
  params: id,
  query: z.object({ tag: queryText, skipPlanDependents: queryFlag(false) }),
  body: jsonObject,
  answer: taskShape,
});

export const getTemplate = defineRoute({
  method: 'GET',
  path: '/v2/pipelineTemplates/:id',
  id: 'getPipelineTemplate',
  tag,
  summary: 'One template, the latest version unless a tag or digest says otherwise',
  permission: { ...ofTemplate, action: 'READ' },
  params: id,
  query: version,
  answer: jsonObject,
});

export const deleteTemplate = defineRoute({
  method: 'DELETE',
  path: '/v2/pipelineTemplates/:id',
  id: 'deletePipelineTemplate',
  tag,
  summary: 'Deletes a version of a template, or all of it; refused while pipelines use it',
  permission: { ...ofTemplate, action: 'WRITE' },
  params: id,
  query: z.object({ tag: queryText, digest: queryText, application: queryText }),
  answer: taskShape,
});

export const listTemplateDependents = defineRoute({
  method: 'GET',
  path: '/v2/pipelineTemplates/:id/dependents',
  id: 'listPipelineTemplateDependents',
  tag,
  summary: 'Pipelines that take their stages from the template',
  permission: { ...ofTemplate, action: 'READ' },
  params: id,
  answer: z.array(jsonObject),
});
