import {
  adhocCanaryRequestSchema,
  adhocStandaloneRequestSchema,
  canaryExecutionRequestSchema,
  standaloneAnalysisRequestSchema,
} from '@gennaker/canary';
import { z } from 'zod';
import { canaryAsked, storageAccount } from './canary.fields.js';
import { jsonObject, optionalQueryNumber, pathParams, queryList, queryNumber, queryText } from './fields.js';
import { ofAll, ofApplication } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'canaries';
const id = pathParams('id');
const ofConfig = { action: 'EXECUTE', resource: 'canaryConfig', from: 'params.id' } as const;
const ofCanary = { resource: 'canary', from: 'params.id' } as const;
const read = { ...ofCanary, action: 'READ' } as const;
const started = z.object({ canaryExecutionId: z.string() });

const MOST = { min: 1, max: 10_000 };
const listed = {
  limit: queryNumber(20, MOST),
  page: queryNumber(1, { min: 1, max: 100_000 }).describe('Not looked at where there is a cursor'),
  cursor: queryText.describe('Of the next page, as the Link header of the one before names it'),
  statuses: queryList,
  storageAccountName: queryText,
};

export const startCanary = defineRoute({
  method: 'POST',
  path: '/canary',
  id: 'startCanary',
  tag,
  summary: 'Starts a canary analysis with a configuration that comes along',
  permission: ofAll('canary', 'EXECUTE'),
  query: z.object(canaryAsked),
  body: adhocCanaryRequestSchema,
  answer: started,
});

export const startStoredCanary = defineRoute({
  method: 'POST',
  path: '/canary/:id',
  id: 'startStoredCanary',
  tag,
  summary: 'Starts a canary analysis with a stored configuration',
  permission: ofConfig,
  params: id,
  query: z.object(canaryAsked),
  body: canaryExecutionRequestSchema,
  answer: started,
});

/** The list on the metrics judge's own port. */
export const listCanaryExecutions = defineRoute({
  method: 'GET',
  path: '/canary/executions',
  id: 'getCanaryExecutions',
  tag,
  summary: 'Canary analyses of an application, newest first',
  permission: { action: 'READ', resource: 'application', from: 'query.application' },
  query: z.object({ application: queryText, ...listed }),
  answer: z.array(jsonObject),
});

/** The same list at the front door, where Gate wants a limit. */
export const listCanariesOfApplication = defineRoute({
  method: 'GET',
  path: '/v2/canaries/:application/executions',
  id: 'listCanaryExecutions',
  tag,
  summary: 'Canary analyses of an application, newest first',
  permission: ofApplication('READ'),
  params: pathParams('application'),
  query: z.object({
    ...listed,
    limit: optionalQueryNumber(MOST)
      .pipe(z.int('is required: a whole number'))
      .meta({ type: 'integer', minimum: MOST.min, maximum: MOST.max }),
  }),
  answer: z.array(jsonObject),
});

export const getCanary = defineRoute({
  method: 'GET',
  path: '/canary/:id',
  id: 'getCanary',
  tag,
  summary: 'One canary analysis with its result, as far as it is',
  permission: read,
  params: id,
  query: storageAccount,
  answer: jsonObject,
});

/** At the front door only. */
export const getCanaryOfConfig = defineRoute({
  method: 'GET',
  path: '/v2/canaries/canary/:configId/:id',
  id: 'getCanaryOfConfig',
  tag,
  summary: 'The same as /v2/canaries/canary/{id}; the configuration in the path is not looked at',
  deprecated: true,
  permission: read,
  params: pathParams('configId', 'id'),
  query: storageAccount,
  answer: jsonObject,
});

export const cancelCanary = defineRoute({
  method: 'PUT',
  path: '/pipelines/:id/cancel',
  id: 'cancelCanary',
  tag,
  summary: 'Cancels a canary analysis or a run of them',
  permission: { ...ofCanary, action: 'EXECUTE' },
  params: id,
  status: 202,
});

export const getCanaryReport = defineRoute({
  method: 'GET',
  path: '/canaries/:id/report',
  id: 'getCanaryReport',
  tag,
  summary: 'What a canary analysis has seen: series, distributions, intervals and verdicts in words',
  permission: read,
  params: id,
  answer: jsonObject,
});

export const getCanaryReportPage = defineRoute({
  method: 'GET',
  path: '/canaries/:id/report.html',
  id: 'getCanaryReportPage',
  tag,
  summary: 'The same as one page with charts',
  permission: read,
  params: id,
  produces: 'text/html',
});

const runStarted = z.object({ canaryAnalysisExecutionId: z.string() });
const runAsked = z.object({ user: queryText, ...canaryAsked });

export const startStandaloneAnalysis = defineRoute({
  method: 'POST',
  path: '/standalone_canary_analysis',
  id: 'startStandaloneAnalysis',
  tag,
  summary: 'Starts a run of canary analyses with a configuration that comes along',
  permission: ofAll('canary', 'EXECUTE'),
  query: runAsked,
  body: adhocStandaloneRequestSchema,
  answer: runStarted,
});

export const startStoredStandaloneAnalysis = defineRoute({
  method: 'POST',
  path: '/standalone_canary_analysis/:id',
  id: 'startStoredStandaloneAnalysis',
  tag,
  summary: 'Starts a run of canary analyses with a stored configuration',
  permission: ofConfig,
  params: id,
  query: runAsked,
  body: standaloneAnalysisRequestSchema,
  answer: runStarted,
});

export const getStandaloneAnalysis = defineRoute({
  method: 'GET',
  path: '/standalone_canary_analysis/:id',
  id: 'getStandaloneAnalysis',
  tag,
  summary: 'A run of canary analyses',
  permission: read,
  params: id,
  query: storageAccount,
  answer: jsonObject,
});
