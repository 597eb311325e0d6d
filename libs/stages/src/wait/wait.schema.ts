import { z } from 'zod';
import { booleanLike, numeric } from '../fields.js';

export const waitSchema = z.looseObject({
  /** Seconds. */
  waitTime: numeric
    .refine((seconds) => seconds >= 0, 'must not be negative')
    .nullish()
    .transform((seconds) => seconds ?? 0),
  /** Set while it waits, it ends the wait. */
  skipRemainingWait: booleanLike.nullish(),
});

export type WaitConfig = z.infer<typeof waitSchema>;
