import type { EvaluationOptions, ExpressionContext } from '../evaluate/compiled-expression.js';
import type { EffectRequest } from '../evaluate/effect.js';
import type { ExpressionFailure } from './expression-failure.js';
import { evaluateTree, type TreeResult } from './evaluate-tree.js';

/** What a condition of a stage came to. */
export interface ConditionResult {
  /** True only if the expression gave true (or the text `true`, in any case). */
  value: boolean;
  /** The result as text; when it could not be evaluated, the expression as it was written. */
  text: string;
  errors: ExpressionFailure[];
  summary: TreeResult['summary'];
  needs?: EffectRequest[];
}

/**
 * Evaluates a condition such as a precondition's expression. It is written without `${` and `}`; when they are there, they
 * are left as they are.
 */
export function evaluateCondition(
  expression: string,
  context: ExpressionContext,
  options: EvaluationOptions,
): ConditionResult {
  const isWrapped = /^\s*\$\{[^]*\}\s*$/.test(expression);
  const template = isWrapped ? expression.trim() : `\${${expression}}`;
  const result = evaluateTree(template, context, options);
  const failed = result.errors.length > 0 || result.needs !== undefined;
  const text = failed && !isWrapped ? expression : String(result.value);
  return {
    value: !failed && text.toLowerCase() === 'true',
    text,
    errors: result.errors.map((error) => ({
      ...error,
      column: Math.max(1, error.column - (isWrapped ? 0 : 2)),
    })),
    summary: result.summary,
    ...(result.needs ? { needs: result.needs } : {}),
  };
}

/** A stage's `stageEnabled`. */
export interface StageEnabled {
  type?: string;
  expression?: string | null;
}

/**
 * Whether a stage runs. Without an expression it does; one that gives neither true nor false, or cannot be evaluated,
 * means that it does not (`errors` says why, for strict pipelines to fail on).
 * @param chain the stage's own `stageEnabled`, then its parents', nearest first: a synthetic stage without one inherits
 */
export function evaluateStageEnabled(
  chain: readonly (StageEnabled | null | undefined)[],
  context: ExpressionContext,
  options: EvaluationOptions,
): ConditionResult {
  const setting = chain.find((candidate) => candidate != null && candidate.type === 'expression');
  const expression = setting?.expression;
  if (expression === undefined || expression === null || expression.trim() === '') {
    return { value: true, text: 'true', errors: [], summary: {} };
  }
  return evaluateCondition(expression, context, options);
}
