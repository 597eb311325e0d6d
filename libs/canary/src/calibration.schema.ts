import { z } from 'zod';
import { scoreThresholdsSchema } from './canary-config.schema.js';
import { canaryScopeSchema } from './execution-request.schema.js';

/** Which past is to be judged, by scope name as in an execution request; start and end of the scopes are not needed. */
export const calibrationRequestSchema = z.object({
  scopes: z.record(
    z.string(),
    z.object({
      controlScope: canaryScopeSchema,
      /** A second baseline that ran at the same time; without it each window is compared with the one before it. */
      experimentScope: canaryScopeSchema.nullish(),
    }),
  ),
  thresholds: scoreThresholdsSchema.default({ pass: 95, marginal: 75 }),
  /** How many windows, and how long each is. */
  windows: z.coerce.number().int().min(2).max(100).default(20),
  windowMins: z.coerce.number().int().min(2).max(1_440).default(60),
  /** End of the last window; now when absent. */
  end: z.iso.datetime({ offset: true }).nullish(),
});
export type CalibrationRequest = z.infer<typeof calibrationRequestSchema>;
