import { z } from 'zod';
import { jsonObject, pathParams, queryText } from './fields.js';
import { ofAll } from './permissions.js';
import { defineRoute } from './route.js';

const PUBLIC = { action: 'PUBLIC', resource: 'installation' } as const;
const self = { action: 'READ', resource: 'user' } as const;

export const getVersion = defineRoute({
  method: 'GET',
  path: '/version',
  id: 'getVersion',
  tag: 'installation',
  summary: 'Version of the front door',
  permission: PUBLIC,
  answer: z.object({ version: z.string() }),
});

export const getRoot = defineRoute({
  method: 'GET',
  path: '/',
  id: 'getRoot',
  tag: 'installation',
  summary: 'Leads to the web UI',
  permission: PUBLIC,
  status: 302,
});

export const getAuthUser = defineRoute({
  method: 'GET',
  path: '/auth/user',
  id: 'getUser',
  tag: 'auth',
  summary: 'Who the caller is; an empty answer when nobody is signed in',
  permission: { ...self, action: 'PUBLIC' },
  answer: jsonObject,
});

export const getRawUser = defineRoute({
  method: 'GET',
  path: '/auth/rawUser',
  id: 'getRawUser',
  tag: 'auth',
  summary: 'Who the caller is, as signed in',
  permission: self,
  answer: jsonObject,
});

export const listServiceAccounts = defineRoute({
  method: 'GET',
  path: '/auth/user/serviceAccounts',
  id: 'listServiceAccounts',
  tag: 'auth',
  summary: 'Service accounts that the caller may run pipelines as',
  permission: self,
  query: z.object({ application: queryText }),
  answer: z.array(z.string()),
});

export const redirectToDeck = defineRoute({
  method: 'GET',
  path: '/auth/redirect',
  id: 'redirectTo',
  tag: 'auth',
  summary: 'Leads to a page of the web UI, and nowhere else',
  permission: self,
  query: z.object({ to: z.string().min(1).max(4_000) }),
  status: 302,
});

export const logOut = defineRoute({
  method: 'GET',
  path: '/auth/logout',
  id: 'logOut',
  tag: 'auth',
  summary: 'Ends the session',
  permission: { ...self, action: 'PUBLIC' },
  status: 302,
});

export const loggedOut = defineRoute({
  method: 'GET',
  path: '/auth/loggedOut',
  id: 'loggedOut',
  tag: 'auth',
  summary: 'Where a log-out ends',
  permission: { ...self, action: 'PUBLIC' },
  produces: 'text/plain',
  answer: z.string(),
});

export const getAdmin = defineRoute({
  method: 'GET',
  path: '/admin',
  id: 'getAdmin',
  tag: 'admin',
  summary: 'Whether the caller is an administrator',
  permission: self,
  answer: jsonObject,
});

export const getNotifications = defineRoute({
  method: 'GET',
  path: '/notifications/:type/:application',
  id: 'getNotifications',
  tag: 'notifications',
  summary: 'Who is told of what in an application',
  permission: { action: 'READ', resource: 'notification', from: 'params.application' },
  params: pathParams('type', 'application'),
  answer: jsonObject,
});

export const saveNotifications = defineRoute({
  method: 'POST',
  path: '/notifications/:type/:application',
  id: 'saveNotifications',
  tag: 'notifications',
  summary: 'Sets who is told of what in an application',
  permission: { action: 'WRITE', resource: 'notification', from: 'params.application' },
  params: pathParams('type', 'application'),
  body: jsonObject,
});

export const deleteNotifications = defineRoute({
  method: 'DELETE',
  path: '/notifications/:type/:application',
  id: 'deleteNotifications',
  tag: 'notifications',
  summary: 'Tells nobody of anything in an application any more',
  permission: { action: 'WRITE', resource: 'notification', from: 'params.application' },
  params: pathParams('type', 'application'),
});

export const receiveWebhook = defineRoute({
  method: 'POST',
  path: '/webhooks/:type/:source',
  id: 'receiveWebhook',
  tag: 'webhooks',
  summary: 'Takes an event in, and starts the pipelines that wait for it',
  permission: { action: 'PUBLIC', resource: 'webhook' },
  params: z.object({ type: z.string().min(1).max(500), source: z.string().min(1).max(1_000) }),
  body: z.unknown(),
  bodyOptional: true,
  answer: z.object({ eventProcessed: z.boolean(), eventId: z.string().optional() }).loose(),
});

export const receiveCdEvent = defineRoute({
  method: 'POST',
  path: '/webhooks/cdevents/:source',
  id: 'receiveCdEvent',
  tag: 'webhooks',
  summary: 'Takes a CDEvent in, as a CloudEvent',
  permission: { action: 'PUBLIC', resource: 'webhook' },
  params: pathParams('source'),
  body: z.unknown(),
  bodyOptional: true,
  answer: z.object({ eventProcessed: z.boolean(), eventId: z.string().optional() }).loose(),
});

export const validateCron = defineRoute({
  method: 'GET',
  path: '/cron/validate',
  id: 'validateCron',
  tag: 'triggers',
  summary: 'Whether a cron expression is valid; always 200',
  permission: ofAll('pipeline'),
  query: z.object({ expression: z.string().max(1_000) }),
  answer: z.object({
    valid: z.boolean(),
    message: z.string().optional(),
    description: z.string().optional(),
  }),
});
