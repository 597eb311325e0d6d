import { z } from 'zod';
import { metricQuerySchema } from './metric-query.schema.js';

const textMap = z.record(z.string(), z.string());
const anyMap = z.record(z.string(), z.unknown());

/** One metric of a canary config. `analysisConfigurations.canary` is read by the judge, which checks it itself. */
export const metricConfigSchema = z.object({
  name: z.string().nullish(),
  query: metricQuerySchema.nullish(),
  groups: z.array(z.string()).nullish(),
  analysisConfigurations: z.record(z.string(), anyMap.nullish()).nullish(),
  scopeName: z.string().nullish(),
});
export type MetricConfig = z.infer<typeof metricConfigSchema>;

export const scoreThresholdsSchema = z.object({ pass: z.number(), marginal: z.number() });
export type ScoreThresholds = z.infer<typeof scoreThresholdsSchema>;

/**
 * A canary config as Kayenta's API takes and gives it. Unknown fields are dropped, and almost nothing is required here:
 * what a config must fulfil, and in which words it is refused, is in `canary-config.validation.ts`.
 */
export const canaryConfigSchema = z.object({
  id: z.string().nullish(),
  name: z.string().nullish(),
  description: z.string().nullish(),
  configVersion: z.union([z.string(), z.number().transform(String)]).nullish(),
  createdTimestamp: z.number().nullish(),
  updatedTimestamp: z.number().nullish(),
  createdTimestampIso: z.string().nullish(),
  updatedTimestampIso: z.string().nullish(),
  applications: z.array(z.string()).nullish(),
  judge: z.object({ name: z.string().nullish(), judgeConfigurations: anyMap.nullish() }).nullish(),
  metrics: z.array(metricConfigSchema).nullish(),
  templates: textMap.nullish(),
  classifier: z
    .object({
      groupWeights: z.record(z.string(), z.number()).nullish(),
      scoreThresholds: z.object({ pass: z.number().nullish(), marginal: z.number().nullish() }).nullish(),
    })
    .nullish(),
});
export type CanaryConfig = z.infer<typeof canaryConfigSchema>;
