import { z } from 'zod';
import { jsonObject, nameField, queryNumber, queryText } from './fields.js';
import { defineRoute, type RoutePermission } from './route.js';

const admin: RoutePermission = { action: 'ADMIN', resource: 'installation' };
const account = z.object({ account: nameField });
const tag = 'credentials';

export const listStoredAccounts = defineRoute({
  method: 'GET',
  path: '/credentials/type/:type',
  id: 'listStoredAccounts',
  tag,
  summary: 'Definitions of the accounts that were added over the API, without their credentials',
  permission: admin,
  params: z.object({ type: nameField }),
  query: z.object({
    limit: queryNumber(100, { min: 1, max: 1_000 }),
    startingAccountName: queryText,
    cursor: queryText,
  }),
  answer: z.array(jsonObject),
});

export const createAccount = defineRoute({
  method: 'POST',
  path: '/credentials',
  id: 'createAccount',
  tag,
  summary: 'Adds an account',
  permission: admin,
  body: jsonObject,
  answer: jsonObject,
});

export const updateAccount = defineRoute({
  method: 'PUT',
  path: '/credentials',
  id: 'updateAccount',
  tag,
  summary: 'Changes an account',
  permission: admin,
  body: jsonObject,
  answer: jsonObject,
});

export const deleteAccount = defineRoute({
  method: 'DELETE',
  path: '/credentials/:account',
  id: 'deleteAccount',
  tag,
  summary: 'Removes an account and forgets its inventory',
  permission: admin,
  params: account,
});

export const listAccountHistory = defineRoute({
  method: 'GET',
  path: '/credentials/:account/history',
  id: 'listAccountHistory',
  tag,
  summary: 'Who changed an account, when, and to what; newest first',
  permission: admin,
  params: account,
  query: z.object({ limit: queryNumber(50, { min: 1, max: 500 }), cursor: queryText }),
  answer: z.array(jsonObject),
});
