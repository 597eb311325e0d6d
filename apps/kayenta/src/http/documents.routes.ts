import { defineRoute, jsonObject, ofAll, pathParams, queryNumber, queryText } from '@gennaker/contracts';
import { z } from 'zod';

const tag = 'canaryStorage';
const id = pathParams('id');
const read = ofAll('canary');
const write = ofAll('canary', 'WRITE');
const listed = z.object({
  accountName: queryText,
  storageAccountName: queryText,
  limit: queryNumber(1_000, { min: 1, max: 10_000 }),
});
const summaries = z.array(jsonObject);

export const listMetricSets = defineRoute({
  method: 'GET',
  path: '/metricSetList',
  id: 'listMetricSetLists',
  tag,
  summary: 'Stored metric set lists',
  permission: read,
  query: listed,
  answer: summaries,
});
export const deleteMetricSets = defineRoute({
  method: 'DELETE',
  path: '/metricSetList/:id',
  id: 'deleteMetricSetList',
  tag,
  summary: 'Deletes a metric set list',
  permission: write,
  params: id,
  status: 204,
});

export const listPairs = defineRoute({
  method: 'GET',
  path: '/metricSetPairList',
  id: 'listMetricSetPairLists',
  tag,
  summary: 'Stored metric set pair lists',
  permission: read,
  query: listed,
  answer: summaries,
});
export const getPair = defineRoute({
  method: 'GET',
  path: '/metricSetPairList/:id/:pairId',
  id: 'getMetricSetPair',
  tag,
  summary: 'One pair of a list',
  permission: read,
  params: pathParams('id', 'pairId'),
  answer: jsonObject,
});
export const deletePairs = defineRoute({
  method: 'DELETE',
  path: '/metricSetPairList/:id',
  id: 'deleteMetricSetPairList',
  tag,
  summary: 'Deletes a metric set pair list',
  permission: write,
  params: id,
  status: 204,
});

const archived = z.object({ pipelineId: z.string() });
export const listArchive = defineRoute({
  method: 'GET',
  path: '/canaryResultArchive',
  id: 'listCanaryResults',
  tag,
  summary: 'Archived results',
  permission: read,
  query: listed,
  answer: summaries,
});
export const getArchive = defineRoute({
  method: 'GET',
  path: '/canaryResultArchive/:id',
  id: 'getCanaryResultArchive',
  tag,
  summary: 'An archived result: an analysis of ours, or one that was put here',
  permission: read,
  params: id,
  answer: jsonObject,
});
export const storeArchive = defineRoute({
  method: 'POST',
  path: '/canaryResultArchive',
  id: 'storeCanaryResult',
  tag,
  summary: 'Archives a result',
  permission: write,
  query: z.object({ pipelineId: queryText, storageAccountName: queryText }),
  body: jsonObject,
  answer: archived,
});
export const updateArchive = defineRoute({
  method: 'PUT',
  path: '/canaryResultArchive/:id',
  id: 'updateCanaryResult',
  tag,
  summary: 'Replaces an archived result',
  permission: write,
  params: id,
  body: jsonObject,
  answer: archived,
});
export const deleteArchive = defineRoute({
  method: 'DELETE',
  path: '/canaryResultArchive/:id',
  id: 'deleteCanaryResult',
  tag,
  summary: 'Deletes an archived result',
  permission: write,
  params: id,
  status: 204,
});
