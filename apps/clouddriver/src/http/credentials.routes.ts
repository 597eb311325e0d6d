import { defineRoute, nameField, queryFlag, type RoutePermission } from '@gennaker/contracts';
import { z } from 'zod';

const readAny: RoutePermission = { action: 'READ', resource: 'installation' };
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
