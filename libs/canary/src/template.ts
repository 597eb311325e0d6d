import { InvalidInputError } from '@gennaker/kernel';

/** Stores `${` as `$\{`, so that the expressions of a pipeline leave a metric's template alone. */
export function escapeTemplate(template: string): string {
  return template.replaceAll('${', '$\\{');
}

export function unescapeTemplate(template: string): string {
  return template.replaceAll('$\\{', '${');
}

const MAX_DEPTH = 50;

class UnresolvedVariableError extends Error {}

/**
 * Puts values into `${name}` as Apache's StringSubstitutor does: `${name:-default}` has a default, values may hold variables
 * themselves, and `$${name}` stands for the text `${name}`.
 */
function substitute(
  template: string,
  bindings: Readonly<Record<string, string>>,
  within: string[] = [],
): string {
  let out = '';
  let rest = template;
  for (;;) {
    const start = rest.indexOf('${');
    const end = rest.indexOf('}', start + 2);
    if (start < 0 || end < 0) return out + rest;
    const variable = rest.slice(start + 2, end);
    if (start > 0 && rest[start - 1] === '$') {
      out += `${rest.slice(0, start - 1)}\${${variable}}`;
    } else {
      out += rest.slice(0, start) + valueOf(variable, bindings, within);
    }
    rest = rest.slice(end + 1);
  }
}

function valueOf(variable: string, bindings: Readonly<Record<string, string>>, within: string[]): string {
  const split = variable.indexOf(':-');
  const name = split < 0 ? variable : variable.slice(0, split);
  if (within.includes(name) || within.length > MAX_DEPTH) {
    throw new UnresolvedVariableError(`variable '${name}' refers to itself`);
  }
  const value = Object.hasOwn(bindings, name)
    ? bindings[name]
    : split < 0
      ? undefined
      : variable.slice(split + 2);
  if (value === undefined) throw new UnresolvedVariableError(`cannot resolve variable '${name}'`);
  return substitute(value, bindings, [...within, name]);
}

export interface TemplateSource {
  customFilter?: string | null;
  customInlineTemplate?: string | null;
  customFilterTemplate?: string | null;
}

/**
 * The filter of a metric's query: its inline template, or the named template of the config, with the values put in. No
 * template gives undefined.
 *
 * @throws InvalidInputError in Kayenta's words for a template that is not there or holds an unknown variable.
 */
export function expandTemplate(
  query: TemplateSource,
  templates: Readonly<Record<string, string>> | null | undefined,
  bindings: Readonly<Record<string, string>>,
): string | undefined {
  if (query.customFilter != null && query.customFilter !== '') {
    throw new InvalidInputError(
      'kayenta.deprecated_filter',
      'customFilter is not supported any more. Use customInlineTemplate, or customFilterTemplate with a named template.',
    );
  }
  const template = templateOf(query, templates);
  if (template === undefined) return undefined;
  const readable = unescapeTemplate(template);
  try {
    return substitute(readable, bindings);
  } catch (error) {
    if (!(error instanceof UnresolvedVariableError)) throw error;
    throw new InvalidInputError(
      'kayenta.unresolved_template',
      `Problem evaluating custom filter template: ${readable}: ${error.message}`,
      { cause: error },
    );
  }
}

function templateOf(
  query: TemplateSource,
  templates: Readonly<Record<string, string>> | null | undefined,
): string | undefined {
  if (query.customInlineTemplate != null && query.customInlineTemplate !== '')
    return query.customInlineTemplate;
  const name = query.customFilterTemplate;
  if (name == null || name === '') return undefined;
  if (templates == null || Object.keys(templates).length === 0) {
    throw new InvalidInputError(
      'kayenta.unknown_template',
      `Custom filter template '${name}' was referenced, but no templates were defined.`,
    );
  }
  if (!Object.hasOwn(templates, name)) {
    throw new InvalidInputError(
      'kayenta.unknown_template',
      `Custom filter template '${name}' was not found.`,
    );
  }
  return templates[name];
}
