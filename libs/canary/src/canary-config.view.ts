import type { JsonObject } from '@gennaker/kernel';
import type { CanaryConfig } from './canary-config.schema.js';
import { toCanaryJson } from './json-number.js';

const TIMES = ['createdTimestamp', 'createdTimestampIso', 'updatedTimestamp', 'updatedTimestampIso'] as const;

/** A config as the API shows it: a query carries the name of its store twice, as in Kayenta. */
export function canaryConfigView(config: CanaryConfig): JsonObject {
  const metrics = config.metrics?.map(({ query, ...metric }) => ({
    ...metric,
    ...(query == null ? {} : { query: { ...query, serviceType: query.type } }),
  }));
  return toCanaryJson({ ...config, metrics }) as JsonObject;
}

/** What somebody has written of a config: all but when it was stored. */
export function writtenOf(config: CanaryConfig): JsonObject {
  const copy = toCanaryJson(config) as JsonObject;
  for (const field of TIMES) delete copy[field];
  return copy;
}
