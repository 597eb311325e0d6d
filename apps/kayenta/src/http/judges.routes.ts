import { canaryConfigSchema, metricSetPairSchema } from '@gennaker/canary';
import { defineRoute, jsonObject, ofAll, pathParams, queryText } from '@gennaker/contracts';
import { z } from 'zod';
import { queryScore } from './fields.js';

const tag = 'judges';
const read = ofAll('canary');
const inline = z.object({
  canaryConfig: canaryConfigSchema.nullish(),
  metricSetPairList: z.array(metricSetPairSchema).max(10_000).nullish(),
});
const stored = {
  canaryConfigId: queryText,
  metricSetPairListId: queryText,
  passThreshold: queryScore,
  marginalThreshold: queryScore,
  configurationAccountName: queryText,
  storageAccountName: queryText,
};

export const listJudges = defineRoute({
  method: 'GET',
  path: '/judges',
  id: 'listJudges',
  tag,
  summary: 'The judges that a config may name',
  permission: read,
  answer: z.array(z.object({ name: z.string(), visible: z.boolean() })),
});

export const judgePairs = defineRoute({
  method: 'POST',
  path: '/judges/judge',
  id: 'judge',
  tag,
  summary: 'Judges stored measurements, or those in the body, at once',
  permission: read,
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
  permission: read,
  query: z.object({ ...stored, overrideCanaryJudge1: queryText, overrideCanaryJudge2: queryText }),
  body: inline,
  bodyOptional: true,
  answer: jsonObject,
});

export const getComparison = defineRoute({
  method: 'GET',
  path: '/judges/comparison/:id',
  id: 'getComparison',
  tag,
  summary: 'An earlier comparison',
  permission: read,
  params: pathParams('id'),
  answer: jsonObject,
});
