import { calibrationRequestSchema, canaryConfigSchema } from '@gennaker/canary';
import { z } from 'zod';
import { jsonObject, pathParams, queryList, queryNumber, queryText } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'canaryConfigs';
const id = pathParams('id');
const account = z.object({ configurationAccountName: queryText });
const saved = z.object({ canaryConfigId: z.string() });
const ofConfig = { resource: 'canaryConfig', from: 'params.id' } as const;

export const listCanaryConfigs = defineRoute({
  method: 'GET',
  path: '/canaryConfig',
  id: 'listCanaryConfigs',
  tag,
  summary: 'Canary configurations, of some applications or of all',
  permission: ofAll('canaryConfig'),
  query: z.object({ application: queryList, configurationAccountName: queryText }),
  answer: z.array(jsonObject),
});

export const getCanaryConfig = defineRoute({
  method: 'GET',
  path: '/canaryConfig/:id',
  id: 'getCanaryConfig',
  tag,
  summary: 'One canary configuration; its version is the ETag',
  permission: { ...ofConfig, action: 'READ' },
  params: id,
  query: account,
  answer: jsonObject,
});

export const createCanaryConfig = defineRoute({
  method: 'POST',
  path: '/canaryConfig',
  id: 'createCanaryConfig',
  tag,
  summary: 'Creates a canary configuration',
  permission: ofAll('canaryConfig', 'CREATE'),
  query: account,
  body: canaryConfigSchema,
  answer: saved,
});

export const updateCanaryConfig = defineRoute({
  method: 'PUT',
  path: '/canaryConfig/:id',
  id: 'updateCanaryConfig',
  tag,
  summary: 'Replaces a canary configuration; with If-Match only the version that the writer has seen',
  permission: { ...ofConfig, action: 'WRITE' },
  params: id,
  query: account,
  body: canaryConfigSchema,
  answer: saved,
});

export const deleteCanaryConfig = defineRoute({
  method: 'DELETE',
  path: '/canaryConfig/:id',
  id: 'deleteCanaryConfig',
  tag,
  summary: 'Deletes a canary configuration; its history stays',
  permission: { ...ofConfig, action: 'WRITE' },
  params: id,
  query: account,
  status: 204,
});

export const getCanaryConfigHistory = defineRoute({
  method: 'GET',
  path: '/canaryConfig/:id/history',
  id: 'getCanaryConfigHistory',
  tag,
  summary: 'All versions of a canary configuration, newest first: who changed it, from where and why',
  permission: { ...ofConfig, action: 'READ' },
  params: id,
  query: z.object({ limit: queryNumber(20, { min: 1, max: 1_000 }), cursor: queryText }),
  answer: z.array(jsonObject),
});

export const calibrateCanaryConfig = defineRoute({
  method: 'POST',
  path: '/canaryConfig/:id/calibrate',
  id: 'calibrateCanaryConfig',
  tag,
  summary:
    'Runs a canary configuration on the past of a baseline: its own false alarms, and the smallest change that it notices',
  permission: { ...ofConfig, action: 'EXECUTE' },
  params: id,
  query: z.object({ metricsAccountName: queryText }),
  body: calibrationRequestSchema,
  answer: jsonObject,
});
