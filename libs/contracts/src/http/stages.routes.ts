import { z } from 'zod';
import { jsonObject, pathParams, queryNumber } from './fields.js';
import { ofAll, ofExecution } from './permissions.js';
import { defineRoute } from './route.js';
import { executionShape } from './shapes.js';

const tag = 'stages';

const stageTypeShape = z.object({
  type: z.string(),
  aliases: z.array(z.string()),
  label: z.string(),
  description: z.string(),
  tasks: z.array(z.string()),
  schema: jsonObject.describe('JSON schema (2020-12) of its configuration'),
});

export const listStageTypes = defineRoute({
  method: 'GET',
  path: '/stages',
  id: 'listStageTypes',
  tag,
  summary: 'Every stage type that can run here, each with the JSON schema of its configuration',
  permission: ofAll('pipeline'),
  answer: z.array(stageTypeShape),
});

export const getStageType = defineRoute({
  method: 'GET',
  path: '/stages/:type',
  id: 'getStageType',
  tag,
  summary: 'One stage type, with the JSON schema of its configuration',
  permission: ofAll('pipeline'),
  params: pathParams('type'),
  answer: stageTypeShape,
});

export const simulatePipeline = defineRoute({
  method: 'POST',
  path: '/pipelines/simulate',
  id: 'simulatePipeline',
  tag: 'pipelines',
  summary: 'Runs a pipeline on a virtual clock against scripted outcomes; touches nothing',
  permission: ofAll('pipeline'),
  body: jsonObject,
  answer: z.object({
    execution: executionShape,
    finished: z.boolean(),
    order: z.array(jsonObject),
    runs: z.record(z.string(), z.record(z.string(), z.number())),
    cleanUps: z.array(z.string()),
    refusals: z.array(jsonObject),
    duration: z.number().describe('Milliseconds of the virtual clock'),
  }),
});

export const explainStage = defineRoute({
  method: 'GET',
  path: '/pipelines/:id/stages/:stageId/why',
  id: 'explainStage',
  tag: 'pipelines',
  summary: 'The events that explain why a stage is in its state',
  permission: ofExecution('READ'),
  params: pathParams('id', 'stageId'),
  answer: z.object({
    stage: jsonObject,
    waitsFor: z.array(jsonObject),
    because: z.array(
      z.object({
        version: z.number(),
        at: z.number(),
        event: z.string(),
        text: z.string(),
        by: z.string().optional(),
      }),
    ),
  }),
});

export const diffExecution = defineRoute({
  method: 'GET',
  path: '/pipelines/:id/diff',
  id: 'diffExecution',
  tag: 'pipelines',
  summary: 'What changed in an execution between two of its versions',
  permission: ofExecution('READ'),
  params: pathParams('id'),
  query: z.object({
    from: queryNumber(1, { min: 1 }),
    to: queryNumber(2_147_483_647, { min: 1 }),
  }),
  answer: z.object({
    from: z.number(),
    to: z.number(),
    changes: z.array(
      z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
    ),
  }),
});

export const listPreconfiguredWebhooks = defineRoute({
  method: 'GET',
  path: '/webhooks/preconfigured',
  id: 'listPreconfiguredWebhooks',
  tag,
  summary: 'The webhooks that operators have set up as stage types, as far as the caller may see them',
  permission: ofAll('webhook'),
  answer: z.array(
    z.object({
      type: z.string(),
      label: z.string(),
      description: z.string(),
      waitForCompletion: z.boolean().nullable(),
      preconfiguredProperties: z.array(z.string()).describe('Fields that the stage cannot change'),
      noUserConfigurableFields: z.boolean(),
      parameters: z.array(jsonObject),
    }),
  ),
});

export const listPreconfiguredJobs = defineRoute({
  method: 'GET',
  path: '/jobs/preconfigured',
  id: 'listPreconfiguredJobs',
  tag,
  summary: 'The jobs that operators have set up as stage types',
  permission: ofAll('pipeline'),
  answer: z.array(
    z.object({
      type: z.string(),
      label: z.string(),
      description: z.string(),
      cloudProvider: z.string(),
      waitForCompletion: z.boolean(),
      noUserConfigurableFields: z.boolean(),
      parameters: z.array(jsonObject),
      producesArtifacts: z.boolean(),
      uiType: z.string(),
    }),
  ),
});
