import { setOwn } from '../values/collection.js';
import type { ExpressionEvaluationSummary, ExpressionFailure } from './expression-failure.js';

/** Adds a failure in Spinnaker's shape. `key` is the whole text without its `${` and `}`. */
export function addToSummary(
  summary: ExpressionEvaluationSummary,
  key: string,
  failure: ExpressionFailure,
  now: number,
): void {
  const where = failure.path === '' ? failure.expression : `[${failure.path}]`;
  const entry = {
    level: failure.level,
    timestamp: now,
    description: `Failed to evaluate ${where} ${failure.message}`.replaceAll('$', ''),
    exceptionType: failure.exceptionType ?? null,
  };
  const entries = Object.hasOwn(summary, key) ? (summary[key] ?? []) : [];
  setOwn(summary, key, [...entries, entry]);
}
