import { type JsonObject, isObject } from '@gennaker/kernel';

/**
 * Evaluates a text that holds expressions with the variables in scope. Gives undefined when it needs more than them,
 * such as the trigger: then it is left for the run.
 */
export type VariableEvaluator = (text: string, variables: JsonObject) => { value: unknown } | undefined;

const PLAIN = /^\$\{\s*#?templateVariables(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"\]]+)['"]\s*\])\s*\}$/;
const INLINE = /\$\{\s*#?templateVariables(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"\]]+)['"]\s*\])\s*\}/g;

/**
 * Puts variables in place of `${ templateVariables.name }` throughout a document. A text that is nothing else keeps the
 * variable's type; other expressions go to the evaluator.
 */
export function substitute(value: unknown, variables: JsonObject, evaluate?: VariableEvaluator): unknown {
  if (typeof value === 'string') return substituteText(value, variables, evaluate);
  if (Array.isArray(value)) return value.map((item) => substitute(item, variables, evaluate));
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = key.includes('templateVariables') ? String(substituteText(key, variables, evaluate)) : key;
    result[name] = substitute(inner, variables, evaluate);
  }
  return result;
}

function substituteText(
  text: string,
  variables: JsonObject,
  evaluate: VariableEvaluator | undefined,
): unknown {
  if (!text.includes('templateVariables')) return text;
  const plain = PLAIN.exec(text);
  const plainName = plain?.[1] ?? plain?.[2];
  if (plainName !== undefined && Object.hasOwn(variables, plainName)) return variables[plainName];

  const inlined = text.replace(INLINE, (whole, dotted?: string, quoted?: string) => {
    const name = dotted ?? quoted ?? '';
    return Object.hasOwn(variables, name) ? inlineText(variables[name]) : whole;
  });
  if (!inlined.includes('templateVariables')) return inlined;
  return evaluate?.(text, variables)?.value ?? inlined;
}

function inlineText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
