import { z } from 'zod';
import { canaryConfigSchema } from './canary-config.schema.js';

const instantSchema = z.iso.datetime({
  offset: true,
  error: 'must be an ISO-8601 time with a zone, such as 2026-01-31T12:00:00Z',
});

/** Where and when one side of a canary is measured. `step` is in seconds. */
export const canaryScopeSchema = z.object({
  scope: z.string().nullish(),
  location: z.string().nullish(),
  start: instantSchema.nullish(),
  end: instantSchema.nullish(),
  step: z.coerce.number().int().min(0).nullish(),
  extendedScopeParams: z.record(z.string(), z.coerce.string()).nullish(),
});
export type CanaryScope = z.infer<typeof canaryScopeSchema>;

export const canaryScopePairSchema = z.object({
  controlScope: canaryScopeSchema.nullish(),
  experimentScope: canaryScopeSchema.nullish(),
});
export type CanaryScopePair = z.infer<typeof canaryScopePairSchema>;

/** The place of a judgement in a run, for judges that remember what they have seen. Not part of Kayenta's request. */
const judgementPlaceSchema = z.object({
  judgement: z.number().int().min(1),
  plannedJudgements: z.number().int().min(1).max(10_000),
  /** Analyses of the same run that came before, oldest first. */
  earlier: z.array(z.string()).max(10_000).default([]),
});
export type JudgementPlace = z.infer<typeof judgementPlaceSchema>;

export const canaryExecutionRequestSchema = z.object({
  scopes: z.record(z.string(), canaryScopePairSchema).nullish(),
  thresholds: z.object({ pass: z.number().nullish(), marginal: z.number().nullish() }).nullish(),
  metadata: z
    .array(z.object({ name: z.string(), value: z.string().nullish(), hidden: z.boolean().nullish() }))
    .nullish(),
  siteLocal: z.record(z.string(), z.unknown()).nullish(),
  run: judgementPlaceSchema.nullish(),
});
export type CanaryExecutionRequest = z.infer<typeof canaryExecutionRequestSchema>;

export const adhocCanaryRequestSchema = z.object({
  canaryConfig: canaryConfigSchema,
  executionRequest: canaryExecutionRequestSchema,
});
export type AdhocCanaryRequest = z.infer<typeof adhocCanaryRequestSchema>;
