import { z } from 'zod';
import { queryText } from './fields.js';
import type { RouteContract } from './route.js';

/** The accounts of the metrics judge that a request may name. Without a name, any that serves the purpose is taken. */
export const canaryAccountNames = {
  metricsAccountName: queryText,
  configurationAccountName: queryText,
  storageAccountName: queryText,
};

/** What every request for an analysis may say of itself. */
export const canaryAsked = {
  application: queryText,
  parentPipelineExecutionId: queryText,
  ...canaryAccountNames,
};

export const storageAccount = z.object({ storageAccountName: queryText });

/** A score threshold in a query. */
export const queryScore = z
  .preprocess((text) => (text === '' ? undefined : text), z.coerce.number().optional())
  .meta({ type: 'number' });

/**
 * An operation of the metrics judge as the front door serves it. Its own paths are Kayenta's; behind the front door, what
 * is about configs and reports stands below `/v2`, and all else below `/v2/canaries`.
 */
export function atFrontDoor<R extends RouteContract>(route: R): R {
  const ownName = /^\/(canaryConfig|canaries)\b/.test(route.path);
  return { ...route, path: `${ownName ? '/v2' : '/v2/canaries'}${route.path}` };
}
