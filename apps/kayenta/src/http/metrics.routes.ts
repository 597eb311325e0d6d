import { canaryConfigSchema, metricConfigSchema } from '@gennaker/canary';
import {
  defineRoute,
  jsonObject,
  ofAll,
  queryFlag,
  queryList,
  queryNumber,
  queryText,
} from '@gennaker/contracts';
import { z } from 'zod';

const tag = 'metrics';
const read = ofAll('canary');

export const listCredentials = defineRoute({
  method: 'GET',
  path: '/credentials',
  id: 'listCanaryCredentials',
  tag,
  summary: 'Accounts for metrics, objects and configs; secrets are left out',
  permission: read,
  answer: z.array(jsonObject),
});

export const listMetricsServices = defineRoute({
  method: 'GET',
  path: '/metricsServices',
  id: 'listMetricsServices',
  tag,
  summary: 'Accounts of metric stores, and how they are',
  permission: read,
  query: z.object({ health: queryFlag(false) }),
  answer: z.array(jsonObject),
});

export const listMetadata = defineRoute({
  method: 'GET',
  path: '/metadata/metricsService',
  id: 'listMetricsServiceMetadata',
  tag,
  summary: 'Metrics that a store knows, by a part of their name',
  permission: read,
  query: z.object({
    metricsAccountName: queryText,
    filter: queryText,
    limit: queryNumber(10_000, { min: 1, max: 10_000 }),
  }),
  answer: z.array(jsonObject),
});

const fetched = z.object({
  metricsAccountName: queryText,
  storageAccountName: queryText,
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
export type FetchQuery = z.output<typeof fetched>;

export const fetchMetrics = defineRoute({
  method: 'POST',
  path: '/fetch/:type/query',
  id: 'queryMetrics',
  tag,
  summary: 'Asks a metric store once; with dryRun it only shows the query',
  description:
    'Everything is in the query. A body with canaryMetricConfig, and if its template needs it canaryConfig, takes the place of the single fields.',
  permission: read,
  params: z.object({ type: z.string().max(100) }),
  query: fetched,
  body: z.object({
    canaryMetricConfig: metricConfigSchema.nullish(),
    canaryConfig: canaryConfigSchema.nullish(),
    extendedScopeParams: z.record(z.string(), z.coerce.string()).nullish(),
  }),
  bodyOptional: true,
  answer: jsonObject,
});
