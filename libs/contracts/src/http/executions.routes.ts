import { z } from 'zod';
import {
  jsonObject,
  optionalQueryFlag,
  optionalQueryNumber,
  pathParams,
  queryFlag,
  queryList,
  queryNumber,
  queryText,
} from './fields.js';
import { ofApplication, ofExecution } from './permissions.js';
import { defineRoute } from './route.js';
import { eventShape, executionShape, executionSummaryShape } from './shapes.js';

const tag = 'pipelines';
const id = pathParams('id');
export const getExecution = defineRoute({
  method: 'GET',
  path: '/pipelines/:id',
  id: 'getExecution',
  tag,
  summary: 'One execution, now or as it was',
  permission: ofExecution('READ'),
  params: id,
  query: z.object({
    expand: queryFlag(true),
    at: queryText.describe(
      'A version, a time in milliseconds, or an ISO 8601 time: gives the execution as it was',
    ),
  }),
  answer: executionShape,
});

export const listExecutionEvents = defineRoute({
  method: 'GET',
  path: '/pipelines/:id/events',
  id: 'listExecutionEvents',
  tag,
  summary: 'The events of an execution, oldest first, paged by version',
  description: 'The next page, if any, is in the Link header.',
  permission: ofExecution('READ'),
  params: id,
  query: z.object({
    after: queryNumber(0),
    limit: queryNumber(100, { min: 1, max: 1_000 }),
    cursor: queryText,
  }),
  answer: z.array(eventShape),
});

export const followExecution = defineRoute({
  method: 'GET',
  path: '/pipelines/:id/live',
  id: 'followExecution',
  tag,
  summary: 'Server-sent events: first the state, then every event as it happens',
  description:
    'The id of each message is the version. A client that reconnects with Last-Event-ID misses nothing.',
  permission: ofExecution('READ'),
  params: id,
  produces: 'text/event-stream',
});

export const followApplication = defineRoute({
  method: 'GET',
  path: '/applications/:application/live',
  id: 'followApplication',
  tag: 'applications',
  summary: 'Server-sent events: every change of an execution or configuration of the application',
  permission: ofApplication('READ'),
  params: pathParams('application'),
  produces: 'text/event-stream',
});

export const cancelPipeline = defineRoute({
  method: 'PUT',
  path: '/pipelines/:id/cancel',
  id: 'cancelPipeline',
  tag,
  summary: 'Cancels an execution',
  permission: ofExecution('EXECUTE'),
  params: id,
  query: z.object({ reason: queryText, force: queryFlag(false) }),
});

export const pausePipeline = defineRoute({
  method: 'PUT',
  path: '/pipelines/:id/pause',
  id: 'pausePipeline',
  tag,
  summary: 'Pauses a running execution',
  permission: ofExecution('EXECUTE'),
  params: id,
});

export const resumePipeline = defineRoute({
  method: 'PUT',
  path: '/pipelines/:id/resume',
  id: 'resumePipeline',
  tag,
  summary: 'Resumes a paused execution',
  permission: ofExecution('EXECUTE'),
  params: id,
});

export const deleteExecution = defineRoute({
  method: 'DELETE',
  path: '/pipelines/:id',
  id: 'deleteExecution',
  tag,
  summary: 'Deletes a finished execution',
  permission: ofExecution('WRITE'),
  params: id,
});

const stage = pathParams('id', 'stageId');

export const patchStage = defineRoute({
  method: 'PATCH',
  path: '/pipelines/:id/stages/:stageId',
  id: 'patchStage',
  tag,
  summary: 'Merges keys into the context of a stage: how a judgment is given or a wait is cut short',
  permission: ofExecution('EXECUTE'),
  params: stage,
  body: jsonObject,
  answer: executionShape,
});

export const restartStage = defineRoute({
  method: 'PUT',
  path: '/pipelines/:id/stages/:stageId/restart',
  id: 'restartStage',
  tag,
  summary: 'Runs a stage that has ended again, with everything after it',
  permission: ofExecution('EXECUTE'),
  params: stage,
  body: jsonObject,
  bodyOptional: true,
  answer: executionShape,
});

const evaluation = z.object({ result: z.unknown(), detail: jsonObject.optional() });
const expression = z.object({ expression: z.string().max(10_000) });

export const evaluateExpression = defineRoute({
  method: 'GET',
  path: '/pipelines/:id/evaluateExpression',
  id: 'evaluateExpression',
  tag,
  summary: 'Evaluates an expression against an execution',
  permission: ofExecution('READ'),
  params: id,
  query: expression,
  answer: evaluation,
});

export const evaluateExpressionAtStage = defineRoute({
  method: 'GET',
  path: '/pipelines/:id/:stageId/evaluateExpression',
  id: 'evaluateExpressionAtStage',
  tag,
  summary: 'Evaluates an expression with the context of a stage',
  permission: ofExecution('READ'),
  params: stage,
  query: expression,
  answer: evaluation,
});

export const evaluateExpressionInBody = defineRoute({
  method: 'POST',
  path: '/pipelines/:id/evaluateExpression',
  id: 'evaluateExpressionInBody',
  tag,
  summary: 'Evaluates an expression that comes as text or as {expression}',
  permission: ofExecution('READ'),
  params: id,
  body: z.union([z.string().max(10_000), expression]),
  answer: evaluation,
});

export const evaluateVariables = defineRoute({
  method: 'POST',
  path: '/pipelines/:id/evaluateVariables',
  id: 'evaluateVariables',
  tag,
  summary: 'Evaluates a list of variables in order against an execution',
  permission: ofExecution('READ'),
  params: id,
  query: z.object({ executionId: queryText, requisiteStageRefIds: queryList, spelVersion: queryText }),
  body: z.array(z.object({ key: z.string(), value: z.unknown() }).loose()).max(1_000),
  answer: evaluation,
});

export const listExecutions = defineRoute({
  method: 'GET',
  path: '/executions',
  id: 'listExecutions',
  tag: 'executions',
  summary: 'Executions by configuration, by id, or of everything that fits the filters',
  description:
    'Without pipelineConfigIds and executionIds: summaries of all executions that fit, newest first, with the next page in ' +
    'the Link header; `expand=true` gives the executions themselves. Several filters must all fit; of a list, one. ' +
    'A search that finds little among very much answers with what it has found in its time and `X-Gennaker-Incomplete: true`; ' +
    'the Link header then says where it goes on.',
  permission: { action: 'READ', resource: 'execution' },
  query: z.object({
    pipelineConfigIds: queryList.describe('The latest executions of each configuration'),
    executionIds: queryList,
    application: queryList,
    status: queryList,
    statuses: queryList.describe('The same as status'),
    type: queryText.describe('PIPELINE or ORCHESTRATION'),
    user: queryText,
    trigger: queryList.describe('Types of triggers, such as manual, cron, pipeline, webhook'),
    since: queryText.describe('Built at this time or later: milliseconds or ISO 8601'),
    until: queryText.describe('Built at this time or earlier: milliseconds or ISO 8601'),
    text: queryText.describe(
      'Words of the name, application, user, trigger type or id; the last may be the beginning of one',
    ),
    limit: optionalQueryNumber({ min: 0, max: 1_000 }).describe(
      'Per configuration, 1 when absent; of a search, 25 when absent',
    ),
    cursor: queryText,
    expand: optionalQueryFlag.describe(
      'true when absent with pipelineConfigIds or executionIds, false with a search',
    ),
  }),
  answer: z.array(z.union([executionShape, executionSummaryShape])),
});

export const listFailedStages = defineRoute({
  method: 'GET',
  path: '/executions/failedStages',
  id: 'listFailedStages',
  tag: 'executions',
  summary: 'The stages that failed, those of child pipelines included',
  permission: { action: 'READ', resource: 'execution', from: 'query.executionId' },
  query: z.object({
    executionId: z.string().min(1).max(500),
    deckOrigin: queryText,
    limit: queryNumber(1, { min: 1, max: 100 }),
    cursor: queryText,
  }),
  answer: z.array(jsonObject),
});
