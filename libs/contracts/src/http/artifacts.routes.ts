import { z } from 'zod';
import { jsonObject, nameField, queryText } from './fields.js';
import { defineRoute, type RoutePermission } from './route.js';

const readAny: RoutePermission = { action: 'READ', resource: 'installation' };
const tag = 'artifacts';
const account = z.object({ account: nameField });

export const listArtifactAccounts = defineRoute({
  method: 'GET',
  path: '/artifacts/credentials',
  id: 'listArtifactAccounts',
  tag,
  summary: 'Accounts that artifacts can be fetched with, and the types that each fetches',
  permission: readAny,
  answer: z.array(z.object({ name: z.string(), types: z.array(z.string()) })),
});

export const fetchArtifact = defineRoute({
  method: 'PUT',
  path: '/artifacts/fetch',
  id: 'fetchArtifact',
  tag,
  summary: 'The content of an artifact, byte by byte',
  permission: readAny,
  body: jsonObject,
  answer: z.string(),
  produces: 'application/octet-stream',
});

export const listArtifactNames = defineRoute({
  method: 'GET',
  path: '/artifacts/account/:account/names',
  id: 'listArtifactNames',
  tag,
  summary: 'Names of the artifacts that an account has, where its protocol can tell: charts of a repository',
  permission: readAny,
  params: account,
  query: z.object({ type: queryText }),
  answer: z.array(z.string()),
});

export const listArtifactVersions = defineRoute({
  method: 'GET',
  path: '/artifacts/account/:account/versions',
  id: 'listArtifactVersions',
  tag,
  summary: 'Versions of an artifact, the newest first, where its protocol can tell: those of a chart',
  permission: readAny,
  params: account,
  query: z.object({ type: queryText, artifactName: queryText }),
  answer: z.array(z.string()),
});
