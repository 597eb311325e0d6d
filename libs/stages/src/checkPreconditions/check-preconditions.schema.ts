import { z } from 'zod';
import { booleanLike, listOf } from '../fields.js';

export const preconditionSchema = z.looseObject({
  type: z.string(),
  name: z.string().nullish(),
  context: z
    .looseObject({})
    .nullish()
    .transform((context) => context ?? {}),
  failPipeline: booleanLike.nullish().transform((value) => value ?? true),
});

export const checkPreconditionsSchema = z.looseObject({ preconditions: listOf(preconditionSchema) });

/** One precondition, as the stage that checks it holds it. */
export const checkPreconditionSchema = z.looseObject({
  preconditionType: z.string(),
  context: z.looseObject({}),
});

export type CheckPreconditionsConfig = z.infer<typeof checkPreconditionsSchema>;
export type CheckPreconditionConfig = z.infer<typeof checkPreconditionSchema>;
