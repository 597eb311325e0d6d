import { ACCOUNT_USES } from '@gennaker/canary';
import { z } from 'zod';

/** An account as it is configured; the fields of its kind of store come besides these. */
export const accountConfigSchema = z.looseObject({
  name: z.string().min(1),
  type: z.string().min(1),
  supportedTypes: z.array(z.enum(ACCOUNT_USES)).default(['METRICS_STORE']),
  locations: z.array(z.string()).default([]),
  recommendedLocations: z.array(z.string()).default([]),
});
export type AccountConfig = z.infer<typeof accountConfigSchema>;
