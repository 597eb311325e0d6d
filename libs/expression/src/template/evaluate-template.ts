import { ExpressionError } from '../expression-error.js';
import { RecentCache } from '../recent-cache.js';
import { compileTree } from '../evaluate/compile.js';
import { compile, run, type CompiledExpression } from '../evaluate/compiled-expression.js';
import { EffectNeeded, type EffectRequest } from '../evaluate/effect.js';
import { describe } from '../evaluate/operators.js';
import { missingError } from '../evaluate/property-access.js';
import { checkSize, type Runtime } from '../evaluate/runtime.js';
import { traced } from '../evaluate/traced.js';
import { splitTemplate } from '../syntax/template-parser.js';
import { sizeUpTo } from '../values/size.js';
import { toPlain } from '../values/plain.js';
import { convertedText } from '../values/text.js';
import type { Value } from '../values/value.js';
import type { ExpressionFailure } from './expression-failure.js';

type CompiledPart = { literal: string } | { compiled: CompiledExpression; start: number };

interface Template {
  parts: CompiledPart[];
  /** All parts as they are written, without `${` and `}`: Spinnaker's key for the failures of the whole text. */
  key: string;
}

/** What a text with expressions came to. `value` is the text as written where it could not be evaluated. */
export interface TemplateResult {
  value: unknown;
  /** Without its path, which only the caller knows. */
  failure?: Omit<ExpressionFailure, 'path'>;
  /** Spinnaker's key of the failure in the summary. */
  key: string;
  need?: EffectRequest;
}

const cache = new RecentCache<Template>(10_000, 5_000_000);

export function hasExpression(text: string): boolean {
  return text.includes('${');
}

function compileTemplate(text: string, runtime: Runtime): Template {
  const { limits, trace } = runtime;
  const cached = trace ? undefined : cache.get(text);
  if (cached && text.length <= limits.maxLength) return cached;
  const parts = splitTemplate(text).map((part): CompiledPart => {
    if ('literal' in part) return part;
    const { source, start } = part;
    try {
      const compiled = compile(source, limits);
      if (!trace) return { compiled, start };
      const evaluate = compileTree(compiled.tree, source, traced(trace, { source, offset: start }));
      return { compiled: { ...compiled, evaluate }, start };
    } catch (error) {
      throw error instanceof ExpressionError ? shifted(error, start) : error;
    }
  });
  const key = parts.map((part) => ('literal' in part ? part.literal : part.compiled.source)).join('');
  const template = { parts, key };
  if (!trace) cache.set(text, template);
  return template;
}

function shifted(error: ExpressionError, by: number): ExpressionError {
  error.start = (error.start ?? 0) + by;
  error.end = error.end === undefined ? undefined : error.end + by;
  return error;
}

/** Evaluates one text. An expression alone keeps the type of its result; anything around it makes the result a text. */
export function evaluateText(text: string, runtime: Runtime): TemplateResult {
  let template: Template;
  try {
    template = compileTemplate(text, runtime);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const key = simpleKey(text);
    return { value: text, key, failure: failureOf(error, key, 0) };
  }
  const [only] = template.parts;
  if (only && template.parts.length === 1 && 'compiled' in only)
    return evaluateLone(text, template, only, runtime);
  return evaluateComposite(text, template, runtime);
}

type ExpressionPart = Extract<CompiledPart, { start: number }>;

function evaluateLone(
  text: string,
  template: Template,
  part: ExpressionPart,
  runtime: Runtime,
): TemplateResult {
  const { key } = template;
  try {
    const value = run(part.compiled, runtime);
    if (value === null || nothingDeployed(part, value)) {
      return { value: text, key, failure: unresolved(part, runtime) };
    }
    checkSize(runtime, sizeUpTo(value, runtime.limits.maxResultSize));
    runtime.trace?.result(value);
    return { value: toPlain(value), key };
  } catch (error) {
    return stopped(error, { text, key, part });
  }
}

/** The bare word `deployedServerGroups` counts as unresolved until something has been deployed. */
function nothingDeployed({ compiled }: ExpressionPart, value: Value): boolean {
  return compiled.source === 'deployedServerGroups' && Array.isArray(value) && value.length === 0;
}

function evaluateComposite(text: string, template: Template, runtime: Runtime): TemplateResult {
  const { key } = template;
  const pieces: string[] = [];
  let failure: TemplateResult['failure'];
  for (const part of template.parts) {
    if ('literal' in part) {
      pieces.push(part.literal);
      continue;
    }
    try {
      const value = run(part.compiled, runtime);
      if (value === null) failure ??= unresolved(part, runtime);
      pieces.push(value === null ? `\${${part.compiled.source}}` : inText(value));
    } catch (error) {
      return stopped(error, { text, key, part });
    }
  }
  const joined = pieces.join('');
  try {
    checkSize(runtime, joined.length);
  } catch (error) {
    return stopped(error, { text, key, part: undefined });
  }
  return { value: joined, key, failure };
}

function inText(value: Value): string {
  const text = convertedText(value);
  if (text !== undefined) return text;
  throw new ExpressionError(
    'expression.wrong_type',
    `${describe(value)} cannot stand inside a text; put #toJson(…) around it, or name the part that is meant`,
    { start: 0 },
  );
}

function stopped(
  error: unknown,
  where: { text: string; key: string; part: ExpressionPart | undefined },
): TemplateResult {
  const { text, key, part } = where;
  if (error instanceof EffectNeeded) return { value: text, key, need: error.request };
  if (!(error instanceof ExpressionError)) throw error;
  return { value: text, key, failure: failureOf(error, part?.compiled.source ?? key, part?.start ?? 0) };
}

function failureOf(
  error: ExpressionError,
  expression: string,
  offset: number,
): Omit<ExpressionFailure, 'path'> {
  return {
    expression,
    column: (error.start ?? 0) + offset + 1,
    message: error.message,
    code: error.code as ExpressionFailure['code'],
    ...(error.found === undefined || error.found === '' ? {} : { found: error.found }),
    ...(error.suggestion === undefined ? {} : { suggestion: error.suggestion }),
    level: 'ERROR',
    exceptionType: error.exceptionType,
  };
}

/** The expression gave null: because a key is missing, or because the value is null. */
function unresolved(part: ExpressionPart, runtime: Runtime): Omit<ExpressionFailure, 'path'> {
  const { missing } = runtime;
  const reason = missing
    ? missingError(missing)
    : new ExpressionError(
        'expression.not_resolved',
        'the expression gives null; a default is written a ?: b',
        {
          start: 0,
        },
      );
  const { exceptionType: _none, ...failure } = failureOf(reason, part.compiled.source, part.start);
  return { ...failure, code: 'expression.not_resolved', level: 'INFO' };
}

/** Spinnaker's key for a text that cannot be parsed. */
function simpleKey(text: string): string {
  const inside = /^\$\{([^]*)\}$/.exec(text)?.[1];
  return inside === undefined ? text.replaceAll('$', '') : inside.trim();
}
