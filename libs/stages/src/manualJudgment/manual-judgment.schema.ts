import { z } from 'zod';
import { booleanLike, listOf, numeric } from '../fields.js';

export const manualJudgmentSchema = z.looseObject({
  instructions: z.string().nullish(),
  /** Answers to choose from. */
  judgmentInputs: listOf(z.union([z.looseObject({ value: z.string() }), z.string()])),
  /** `continue` or `stop`: the answer, once it is given. */
  judgmentStatus: z.string().nullish(),
  judgmentInput: z.string().nullish(),
  /** Only holders of one of these roles may answer. */
  selectedStageRoles: listOf(z.string()),
  requiredJudgmentRoles: listOf(z.string()),
  /** Stages after it act as the one who has answered. */
  propagateAuthenticationContext: booleanLike.nullish(),
  /** So many different people must say "continue". */
  requiredApprovals: numeric
    .refine((count) => Number.isInteger(count) && count >= 1, 'must be a whole number from 1 on')
    .nullish()
    .transform((count) => count ?? 1),
  /** Whoever has started the execution cannot approve it. */
  approverMustDiffer: booleanLike.nullish(),
});

export type ManualJudgmentConfig = z.infer<typeof manualJudgmentSchema>;
