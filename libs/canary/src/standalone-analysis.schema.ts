import { z } from 'zod';
import { canaryConfigSchema } from './canary-config.schema.js';

const iso = z.iso.datetime({ offset: true }).nullish();
const minutes = z.coerce.number().int().min(0);

const standaloneScopeSchema = z.object({
  scopeName: z
    .string()
    .nullish()
    .transform((name) => name ?? 'default'),
  controlScope: z.string().nullish(),
  controlLocation: z.string().nullish(),
  controlOffsetInMinutes: minutes.nullish(),
  experimentScope: z.string().nullish(),
  experimentLocation: z.string().nullish(),
  startTimeIso: iso,
  endTimeIso: iso,
  step: z.coerce.number().int().min(1).nullish(),
  extendedScopeParams: z.record(z.string(), z.coerce.string()).nullish(),
});

/** A whole run of judgements, asked for without a pipeline. */
export const standaloneAnalysisRequestSchema = z.object({
  scopes: z
    .array(standaloneScopeSchema)
    .min(1, 'Canary stage configuration must contain at least one scope.'),
  thresholds: z.object({ pass: z.number().nullish(), marginal: z.number().nullish() }).nullish(),
  lifetimeDurationMins: minutes.nullish(),
  beginAfterMins: minutes.nullish(),
  lookbackMins: minutes.nullish(),
  analysisIntervalMins: minutes.nullish(),
  siteLocal: z.record(z.string(), z.unknown()).nullish(),
});
export type StandaloneAnalysisRequest = z.infer<typeof standaloneAnalysisRequestSchema>;

export const adhocStandaloneRequestSchema = z.object({
  canaryConfig: canaryConfigSchema,
  executionRequest: standaloneAnalysisRequestSchema,
});
