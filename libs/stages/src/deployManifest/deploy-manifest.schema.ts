import { z } from 'zod';
import { booleanLike, listOf, numeric } from '../fields.js';
import { manifestsSchema } from '../kubernetes/manifest.schema.js';
import { clusterStageSchema } from '../kubernetes/operation-task.js';

export const trafficManagementSchema = z.looseObject({
  enabled: booleanLike.nullish(),
  options: z
    .looseObject({
      enableTraffic: booleanLike.nullish(),
      services: listOf(z.string()),
      strategy: z.string().nullish(),
    })
    .nullish(),
});

export const deployManifestSchema = clusterStageSchema.extend({
  source: z.enum(['text', 'artifact']).nullish(),
  manifests: manifestsSchema.optional(),
  trafficManagement: trafficManagementSchema.nullish(),
  stableManifestTimeoutMinutes: numeric.nullish(),
  /** True: only say what would change. */
  plan: booleanLike.nullish(),
});

export type DeployManifestConfig = z.infer<typeof deployManifestSchema>;
