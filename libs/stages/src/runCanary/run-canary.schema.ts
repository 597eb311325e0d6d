import { canaryScopePairSchema } from '@gennaker/canary';
import { z } from 'zod';
import { booleanLike, numeric } from '../fields.js';

const text = z.string().nullish();
const noValue = z.literal('').transform(() => undefined);
/** Numbers of canary stages may be empty text, which means that they are not set. */
export const optionalNumber = z.union([noValue, numeric]).nullish();

export const scoreThresholdsSchema = z
  .looseObject({ pass: optionalNumber, marginal: optionalNumber })
  .nullish()
  .transform((given) => ({ pass: given?.pass ?? undefined, marginal: given?.marginal ?? undefined }));

export const canaryAccountsSchema = z.looseObject({
  metricsAccountName: text,
  storageAccountName: text,
  configurationAccountName: text,
  canaryConfigId: text,
  canaryConfigName: text,
});

export const runCanarySchema = canaryAccountsSchema.extend({
  scopes: z.record(z.string(), canaryScopePairSchema),
  scoreThresholds: scoreThresholdsSchema,
  siteLocal: z.record(z.string(), z.unknown()).nullish(),
  continuePipeline: booleanLike.nullish(),
  /** Place of this judgement in its run, from 1, and how many the run plans. */
  judgement: numeric.nullish(),
  plannedJudgements: numeric.nullish(),
});
export type RunCanaryConfig = z.infer<typeof runCanarySchema>;
