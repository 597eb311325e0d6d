import { z } from 'zod';

/** Names, ids and refs in paths. Bounded, because they end up in keys and logs. */
export const nameField = z.string().min(1).max(500);

/** Any JSON object; unknown keys are kept. */
export const jsonObject = z.record(z.string(), z.unknown());
export type JsonRecord = z.infer<typeof jsonObject>;

const TRUE = new Set(['true', 'on', 'yes', '1']);
const FALSE = new Set(['false', 'off', 'no', '0']);

const single = (value: unknown): unknown => (value === '' ? undefined : value);

const flag = z.preprocess((value) => {
  const text = single(value);
  if (typeof text !== 'string') return text;
  const lower = text.trim().toLowerCase();
  if (TRUE.has(lower)) return true;
  return FALSE.has(lower) ? false : text;
}, z.boolean('must be true or false').optional());

/** `?flag=true`, with the spellings that Spring takes. */
export function queryFlag(fallback: boolean) {
  return flag.transform((value) => value ?? fallback).meta({ type: 'boolean', default: fallback });
}

export const optionalQueryFlag = flag.meta({ type: 'boolean' });

export interface QueryNumberOptions {
  min?: number;
  max?: number;
}

const wholeNumber = ({ min = 0, max = Number.MAX_SAFE_INTEGER }: QueryNumberOptions) =>
  z.preprocess(
    (value) => {
      const text = single(value);
      return typeof text === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(text) ? Number(text) : text;
    },
    z
      .int('must be a whole number')
      .min(min, `must be at least ${min}`)
      .max(max, `must be at most ${max}`)
      .optional(),
  );

const numberMeta = ({ min = 0, max = Number.MAX_SAFE_INTEGER }: QueryNumberOptions) => ({
  type: 'integer' as const,
  minimum: min,
  maximum: max,
});

/** `?limit=10`. An empty value counts as absent. */
export function queryNumber(fallback: number, options: QueryNumberOptions = {}) {
  return wholeNumber(options)
    .transform((value) => value ?? fallback)
    .meta({ ...numberMeta(options), default: fallback });
}

export function optionalQueryNumber(options: QueryNumberOptions = {}) {
  return wholeNumber(options).meta(numberMeta(options));
}

/** `?q=text`. An empty value counts as absent. */
export const queryText = z.preprocess(single, z.string('may be given only once').max(4_000).optional());

/** `?ids=a,b` or `?ids=a&ids=b`: at most 1,000 values. */
export const queryList = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) =>
    (Array.isArray(value) ? value : [value ?? ''])
      .flatMap((part) => part.split(','))
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(z.string()).max(1_000, 'at most 1000 values'))
  .meta({ type: 'string', description: 'Comma-separated values' });

/** Path parameters by name. */
export function pathParams<K extends string>(...names: K[]) {
  return z.object(Object.fromEntries(names.map((name) => [name, nameField])) as Record<K, typeof nameField>);
}

/** What a route takes that the server pages by itself. */
export const pagingQuery = z.object({
  limit: optionalQueryNumber({ min: 1, max: 10_000 }).describe('Items per page; absent: the whole list'),
  cursor: queryText.describe('Of the next page, as the Link header of the one before names it'),
});
