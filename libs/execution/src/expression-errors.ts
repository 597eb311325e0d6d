import { isObject, type JsonObject } from '@gennaker/kernel';
import type { StageState } from './execution-state.js';

/** Type of the exception of a stage whose expressions could not be evaluated. */
export const EXPRESSION_EXCEPTION = 'ExpressionEvaluationFailed';

/** Whether an expression of the stage could not be evaluated. */
export function hasFailedExpressions(stage: StageState): boolean {
  const summary = stage.context['expressionEvaluationSummary'];
  return isObject(summary) && Object.keys(summary).length > 0;
}

/** Failed expressions join the stage's exception, so that people see them where they look. */
export function expressionErrors(stage: StageState, now: number): { exception: JsonObject } | undefined {
  const summary = stage.context['expressionEvaluationSummary'];
  if (!isObject(summary) || Object.keys(summary).length === 0) return undefined;
  const descriptions = Object.values(summary)
    .flatMap((entries): unknown[] => (Array.isArray(entries) ? entries : []))
    .flatMap((entry) =>
      isObject(entry) && entry['level'] === 'ERROR' ? [String(entry['description'])] : [],
    );
  if (descriptions.length === 0) return undefined;
  const exception = isObject(stage.context['exception']) ? stage.context['exception'] : { timestamp: now };
  // The exception that the expressions themselves led to says it all.
  if (exception['exceptionType'] === EXPRESSION_EXCEPTION) return undefined;
  const details = isObject(exception['details']) ? exception['details'] : {};
  const errors = Array.isArray(details['errors']) ? (details['errors'] as unknown[]) : [];
  return {
    exception: { ...exception, details: { ...details, errors: [...new Set([...errors, ...descriptions])] } },
  };
}
