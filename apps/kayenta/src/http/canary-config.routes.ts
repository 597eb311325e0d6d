import { canaryConfigSchema } from '@gennaker/canary';
import {
  defineRoute,
  jsonObject,
  ofAll,
  pathParams,
  queryList,
  queryNumber,
  queryText,
} from '@gennaker/contracts';
import { z } from 'zod';
import { calibrationRequestSchema } from '../calibration/calibration.schema.js';

const tag = 'canaryConfigs';
const id = pathParams('id');
const account = z.object({ configurationAccountName: queryText });
const saved = z.object({ canaryConfigId: z.string() });
const of = { resource: 'canaryConfig', from: 'params.id' } as const;

export const listConfigs = defineRoute({
  method: 'GET',
  path: '/canaryConfig',
  id: 'listConfigs',
  tag,
  summary: 'Canary configs, of some applications or of all',
  permission: ofAll('canaryConfig'),
  query: z.object({ application: queryList, configurationAccountName: queryText }),
  answer: z.array(jsonObject),
});

export const getConfig = defineRoute({
  method: 'GET',
  path: '/canaryConfig/:id',
  id: 'getConfig',
  tag,
  summary: 'A canary config; its version is the ETag',
  permission: { ...of, action: 'READ' },
  params: id,
  query: account,
  answer: jsonObject,
});

export const createConfig = defineRoute({
  method: 'POST',
  path: '/canaryConfig',
  id: 'createConfig',
  tag,
  summary: 'Stores a new canary config',
  permission: ofAll('canaryConfig', 'CREATE'),
  query: account,
  body: canaryConfigSchema,
  answer: saved,
});

export const updateConfig = defineRoute({
  method: 'PUT',
  path: '/canaryConfig/:id',
  id: 'updateConfig',
  tag,
  summary: 'Replaces a canary config; with If-Match only the version that the writer has seen',
  permission: { ...of, action: 'WRITE' },
  params: id,
  query: account,
  body: canaryConfigSchema,
  answer: saved,
});

export const deleteConfig = defineRoute({
  method: 'DELETE',
  path: '/canaryConfig/:id',
  id: 'deleteConfig',
  tag,
  summary: 'Deletes a canary config',
  permission: { ...of, action: 'WRITE' },
  params: id,
  query: account,
  status: 204,
});

export const configHistory = defineRoute({
  method: 'GET',
  path: '/canaryConfig/:id/history',
  id: 'getConfigHistory',
  tag,
  summary: 'All versions of a canary config, newest first',
  permission: { ...of, action: 'READ' },
  params: id,
  query: z.object({ limit: queryNumber(20, { min: 1, max: 1_000 }) }),
  answer: z.array(jsonObject),
});

export const calibrateConfig = defineRoute({
  method: 'POST',
  path: '/canaryConfig/:id/calibrate',
  id: 'calibrateConfig',
  tag,
  summary:
    'Runs a config on the past of a baseline: its own false alarms, and the smallest change it notices',
  permission: { ...of, action: 'READ' },
  params: id,
  query: z.object({ metricsAccountName: queryText }),
  body: calibrationRequestSchema,
  answer: jsonObject,
});
