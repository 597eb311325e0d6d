import type { FieldProblem, JsonObject } from '@gennaker/kernel';

const isBoolean = (value: unknown) => typeof value === 'boolean';
const isWhole = (value: unknown) => Number.isInteger(value);

/** By the names that Spinnaker's templates use. To it, everything is an object. */
const CHECKS = {
  string: (value: unknown) => typeof value === 'string',
  int: isWhole,
  integer: isWhole,
  float: (value: unknown) => typeof value === 'number',
  bool: isBoolean,
  boolean: isBoolean,
  list: (value: unknown) => Array.isArray(value),
};

/** A value that is still an expression gets its type when it is evaluated. */
const EXPRESSION = /\$\{/;

/**
 * Values of all variables that a template declares: the given one, else the default, else null where it may be. What a
 * configuration gives beyond that is left out. Adds a problem for each variable that is missing or of another type.
 */
export function assignVariables(
  declared: JsonObject[],
  given: JsonObject,
  problems: FieldProblem[],
): JsonObject {
  const values: JsonObject = {};
  for (const variable of declared) {
    const name = String(variable.name);
    const value = Object.hasOwn(given, name) ? given[name] : variable.defaultValue;
    const path = `variables.${name}`;
    if (value === undefined || value === null) {
      const optional =
        variable.nullable === true ||
        variable.defaultValue === null ||
        (Object.hasOwn(given, name) && variable.defaultValue !== undefined);
      if (!optional)
        problems.push({ path, message: `has no value: the template needs one${hint(variable)}` });
      else values[name] = value ?? variable.defaultValue ?? null;
      continue;
    }
    const problem = typeProblem(variable, value);
    if (problem !== undefined) problems.push({ path, message: problem });
    values[name] = value;
  }
  return values;
}

function hint({ description }: JsonObject): string {
  return typeof description === 'string' && description !== '' ? ` (${description.slice(0, 200)})` : '';
}

function typeProblem({ type }: JsonObject, value: unknown): string | undefined {
  const wanted = String(type ?? 'string').toLowerCase();
  if (!Object.hasOwn(CHECKS, wanted)) return undefined;
  if (CHECKS[wanted as keyof typeof CHECKS](value)) return undefined;
  if (typeof value === 'string' && EXPRESSION.test(value)) return undefined;
  const actual = Array.isArray(value) ? 'list' : typeof value;
  return `must be of type ${wanted}, and is of type ${actual}`;
}
