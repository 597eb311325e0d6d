import { defineRoute, jsonObject, nameField, queryText } from '@gennaker/contracts';
import { z } from 'zod';

const tag = 'operations';
const id = z.object({ id: nameField });

export const requestOperationRoute = defineRoute({
  method: 'POST',
  path: '/:cloudProvider/ops',
  id: 'requestOperation',
  tag,
  summary:
    'Asks for an operation, after checking that it can be carried out; asking again with one clientRequestId asks once',
  permission: { action: 'READ', resource: 'installation' },
  params: z.object({ cloudProvider: nameField }),
  query: z.object({ clientRequestId: queryText }),
  body: z.array(z.record(z.string(), jsonObject)).min(1, 'name one operation'),
});

export const taskRoute = defineRoute({
  method: 'GET',
  path: '/task/:id',
  id: 'getOperation',
  tag,
  summary: 'How an operation stands: its status, log, results, and what it changed in each object',
  permission: { action: 'READ', resource: 'installation' },
  params: id,
});

export const cancelTaskRoute = defineRoute({
  method: 'PUT',
  path: '/task/:id/cancel',
  id: 'cancelOperation',
  tag,
  summary: 'Asks a running operation to stop at its next step',
  permission: { action: 'READ', resource: 'installation' },
  params: id,
  query: z.object({ reason: queryText }),
});

export const stageFeaturesRoute = defineRoute({
  method: 'GET',
  path: '/features/stages',
  id: 'listOperations',
  tag,
  summary: 'The operations that can be asked for',
  permission: { action: 'READ', resource: 'installation' },
});
