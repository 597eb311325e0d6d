import { z } from 'zod';
import { jsonObject, pathParams, queryNumber, queryText } from './fields.js';
import { ofAll, ofApplication } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'canaryConfigs';
const id = pathParams('id');
const account = z.object({ configurationAccountName: queryText });
const ofConfig = { resource: 'canaryConfig', from: 'params.id' } as const;
const savedConfig = z.object({ canaryConfigId: z.string() });

export const listCanaryConfigs = defineRoute({
  method: 'GET',
  path: '/v2/canaryConfig',
  id: 'listCanaryConfigs',
  tag,
  summary: 'Canary configurations, of one application or all',
  permission: ofAll('canaryConfig'),
  query: z.object({ application: queryText, configurationAccountName: queryText }),
  answer: z.array(jsonObject),
});

export const getCanaryConfig = defineRoute({
  method: 'GET',
  path: '/v2/canaryConfig/:id',
  id: 'getCanaryConfig',
  tag,
  summary: 'One canary configuration',
  permission: { ...ofConfig, action: 'READ' },
  params: id,
  query: account,
  answer: jsonObject,
});

export const createCanaryConfig = defineRoute({
  method: 'POST',
  path: '/v2/canaryConfig',
  id: 'createCanaryConfig',
  tag,
  summary: 'Creates a canary configuration',
  permission: ofAll('canaryConfig', 'CREATE'),
  query: account,
  body: jsonObject,
  answer: savedConfig,
});

export const updateCanaryConfig = defineRoute({
  method: 'PUT',
  path: '/v2/canaryConfig/:id',
  id: 'updateCanaryConfig',
  tag,
  summary: 'Replaces a canary configuration',
  permission: { ...ofConfig, action: 'WRITE' },
  params: id,
  query: account,
  body: jsonObject,
  answer: savedConfig,
});

export const deleteCanaryConfig = defineRoute({
  method: 'DELETE',
  path: '/v2/canaryConfig/:id',
  id: 'deleteCanaryConfig',
  tag,
  summary: 'Deletes a canary configuration',
  permission: { ...ofConfig, action: 'WRITE' },
  params: id,
  query: account,
});

const runQuery = z.object({
  application: queryText,
  parentPipelineExecutionId: queryText,
  metricsAccountName: queryText,
  storageAccountName: queryText,
  configurationAccountName: queryText,
});

export const listCanaryExecutions = defineRoute({
  method: 'GET',
  path: '/v2/canaries/:application/executions',
  id: 'listCanaryExecutions',
  tag: 'canaries',
  summary: 'Canary analyses of an application, newest first',
  permission: ofApplication('READ'),
  params: pathParams('application'),
  query: z.object({
    limit: z
      .preprocess(
        (value) => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value),
        z.int('is required: a whole number').min(1).max(10_000),
      )
      .meta({ type: 'integer', minimum: 1, maximum: 10_000 }),
    page: queryNumber(1, { min: 1, max: 100_000 }),
    statuses: queryText,
    storageAccountName: queryText,
  }),
  answer: z.array(jsonObject),
});

export const startCanary = defineRoute({
  method: 'POST',
  path: '/v2/canaries/canary',
  id: 'startCanary',
  tag: 'canaries',
  summary: 'Starts a canary analysis with a configuration that comes along',
  permission: ofAll('canary', 'EXECUTE'),
  query: runQuery,
  body: z.object({ canaryConfig: jsonObject, executionRequest: jsonObject }).loose(),
  answer: z.object({ canaryExecutionId: z.string() }),
});

export const startStoredCanary = defineRoute({
  method: 'POST',
  path: '/v2/canaries/canary/:id',
  id: 'startStoredCanary',
  tag: 'canaries',
  summary: 'Starts a canary analysis with a stored configuration',
  permission: { action: 'EXECUTE', resource: 'canaryConfig', from: 'params.id' },
  params: pathParams('id'),
  query: runQuery,
  body: jsonObject,
  answer: z.object({ canaryExecutionId: z.string() }),
});

export const getCanary = defineRoute({
  method: 'GET',
  path: '/v2/canaries/canary/:id',
  id: 'getCanary',
  tag: 'canaries',
  summary: 'One canary analysis with its result, as far as it is',
  permission: { action: 'READ', resource: 'canary', from: 'params.id' },
  params: pathParams('id'),
  query: z.object({ storageAccountName: queryText }),
  answer: jsonObject,
});

export const getCanaryOfConfig = defineRoute({
  method: 'GET',
  path: '/v2/canaries/canary/:configId/:id',
  id: 'getCanaryOfConfig',
  tag: 'canaries',
  summary: 'The same as /v2/canaries/canary/{id}; the configuration in the path is not looked at',
  deprecated: true,
  permission: { action: 'READ', resource: 'canary', from: 'params.id' },
  params: pathParams('configId', 'id'),
  query: z.object({ storageAccountName: queryText }),
  answer: jsonObject,
});

const ofCanary = { action: 'READ', resource: 'canary', from: 'params.id' } as const;

export const listCanaryCredentials = defineRoute({
  method: 'GET',
  path: '/v2/canaries/credentials',
  id: 'listCanaryCredentials',
  tag: 'canaries',
  summary: 'Accounts of the metrics judge; secrets are left out',
  permission: ofAll('canary'),
  answer: z.array(jsonObject),
});

export const listCanaryJudges = defineRoute({
  method: 'GET',
  path: '/v2/canaries/judges',
  id: 'listCanaryJudges',
  tag: 'canaries',
  summary: 'The judges that a canary configuration may name',
  permission: ofAll('canary'),
  answer: z.array(jsonObject),
});

export const listCanaryMetrics = defineRoute({
  method: 'GET',
  path: '/v2/canaries/metadata/metricsService',
  id: 'listCanaryMetrics',
  tag: 'canaries',
  summary: 'Metrics that a metric store knew a few minutes ago, by a part of their name',
  permission: ofAll('canary'),
  query: z.object({
    metricsAccountName: queryText,
    filter: queryText,
  }),
  answer: z.array(jsonObject),
});

export const getMetricSetPairList = defineRoute({
  method: 'GET',
  path: '/v2/canaries/metricSetPairList/:id',
  id: 'getMetricSetPairList',
  tag: 'canaries',
  summary: 'What a canary analysis has measured',
  permission: ofCanary,
  params: pathParams('id'),
  query: z.object({ storageAccountName: queryText }),
  answer: z.array(jsonObject),
});

export const getCanaryReport = defineRoute({
  method: 'GET',
  path: '/v2/canaries/:id/report',
  id: 'getCanaryReport',
  tag: 'canaries',
  summary: 'What a canary analysis has seen: series, distributions, intervals and verdicts in words',
  permission: ofCanary,
  params: pathParams('id'),
  answer: jsonObject,
});

export const getCanaryReportPage = defineRoute({
  method: 'GET',
  path: '/v2/canaries/:id/report.html',
  id: 'getCanaryReportPage',
  tag: 'canaries',
  summary: 'The same as one page with charts',
  permission: ofCanary,
  params: pathParams('id'),
  produces: 'text/html',
});
