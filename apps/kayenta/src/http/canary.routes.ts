import {
  adhocCanaryRequestSchema,
  adhocStandaloneRequestSchema,
  canaryExecutionRequestSchema,
  standaloneAnalysisRequestSchema,
} from '@gennaker/canary';
import {
  defineRoute,
  jsonObject,
  nameField,
  ofAll,
  pathParams,
  queryList,
  queryNumber,
  queryText,
} from '@gennaker/contracts';
import { z } from 'zod';
import { accountNames, asked } from './fields.js';

const tag = 'canaries';
const started = z.object({ canaryExecutionId: z.string() });
const read = ofAll('canary');
const execute = ofAll('canary', 'EXECUTE');

export const startCanary = defineRoute({
  method: 'POST',
  path: '/canary/:configId',
  id: 'initiateCanary',
  tag,
  summary: 'Starts a canary analysis by a stored config',
  permission: execute,
  params: z.object({ configId: nameField }),
  query: z.object(asked),
  body: canaryExecutionRequestSchema,
  answer: started,
});

export const startAdhocCanary = defineRoute({
  method: 'POST',
  path: '/canary',
  id: 'initiateCanaryWithConfig',
  tag,
  summary: 'Starts a canary analysis by a config in the request',
  permission: execute,
  query: z.object(asked),
  body: adhocCanaryRequestSchema,
  answer: started,
});

export const listCanaries = defineRoute({
  method: 'GET',
  path: '/canary/executions',
  id: 'getCanaryExecutions',
  tag,
  summary: 'Canary analyses of an application, newest first',
  permission: read,
  query: z.object({
    application: queryText,
    limit: queryNumber(20, { min: 1, max: 1_000 }),
    page: queryNumber(1, { min: 1, max: 100_000 }),
    statuses: queryList,
    storageAccountName: queryText,
  }),
  answer: z.array(jsonObject),
});

export const getCanary = defineRoute({
  method: 'GET',
  path: '/canary/:id',
  id: 'getCanaryExecution',
  tag,
  summary: 'A canary analysis and its result',
  permission: read,
  params: pathParams('id'),
  query: z.object({ storageAccountName: queryText }),
  answer: jsonObject,
});

export const cancelCanary = defineRoute({
  method: 'PUT',
  path: '/pipelines/:id/cancel',
  id: 'cancelCanary',
  tag,
  summary: 'Cancels a canary analysis or a run of them',
  permission: execute,
  params: pathParams('id'),
  status: 202,
});

export const getPipeline = defineRoute({
  method: 'GET',
  path: '/pipelines/:id',
  id: 'getCanaryPipeline',
  tag,
  summary: 'A canary analysis, by the name that it has in Kayenta',
  permission: read,
  params: pathParams('id'),
  answer: jsonObject,
});

export const getReport = defineRoute({
  method: 'GET',
  path: '/canaries/:id/report',
  id: 'getCanaryReport',
  tag,
  summary: 'What an analysis has seen: series, distributions, intervals and verdicts in words',
  permission: read,
  params: pathParams('id'),
  answer: jsonObject,
});

export const getReportPage = defineRoute({
  method: 'GET',
  path: '/canaries/:id/report.html',
  id: 'getCanaryReportPage',
  tag,
  summary: 'The same as one page with charts',
  permission: read,
  params: pathParams('id'),
  produces: 'text/html',
});

const standaloneStarted = z.object({ canaryAnalysisExecutionId: z.string() });
const standaloneAsked = z.object({ user: queryText, ...asked });

export const startStandalone = defineRoute({
  method: 'POST',
  path: '/standalone_canary_analysis/:configId',
  id: 'initiateCanaryAnalysis',
  tag,
  summary: 'Starts a run of canary analyses by a stored config',
  permission: execute,
  params: z.object({ configId: nameField }),
  query: standaloneAsked,
  body: standaloneAnalysisRequestSchema,
  answer: standaloneStarted,
});

export const startAdhocStandalone = defineRoute({
  method: 'POST',
  path: '/standalone_canary_analysis',
  id: 'initiateCanaryAnalysisWithConfig',
  tag,
  summary: 'Starts a run of canary analyses by a config in the request',
  permission: execute,
  query: standaloneAsked,
  body: adhocStandaloneRequestSchema,
  answer: standaloneStarted,
});

export const getStandalone = defineRoute({
  method: 'GET',
  path: '/standalone_canary_analysis/:id',
  id: 'getCanaryAnalysis',
  tag,
  summary: 'A run of canary analyses',
  permission: read,
  params: pathParams('id'),
  query: z.object({ storageAccountName: accountNames.storageAccountName }),
  answer: jsonObject,
});
