import { z } from 'zod';
import { jsonNumbersSchema } from './json-number.js';

const textMap = z.record(z.string(), z.string());
const instant = { startTimeIso: z.string().nullish(), startTimeMillis: z.number().nullish() };

/** The answer of a metric store for one metric and one combination of tags. */
export const metricSetSchema = z.object({
  name: z.string(),
  tags: textMap.default({}),
  ...instant,
  endTimeMillis: z.number().nullish(),
  endTimeIso: z.string().nullish(),
  stepMillis: z.number().nullish(),
  values: jsonNumbersSchema.default([]),
  attributes: textMap.default({}),
});
export type MetricSet = z.infer<typeof metricSetSchema>;

const pairScopeSchema = z.object({ ...instant, stepMillis: z.number().nullish() });

/** Baseline (`control`) and canary (`experiment`) of one metric and one combination of tags. NaN is a missing point. */
export const metricSetPairSchema = z.object({
  name: z.string(),
  id: z.string().default(''),
  tags: textMap.default({}),
  values: z.object({ control: jsonNumbersSchema, experiment: jsonNumbersSchema }),
  scopes: z
    .object({ control: pairScopeSchema.nullish(), experiment: pairScopeSchema.nullish() })
    .nullish()
    .transform((scopes) => scopes ?? {}),
  attributes: z.object({ control: textMap.nullish(), experiment: textMap.nullish() }).nullish(),
});
export type MetricSetPair = z.infer<typeof metricSetPairSchema>;
