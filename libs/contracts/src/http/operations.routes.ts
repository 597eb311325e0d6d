import { jsonObject, pathParams } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';

const tag = 'tasks';
const id = pathParams('id');
const readApplications = ofAll('application');

export const getOperation = defineRoute({
  method: 'GET',
  path: '/operations/:id',
  id: 'getOperation',
  tag,
  summary: 'A cloud operation: its status, log and results, and what it changed in each object',
  description: 'The caller must be allowed to read the application that the operation is for.',
  permission: readApplications,
  params: id,
  answer: jsonObject,
});

export const followOperation = defineRoute({
  method: 'GET',
  path: '/operations/:id/live',
  id: 'followOperation',
  tag,
  summary:
    'Server-sent events of a cloud operation: first its state, then every step and log line as it happens',
  description:
    'The id of each message is the version. A client that reconnects with Last-Event-ID misses nothing.',
  permission: readApplications,
  params: id,
  produces: 'text/event-stream',
});
