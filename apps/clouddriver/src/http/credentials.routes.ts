import {
  defineRoute,
  jsonObject,
  nameField,
  queryFlag,
  queryNumber,
  queryText,
  type RoutePermission,
} from '@gennaker/contracts';
import { z } from 'zod';

const readAny: RoutePermission = { action: 'READ', resource: 'installation' };
const admin: RoutePermission = { action: 'ADMIN', resource: 'installation' };
const name = z.object({ name: nameField });
const tag = 'accounts';

export const credentialsRoute = defineRoute({
  method: 'GET',
  path: '/credentials',
  id: 'listCredentials',
  tag,
  summary: 'All accounts',
  permission: readAny,
  query: z.object({ expand: queryFlag(false) }),
});

export const credentialRoute = defineRoute({
  method: 'GET',
  path: '/credentials/:name',
  id: 'getCredential',
  tag,
  summary: 'An account with its health',
  permission: { action: 'READ', resource: 'account', from: 'params.name' },
  params: name,
});

export const accountsOfTypeRoute = defineRoute({
  method: 'GET',
  path: '/credentials/type/:type',
  id: 'listStoredAccounts',
  tag,
  summary: 'Definitions of the accounts that were added over the API, without their credentials',
  permission: admin,
  params: z.object({ type: nameField }),
  query: z.object({ limit: queryNumber(100, { min: 1, max: 1_000 }), startingAccountName: queryText }),
});

export const createAccountRoute = defineRoute({
  method: 'POST',
  path: '/credentials',
  id: 'createAccount',
  tag,
  summary: 'Adds an account',
  permission: admin,
  body: jsonObject,
});

export const updateAccountRoute = defineRoute({
  method: 'PUT',
  path: '/credentials',
  id: 'updateAccount',
  tag,
  summary: 'Changes an account',
  permission: admin,
  body: jsonObject,
});

export const deleteAccountRoute = defineRoute({
  method: 'DELETE',
  path: '/credentials/:name',
  id: 'deleteAccount',
  tag,
  summary: 'Removes an account and forgets its inventory',
  permission: admin,
  params: name,
});

export const accountHistoryRoute = defineRoute({
  method: 'GET',
  path: '/credentials/:name/history',
  id: 'listAccountHistory',
  tag,
  summary: 'Who changed an account, when, and to what; newest first',
  permission: admin,
  params: name,
  query: z.object({ limit: queryNumber(50, { min: 1, max: 500 }) }),
});
