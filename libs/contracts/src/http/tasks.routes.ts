import { z } from 'zod';
import { jsonObject, pathParams, queryList, queryText } from './fields.js';
import { defineRoute } from './route.js';
import { taskRef, taskShape } from './shapes.js';

const tag = 'tasks';
const id = pathParams('id');

export const createTask = defineRoute({
  method: 'POST',
  path: '/tasks',
  id: 'createTask',
  tag,
  summary: 'Starts an ad-hoc task: a list of jobs that run one after the other',
  permission: { action: 'WRITE', resource: 'application', from: 'body.application' },
  body: z
    .object({
      application: z.string().trim().min(1),
      description: z.string().optional(),
      job: z
        .array(z.object({ type: z.string().min(1) }).loose())
        .min(1)
        .max(1_000),
    })
    .loose(),
  answer: taskRef,
});

export const getTask = defineRoute({
  method: 'GET',
  path: '/tasks/:id',
  id: 'getTask',
  tag,
  summary: 'One task',
  permission: { action: 'READ', resource: 'task', from: 'params.id' },
  params: id,
  answer: taskShape,
});

export const deleteTask = defineRoute({
  method: 'DELETE',
  path: '/tasks/:id',
  id: 'deleteTask',
  tag,
  summary: 'Deletes a finished task',
  permission: { action: 'WRITE', resource: 'task', from: 'params.id' },
  params: id,
});

export const cancelTask = defineRoute({
  method: 'PUT',
  path: '/tasks/:id/cancel',
  id: 'cancelTask',
  tag,
  summary: 'Cancels a task',
  permission: { action: 'EXECUTE', resource: 'task', from: 'params.id' },
  params: id,
  query: z.object({ reason: queryText }),
});

export const cancelTasks = defineRoute({
  method: 'PUT',
  path: '/tasks/cancel',
  id: 'cancelTasks',
  tag,
  summary: 'Cancels several tasks',
  permission: { action: 'EXECUTE', resource: 'task' },
  query: z.object({ ids: queryList, reason: queryText }),
});

export const getTaskDetails = defineRoute({
  method: 'GET',
  path: '/tasks/:id/details/:taskDetailsId',
  id: 'getTaskDetails',
  tag,
  summary: 'A cloud operation that belongs to a task',
  permission: { action: 'READ', resource: 'task', from: 'params.id' },
  params: pathParams('id', 'taskDetailsId'),
  answer: jsonObject,
});
