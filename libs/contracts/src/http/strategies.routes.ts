import { z } from 'zod';
import { pathParams, queryNumber, queryText } from './fields.js';
import { ofAll, ofApplication, ofBodyApplication } from './permissions.js';
import { defineRoute } from './route.js';
import { pipelineConfigShape, pipelineInput } from './shapes.js';

const tag = 'strategies';
const id = pathParams('id');
const ofStrategy = { action: 'WRITE', resource: 'strategy', from: 'params.id' } as const;

export const listStrategies = defineRoute({
  method: 'GET',
  path: '/strategyConfigs',
  id: 'listStrategies',
  tag,
  summary: 'All strategies',
  permission: ofAll('strategy'),
  answer: z.array(pipelineConfigShape),
});

export const getStrategyHistory = defineRoute({
  method: 'GET',
  path: '/strategyConfigs/:id/history',
  id: 'getStrategyHistory',
  tag,
  summary: 'Earlier versions of a strategy, newest first',
  permission: { ...ofStrategy, action: 'READ' },
  params: id,
  query: z.object({ limit: queryNumber(20, { min: 1, max: 1_000 }), cursor: queryText }),
  answer: z.array(pipelineConfigShape),
});

export const saveStrategy = defineRoute({
  method: 'POST',
  path: '/strategies',
  id: 'saveStrategy',
  tag,
  summary: 'Creates or replaces a strategy',
  permission: ofBodyApplication('WRITE'),
  body: pipelineInput,
});

export const updateStrategy = defineRoute({
  method: 'PUT',
  path: '/strategies/:id',
  id: 'updateStrategy',
  tag,
  summary: 'Replaces a strategy by id, and gives it back as stored',
  permission: ofStrategy,
  params: id,
  body: pipelineInput,
  answer: pipelineConfigShape,
});

export const deleteStrategy = defineRoute({
  method: 'DELETE',
  path: '/strategies/:application/:name',
  id: 'deleteStrategy',
  tag,
  summary: 'Deletes a strategy by name. Nothing happens when there is none',
  permission: ofApplication('WRITE'),
  params: pathParams('application', 'name'),
});

export const moveStrategy = defineRoute({
  method: 'POST',
  path: '/strategies/move',
  id: 'moveStrategy',
  tag,
  summary: 'Renames a strategy',
  permission: ofBodyApplication('WRITE'),
  body: z.object({ application: z.string(), from: z.string(), to: z.string() }).loose(),
});
