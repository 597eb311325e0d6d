import { type FieldProblem, type JsonObject, isObject } from '@gennaker/kernel';

const PLAIN = /^\$\{\s*#?templateVariables(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"\]]+)['"]\s*\])\s*\}$/;
const INLINE = /\$\{\s*#?templateVariables(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"\]]+)['"]\s*\])\s*\}/g;

/**
 * Puts variables in place of `${ templateVariables.name }` throughout a document. A text that is nothing else keeps the
 * variable's type; other expressions stay.
 */
export function substitute(value: unknown, variables: JsonObject): unknown {
  if (typeof value === 'string') return substituteText(value, variables);
  if (Array.isArray(value)) return value.map((item) => substitute(item, variables));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = key.includes('templateVariables') ? String(substituteText(key, variables)) : key;
    result[name] = substitute(inner, variables);
  }
  return result;
}

function substituteText(text: string, variables: JsonObject): unknown {
  if (!text.includes('templateVariables')) return text;
  const plain = PLAIN.exec(text);
  const plainName = plain?.[1] ?? plain?.[2];
  if (plainName !== undefined && Object.hasOwn(variables, plainName)) return variables[plainName];
  return text.replace(INLINE, (whole, dotted?: string, quoted?: string) => {
    const name = dotted ?? quoted ?? '';
    return Object.hasOwn(variables, name) ? inlineText(variables[name]) : whole;
  });
}

function inlineText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const MENTION = /\$\{[^]*?\btemplateVariables(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"\]]+)['"]\s*\])/g;

/** Adds a problem for each variable that a document uses and its template does not declare. */
export function refuseUndeclared(
  value: unknown,
  variables: JsonObject,
  problems: FieldProblem[],
  path = '',
): void {
  if (typeof value === 'string') {
    for (const [, dotted, quoted] of value.matchAll(MENTION)) {
      const name = dotted ?? quoted ?? '';
      if (!Object.hasOwn(variables, name))
        problems.push({ path, message: `uses the variable "${name}", which the template does not declare` });
    }
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => refuseUndeclared(item, variables, problems, `${path}[${index}]`));
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value))
      refuseUndeclared(inner, variables, problems, path === '' ? key : `${path}.${key}`);
  }
}
