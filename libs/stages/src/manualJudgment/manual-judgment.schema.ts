import { z } from 'zod';
import { listOf } from '../fields.js';

export const manualJudgmentSchema = z.looseObject({
  instructions: z.string().nullish(),
  /** Answers to choose from. */
  judgmentInputs: listOf(z.looseObject({ value: z.string() })),
  /** `continue` or `stop`: the answer, once it is given. */
  judgmentStatus: z.string().nullish(),
  judgmentInput: z.string().nullish(),
});

export type ManualJudgmentConfig = z.infer<typeof manualJudgmentSchema>;
