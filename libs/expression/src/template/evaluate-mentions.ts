import {
  type EvaluationOptions,
  type ExpressionContext,
  runtimeFor,
} from '../evaluate/compiled-expression.js';
import type { Runtime } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { splitTemplate, type TemplatePart } from '../syntax/template-parser.js';
import { evaluateText, hasExpression } from './evaluate-template.js';

/**
 * Evaluates, throughout a JSON value, the expressions that mention a name, as far as they need nothing that is not in
 * the context; all others stay as they are written, for later. An expression alone keeps the type of its result.
 */
export function evaluateMentions(
  tree: unknown,
  name: string,
  context: ExpressionContext,
  options: EvaluationOptions,
): unknown {
  const runtime = runtimeFor(context, options);
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return textOf(value, name, runtime);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [String(textOf(key, name, runtime)), walk(inner)]),
    );
  };
  return walk(tree);
}

function textOf(text: string, name: string, runtime: Runtime): unknown {
  if (!hasExpression(text) || !text.includes(name)) return text;
  const parts = partsOf(text);
  if (parts.length === 1) return evaluated(text, runtime) ?? text;
  return parts.map((part) => pieceOf(part, name, runtime)).join('');
}

/** One literal where the text cannot be read: whoever runs it tells what is wrong. */
function partsOf(text: string): TemplatePart[] {
  try {
    return splitTemplate(text);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return [{ literal: text }, { literal: '' }];
  }
}

/** With something before it, the result of an expression is a text. */
const BEFORE = ' ';

function pieceOf(part: TemplatePart, name: string, runtime: Runtime): string {
  if ('literal' in part) return part.literal;
  const written = `\${${part.source}}`;
  const value = part.source.includes(name) ? evaluated(BEFORE + written, runtime) : undefined;
  return typeof value === 'string' ? value.slice(BEFORE.length) : written;
}

/** Undefined for what cannot be evaluated now. */
function evaluated(text: string, runtime: Runtime): unknown {
  const { value, failure, need } = evaluateText(text, runtime);
  return failure === undefined && need === undefined ? value : undefined;
}
