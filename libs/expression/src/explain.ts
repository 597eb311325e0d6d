import { ExpressionError } from './expression-error.js';
import { compileTree } from './evaluate/compile.js';
import {
  limitsOf,
  run,
  runtimeFor,
  type EvaluationOptions,
  type ExpressionContext,
} from './evaluate/compiled-expression.js';
import { EffectNeeded, type EffectRequest } from './evaluate/effect.js';
import { parseExpression } from './syntax/parser.js';
import { splitTemplate } from './syntax/template-parser.js';
import type { ExpressionNode } from './syntax/tree.js';
import { typeNameOf } from './types/type-name.js';
import { sizeUpTo } from './values/size.js';
import { toPlain } from './values/plain.js';
import type { Value } from './values/value.js';
import { evaluateTemplate } from './template/evaluate-tree.js';
import type { ExpressionFailure } from './template/expression-failure.js';

/** One part of an expression and what it came to, in the order of evaluation. */
export interface ExplainedStep {
  /** The part as it is written. */
  text: string;
  /** Its place in the text that was given, from 1; `end` is the column of its last character. */
  column: number;
  end: number;
  /** Java's simple type name. Absent when the step failed. */
  type?: string;
  value?: unknown;
  error?: string;
}

export interface Explanation {
  value: unknown;
  type: string;
  steps: ExplainedStep[];
  errors: ExpressionFailure[];
  needs?: EffectRequest[];
}

const MAX_STEPS = 500;
const MAX_SHOWN = 10_000;

/**
 * Evaluates a text (`${…}`, or an expression without it) and shows the value of every step. Inside selections and
 * projections a part occurs once for every element, up to 500 steps in all.
 */
export function explain(text: string, context: ExpressionContext, options: EvaluationOptions): Explanation {
  const isTemplate = text.includes('${');
  const template = isTemplate ? text : `\${${text}}`;
  const shift = isTemplate ? 0 : -2;
  const result = evaluateTemplate(template, context, options);
  const failed = result.errors.length > 0 || result.needs !== undefined;
  const explained = traced(template, context, options);
  const [only] = explained.results;
  const isLone = explained.results.length === 1 && explained.isLone;
  return {
    value: failed && !isTemplate ? text : result.value,
    type: !failed && isLone && only !== undefined ? typeNameOf(only) : typeNameOf(result.value as Value),
    steps: explained.steps.map((step) => ({ ...step, column: step.column + shift, end: step.end + shift })),
    errors: result.errors.map((error) => ({ ...error, column: Math.max(1, error.column + shift) })),
    ...(result.needs ? { needs: result.needs } : {}),
  };
}

interface Trace {
  steps: ExplainedStep[];
  results: Value[];
  isLone: boolean;
}

function traced(template: string, context: ExpressionContext, options: EvaluationOptions): Trace {
  const trace: Trace = { steps: [], results: [], isLone: false };
  try {
    const parts = splitTemplate(template);
    trace.isLone = parts.length === 1;
    for (const part of parts) {
      if ('literal' in part) continue;
      const tree = parseExpression(part.source, limitsOf(options));
      const evaluate = compileTree(tree, part.source, (node, inner) => (runtime) => {
        const place = { source: part.source, offset: part.start };
        try {
          const value = inner(runtime);
          addStep(trace.steps, node, place, { type: typeNameOf(value), value: shown(value) });
          return value;
        } catch (error) {
          if (error instanceof ExpressionError) addStep(trace.steps, node, place, { error: error.message });
          throw error;
        }
      });
      trace.results.push(run({ source: part.source, tree, evaluate }, runtimeFor(context, options)));
    }
  } catch (error) {
    if (!(error instanceof ExpressionError) && !(error instanceof EffectNeeded)) throw error;
  }
  return trace;
}

function addStep(
  steps: ExplainedStep[],
  node: ExpressionNode,
  place: { source: string; offset: number },
  outcome: Pick<ExplainedStep, 'type' | 'value' | 'error'>,
): void {
  if (steps.length >= MAX_STEPS || node.kind === 'literal') return;
  const last = steps.at(-1);
  const step: ExplainedStep = {
    text: place.source.slice(node.start, node.end),
    column: place.offset + node.start + 1,
    end: place.offset + node.end,
    ...outcome,
  };
  // A chain's last part and the chain as a whole are the same text.
  if (last && last.column === step.column && last.end === step.end && last.error === step.error) return;
  steps.push(step);
}

/** Large texts are shown by their beginning, other large values by their type. */
function shown(value: Value): unknown {
  if (typeof value === 'string') return value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  if (sizeUpTo(value, MAX_SHOWN) > MAX_SHOWN) return `a ${typeNameOf(value)} that is too large to be shown`;
  return toPlain(value);
}
