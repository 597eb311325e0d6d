import { InvalidInputError, messageOf } from '@gennaker/kernel';
import { z } from 'zod';

/** What every stage type has that operators set up, whatever it does. */
export const preconfiguredShape = {
  type: z.string().regex(/^[A-Za-z][\w-]*$/, 'must be a name: letters, digits, "_" and "-"'),
  label: z.string().min(1),
  description: z.string().default(''),
  enabled: z.boolean().default(true),
};

/** What a stage of such a type may choose. */
export const preconfiguredParameterSchema = z.looseObject({
  name: z.string(),
  label: z.string().optional(),
  description: z.string().optional(),
  type: z.string().default('string'),
  defaultValue: z.unknown().optional(),
});

/**
 * Reads the operators' list from a setting, a JSON document.
 *
 * @throws InvalidInputError naming what is wrong in it
 */
export function preconfiguredIn<T extends z.ZodType>(
  variable: string,
  text: string | undefined,
  schema: T,
): z.output<T>[] {
  if (text === undefined || text.trim() === '') return [];
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError('stages.preconfigured_unreadable', `${variable}: ${messageOf(error)}`);
  }
  const parsed = z.array(schema).safeParse(given);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    'stages.preconfigured_invalid',
    parsed.error.issues.map(({ path, message }) => ({ path: [variable, ...path].join('.'), message })),
  );
}
