import { z } from 'zod';
import { booleanLike } from '../fields.js';
import {
  canaryAccountsSchema,
  optionalNumber,
  scoreThresholdsSchema,
} from '../runCanary/run-canary.schema.js';

const text = z.string().nullish();

export const canaryStageScopeSchema = z.looseObject({
  scopeName: text,
  controlScope: text,
  controlLocation: text,
  experimentScope: text,
  experimentLocation: text,
  startTimeIso: text,
  endTimeIso: text,
  step: optionalNumber,
  extendedScopeParams: z.record(z.string(), z.coerce.string()).nullish(),
});
export type CanaryStageScope = z.infer<typeof canaryStageScopeSchema>;

export const canaryStageConfigSchema = canaryAccountsSchema.extend({
  scopes: z
    .array(canaryStageScopeSchema)
    .min(1, 'Canary stage configuration must contain at least one scope.'),
  scoreThresholds: scoreThresholdsSchema,
  lifetimeDuration: text,
  lifetimeHours: optionalNumber,
  beginCanaryAnalysisAfterMins: optionalNumber,
  canaryAnalysisIntervalMins: optionalNumber,
  lookbackMins: optionalNumber,
  baselineAnalysisOffsetInMins: optionalNumber,
  siteLocal: z.record(z.string(), z.unknown()).nullish(),
});
export type CanaryStageConfig = z.infer<typeof canaryStageConfigSchema>;

/** One side of a pair: what to deploy, and where. */
export const canaryServerGroupSchema = z.looseObject({
  cloudProvider: text,
  account: text,
  credentials: text,
  manifests: z.unknown().optional(),
});
export type CanaryServerGroup = z.infer<typeof canaryServerGroupSchema>;

export const canaryDeploymentsSchema = z.looseObject({
  baseline: z.looseObject({}).nullish(),
  serverGroupPairs: z
    .array(z.looseObject({ control: canaryServerGroupSchema, experiment: canaryServerGroupSchema }))
    .min(1, 'must hold at least one pair of control and experiment'),
  delayBeforeCleanup: text,
});
export type CanaryDeployments = z.infer<typeof canaryDeploymentsSchema>;

export const kayentaCanarySchema = z.looseObject({
  analysisType: text,
  canaryConfig: canaryStageConfigSchema,
  deployments: canaryDeploymentsSchema.nullish(),
  continuePipeline: booleanLike.nullish(),
});
export type KayentaCanaryConfig = z.infer<typeof kayentaCanarySchema>;

export const runCanaryIntervalsSchema = z.looseObject({
  canaryConfig: canaryStageConfigSchema,
  deployed: booleanLike.nullish(),
  continuePipeline: booleanLike.nullish(),
});
export type RunCanaryIntervalsConfig = z.infer<typeof runCanaryIntervalsSchema>;
