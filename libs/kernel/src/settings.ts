import { InvalidInputError } from './errors.js';

/** Variables as the environment of a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface SettingsIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
}

/** A schema that checks settings: one of zod's, in what is needed of it. */
export interface SettingsSchema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: readonly SettingsIssue[] } };
}

/**
 * Reads settings from environment variables. An empty variable is how a compose file or a shell says "not set".
 *
 * @param names the variable of each field
 * @param more fields that come from elsewhere
 * @throws InvalidInputError that names the variable and the fix, and never the value: it may be a secret
 */
export function readSettings<T>(
  schema: SettingsSchema<T>,
  environment: Environment,
  names: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): T {
  const given: Record<string, unknown> = {};
  for (const [field, name] of Object.entries(names)) {
    const value = environment[name];
    if (value !== undefined && value !== '') given[field] = value;
  }
  return checkSettings(schema, { ...given, ...more }, names);
}

/** The same for settings that are at hand as a value. */
export function checkSettings<T>(
  schema: SettingsSchema<T>,
  value: unknown,
  names: Readonly<Record<string, string>> = {},
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new InvalidInputError(
    'settings.invalid',
    result.error.issues.map(({ path: [field, ...rest], message }) => ({
      path: [names[String(field)] ?? String(field ?? ''), ...rest.map(String)].join('.'),
      message: inOurWords(message),
    })),
  );
}

const WORDS: [RegExp, (...found: string[]) => string][] = [
  [/^Invalid input: expected (\w+), received undefined$/, () => 'must be set'],
  [/^Invalid input: expected (?:number|int), received .*$/, () => 'must be a number'],
  [/^Invalid input: expected boolean, received .*$/, () => 'must be true or false'],
  [/^Invalid input: expected array, received .*$/, () => 'must be a list'],
  [/^Invalid input: expected (?:object|record), received .*$/, () => 'must be an object'],
  [/^Invalid input: expected (\w+), received .*$/, (type) => `must be a ${type}`],
  [
    /^Invalid option: expected one of (.*)$/,
    (list) => `must be one of ${list.replaceAll('|', ', ').replaceAll('"', '')}`,
  ],
  [/^Too small: expected (?:number|int) to be >=?(.*)$/, (least) => `must be at least ${least}`],
  [/^Too big: expected (?:number|int) to be <=?(.*)$/, (most) => `must be at most ${most}`],
  [/^Too small: expected (string|array) to have >=?(.*)$/, (_type, least) => `must have at least ${least}`],
  [/^Invalid URL$/, () => 'must be a URL'],
];

/** What a schema says of a value, in the words that the product has for it. */
export function inOurWords(message: string): string {
  for (const [pattern, words] of WORDS) {
    const found = pattern.exec(message);
    if (found !== null) return words(...found.slice(1));
  }
  return message;
}
