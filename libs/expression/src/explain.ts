import type { EvaluationOptions, ExpressionContext } from './evaluate/compiled-expression.js';
import type { EffectRequest } from './evaluate/effect.js';
import { Trace, type ExplainedStep } from './evaluate/trace.js';
import { evaluateTree, type TreeResult } from './template/evaluate-tree.js';
import type { ExpressionFailure } from './template/expression-failure.js';
import { evaluateStageContext, type EvaluatorVersion } from './template/stage-evaluation.js';
import { typeNameOf } from './types/type-name.js';
import type { Value } from './values/value.js';

export interface Explanation {
  value: unknown;
  /** Java's simple type name of the value. */
  type: string;
  /** Inside selections and projections a part occurs once for every element. At most 500. */
  steps: ExplainedStep[];
  errors: ExpressionFailure[];
  needs?: EffectRequest[];
}

/**
 * Evaluates a text (`${…}`, or an expression without it), or every text in any other JSON value, and shows the value of
 * every step. An object with a `type` is evaluated by the rules for stages of that type.
 */
export function explain(
  expression: unknown,
  context: ExpressionContext,
  options: EvaluationOptions & { evaluator?: EvaluatorVersion },
): Explanation {
  const isBare = typeof expression === 'string' && !expression.includes('${');
  const trace = new Trace();
  const result = evaluateAny(isBare ? `\${${expression}}` : expression, context, { ...options, trace });
  const failed = result.errors.length > 0 || result.needs !== undefined;
  const shift = isBare ? -2 : 0;
  return {
    value: failed && isBare ? expression : result.value,
    type: (failed ? undefined : trace.type) ?? typeNameOf(result.value as Value),
    steps: trace.steps.map((step) => ({ ...step, column: step.column + shift, end: step.end + shift })),
    errors: result.errors.map((error) => ({ ...error, column: Math.max(1, error.column + shift) })),
    ...(result.needs ? { needs: result.needs } : {}),
  };
}

function evaluateAny(
  tree: unknown,
  context: ExpressionContext,
  options: EvaluationOptions & { evaluator?: EvaluatorVersion },
): TreeResult {
  if (typeof tree === 'object' && tree !== null && 'type' in tree && typeof tree.type === 'string') {
    return evaluateStageContext({ type: tree.type, context: { ...tree } }, context, options);
  }
  return evaluateTree(tree, context, options);
}
