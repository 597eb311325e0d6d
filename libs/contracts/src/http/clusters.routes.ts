import { z } from 'zod';
import { jsonObject, nameField, optionalQueryNumber, queryFlag, queryText } from './fields.js';
import { defineRoute, type RoutePermission } from './route.js';

const readAccount: RoutePermission = { action: 'READ', resource: 'account', from: 'params.account' };
const writeAccount: RoutePermission = { action: 'WRITE', resource: 'account', from: 'params.account' };
const tag = 'clusters';
const GET = 'GET' as const;

const manifestQuery = z.object({ includeEvents: queryFlag(true), live: queryFlag(true) });
const clusterOf = z.object({
  account: nameField,
  location: nameField,
  kind: nameField,
  application: nameField,
  cluster: nameField,
});
const pod = z.object({ account: nameField, region: nameField, id: nameField });
const job = z.object({ application: nameField, account: nameField, location: nameField, id: nameField });

export const getManifest = defineRoute({
  method: GET,
  path: '/manifests/:account/:location/:name',
  id: 'getManifest',
  tag,
  summary: 'An object as its cluster has it, with status, artifacts, events and metrics',
  description: 'The location of cluster-wide objects is `_`. With `live=false` the inventory answers.',
  permission: readAccount,
  params: z.object({ account: nameField, location: nameField, name: nameField }),
  query: manifestQuery,
  answer: jsonObject,
});

export const getClusterWideManifest = defineRoute({
  method: GET,
  path: '/manifests/:account/:name',
  id: 'getClusterWideManifest',
  tag,
  summary: 'A cluster-wide object',
  permission: readAccount,
  params: z.object({ account: nameField, name: nameField }),
  query: manifestQuery,
  answer: jsonObject,
});

export const getDynamicManifest = defineRoute({
  method: GET,
  path: '/manifests/:account/:location/:kind/cluster/:application/:cluster/dynamic/:criteria',
  id: 'getDynamicManifest',
  tag,
  summary: 'The object of a cluster that the criteria mean: newest, second_newest, oldest, largest, smallest',
  permission: readAccount,
  params: clusterOf.extend({ criteria: nameField }),
  answer: jsonObject,
});

export const listClusterManifests = defineRoute({
  method: GET,
  path: '/manifests/:account/:location/:kind/cluster/:application/:cluster',
  id: 'listClusterManifests',
  tag,
  summary: 'All objects of a kind in a cluster, oldest first',
  permission: readAccount,
  params: clusterOf,
  answer: z.array(jsonObject),
});

export const getConsoleOutput = defineRoute({
  method: GET,
  path: '/instances/:account/:region/:id/console',
  id: 'getConsoleOutput',
  tag,
  summary: 'The logs of all containers of a pod',
  permission: readAccount,
  params: pod,
  query: z.object({ provider: queryText }),
  answer: jsonObject,
});

export const followConsoleOutput = defineRoute({
  method: GET,
  path: '/instances/:account/:region/:id/console/stream',
  id: 'followConsoleOutput',
  tag,
  summary: 'The log of a container as it is written, as server-sent events',
  permission: readAccount,
  params: pod,
  query: z.object({ container: queryText, tailLines: optionalQueryNumber({ min: 0, max: 100_000 }) }),
  produces: 'text/event-stream',
  answer: z.string(),
});

export const getJob = defineRoute({
  method: GET,
  path: '/applications/:application/jobs/:account/:location/:id',
  id: 'getJob',
  tag,
  summary: 'The status of a job',
  permission: readAccount,
  params: job,
  answer: jsonObject,
});

export const cancelJob = defineRoute({
  method: 'DELETE',
  path: '/applications/:application/jobs/:account/:location/:id',
  id: 'cancelJob',
  tag,
  summary: 'Ends a job and its pods',
  permission: writeAccount,
  params: job,
});

export const getJobProperties = defineRoute({
  method: GET,
  path: '/applications/:application/jobs/:account/:location/:id/:container',
  id: 'getJobProperties',
  tag,
  summary: "The properties in the log of a job's container",
  permission: readAccount,
  params: job.extend({ container: nameField }),
  answer: jsonObject,
});

export const getPodProperties = defineRoute({
  method: GET,
  path: '/applications/:application/kubernetes/pods/:account/:namespace/:pod/:container',
  id: 'getPodProperties',
  tag,
  summary: "The properties in the log of a pod's container",
  permission: readAccount,
  params: z.object({
    application: nameField,
    account: nameField,
    namespace: nameField,
    pod: nameField,
    container: nameField,
  }),
  answer: jsonObject,
});

export const planManifests = defineRoute({
  method: 'POST',
  path: '/manifests/plan',
  id: 'planManifests',
  tag,
  summary: 'What a deploy would create, change, prune or be refused, by a dry run on the server',
  permission: { action: 'WRITE', resource: 'account', from: 'body.account' },
  body: jsonObject,
  answer: jsonObject,
});
