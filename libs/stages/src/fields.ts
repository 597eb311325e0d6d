import { isTrue } from '@gennaker/execution';
import { z } from 'zod';

/** A number as pipelines hold it: itself, or its digits as text. */
export const numeric = z.union(
  [
    z.number(),
    z
      .string()
      .trim()
      .regex(/^-?\d+(\.\d+)?$/)
      .transform(Number),
  ],
  'must be a number',
);

/** `true`, `false`, or either as text. */
export const booleanLike = z
  .union([z.boolean(), z.string().regex(/^(true|false)$/i, 'must be true or false')], 'must be true or false')
  .transform(isTrue);

/** A list; null and absent count as an empty one. */
export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}
