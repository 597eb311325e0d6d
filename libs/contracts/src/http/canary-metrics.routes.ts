import {
  canaryConfigSchema,
  metricConfigSchema,
  metricSetPairSchema,
  metricSetSchema,
} from '@gennaker/canary';
import { z } from 'zod';
import { canaryAccountNames, queryScore, storageAccount } from './canary.fields.js';
import { jsonObject, nameField, pathParams, queryFlag, queryList, queryNumber, queryText } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'canaries';
const id = pathParams('id');
const read = ofAll('canary');
const write = ofAll('canary', 'WRITE');
const execute = ofAll('canary', 'EXECUTE');
const MOST_SETS = 10_000;

export const listCanaryCredentials = defineRoute({
  method: 'GET',
  path: '/credentials',
  id: 'listCanaryCredentials',
  tag,
  summary: 'Accounts of the metrics judge; secrets are left out',
  permission: read,
  answer: z.array(jsonObject),
});

export const listMetricsServices = defineRoute({
  method: 'GET',
  path: '/metricsServices',
  id: 'listMetricsServices',
  tag,
  summary: 'Accounts of metric stores, and with health=true how they are',
  permission: read,
  query: z.object({ health: queryFlag(false) }),
  answer: z.array(jsonObject),
});

export const listCanaryMetrics = defineRoute({
  method: 'GET',
  path: '/metadata/metricsService',
  id: 'listCanaryMetrics',
  tag,
  summary: 'Metrics that a metric store knows, by a part of their name',
  description: 'At the front door, those that it knew a few minutes ago.',
  permission: read,
  query: z.object({ metricsAccountName: queryText, filter: queryText }),
  answer: z.array(jsonObject),
});

const fetched = z.object({
  ...canaryAccountNames,
  metricSetName: queryText,
  metricName: queryText,
  metricType: queryText,
  groupByFields: queryList,
  labelBindings: queryList,
  project: queryText,
  resourceType: queryText,
  crossSeriesReducer: queryText,
  perSeriesAligner: queryText,
  location: queryText,
  scope: queryText,
  start: queryText,
  end: queryText,
  startTimeIso: queryText,
  endTimeIso: queryText,
  step: queryNumber(60, { min: 1 }),
  customFilter: queryText,
  dryRun: queryFlag(false),
});
export type MetricFetchQuery = z.output<typeof fetched>;

export const fetchMetrics = defineRoute({
  method: 'POST',
  path: '/fetch/:type/query',
  id: 'fetchMetrics',
  tag,
  summary: 'Asks a metric store once; with dryRun=true it only shows the query',
  description:
    'Everything is in the query. A body with canaryMetricConfig, and if its template needs it canaryConfig, takes the place of the single fields.',
  permission: execute,
  params: z.object({ type: nameField.max(100) }),
  query: fetched,
  body: z.object({
    canaryMetricConfig: metricConfigSchema.nullish(),
    canaryConfig: canaryConfigSchema.nullish(),
    extendedScopeParams: z.record(z.string(), z.coerce.string()).nullish(),
  }),
  bodyOptional: true,
  answer: jsonObject,
});

export const listCanaryJudges = defineRoute({
  method: 'GET',
  path: '/judges',
  id: 'listCanaryJudges',
  tag,
  summary: 'The judges that a canary configuration may name',
  permission: read,
  answer: z.array(z.object({ name: z.string(), visible: z.boolean() })),
});

const inline = z.object({
  canaryConfig: canaryConfigSchema.nullish(),
  metricSetPairList: z.array(metricSetPairSchema).max(MOST_SETS).nullish(),
});
const stored = {
  canaryConfigId: queryText,
  metricSetPairListId: queryText,
  passThreshold: queryScore,
  marginalThreshold: queryScore,
  configurationAccountName: queryText,
  storageAccountName: queryText,
};

export const judgePairs = defineRoute({
  method: 'POST',
  path: '/judges/judge',
  id: 'judgePairs',
  tag,
  summary: 'Judges stored measurements, or those in the body, at once',
  permission: execute,
  query: z.object(stored),
  body: inline,
  bodyOptional: true,
  answer: jsonObject,
});

export const compareJudges = defineRoute({
  method: 'POST',
  path: '/judges/comparison',
  id: 'compareJudges',
  tag,
  summary: 'Lets two judges look at the same measurements',
  permission: execute,
  query: z.object({ ...stored, overrideCanaryJudge1: queryText, overrideCanaryJudge2: queryText }),
  body: inline,
  bodyOptional: true,
  answer: jsonObject,
});

export const getJudgesComparison = defineRoute({
  method: 'GET',
  path: '/judges/comparison/:id',
  id: 'getJudgesComparison',
  tag,
  summary: 'An earlier comparison',
  permission: read,
  params: id,
  answer: jsonObject,
});

export const getMetricSetList = defineRoute({
  method: 'GET',
  path: '/metricSetList/:id',
  id: 'getMetricSetList',
  tag,
  summary: 'What a fetch has measured',
  permission: read,
  params: id,
  answer: z.array(jsonObject),
});

export const storeMetricSetList = defineRoute({
  method: 'POST',
  path: '/metricSetList',
  id: 'storeMetricSetList',
  tag,
  summary: 'Stores a metric set list',
  permission: write,
  body: z.array(metricSetSchema).max(MOST_SETS),
  answer: z.object({ metricSetListId: z.string() }),
});

export const getMetricSetPairList = defineRoute({
  method: 'GET',
  path: '/metricSetPairList/:id',
  id: 'getMetricSetPairList',
  tag,
  summary: 'What a canary analysis has measured',
  permission: { action: 'READ', resource: 'canary', from: 'params.id' },
  params: id,
  query: storageAccount,
  answer: z.array(jsonObject),
});

export const storeMetricSetPairList = defineRoute({
  method: 'POST',
  path: '/metricSetPairList',
  id: 'storeMetricSetPairList',
  tag,
  summary: 'Stores measurements, to be judged by their id',
  permission: write,
  body: z.array(metricSetPairSchema).max(MOST_SETS),
  answer: z.object({ metricSetPairListId: z.string() }),
});
