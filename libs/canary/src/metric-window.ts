import { type FieldProblem, InvalidInputError } from '@gennaker/kernel';
import type { CanaryScope } from './execution-request.schema.js';

const DEFAULT_STEP_SECONDS = 60;
/** More points than any store gives and any judge needs. */
const MOST_POINTS = 100_000;

/**
 * The window of a scope in milliseconds since the Unix epoch, its step in milliseconds.
 *
 * @param path where the scope stands in the request, for errors
 * @throws InvalidInputError for a window that is missing, upside down, or measured in the wrong unit
 */
export function windowOfScope(
  scope: CanaryScope,
  path: string,
): { start: number; end: number; step: number } {
  const problems: FieldProblem[] = [];
  const time = (field: 'start' | 'end') => {
    const value = scope[field];
    if (value == null) problems.push({ path: `${path}.${field}`, message: 'is required: an ISO-8601 time' });
    return value == null ? Number.NaN : Date.parse(value);
  };
  const start = time('start');
  const end = time('end');
  const step = (scope.step ?? DEFAULT_STEP_SECONDS) * 1_000;
  if (start >= end) problems.push({ path: `${path}.end`, message: 'must be after the start' });
  if (step <= 0) problems.push({ path: `${path}.step`, message: 'must be at least one second' });
  else if (end > start && step > end - start) {
    const seconds = (end - start) / 1_000;
    problems.push({
      path: `${path}.step`,
      message: `is ${step / 1_000} seconds, longer than the whole window of ${seconds} seconds; it is given in seconds`,
    });
  } else if ((end - start) / step > MOST_POINTS) {
    problems.push({
      path: `${path}.step`,
      message: `gives more than ${MOST_POINTS} points; take a longer one`,
    });
  }
  if (problems.length > 0) throw new InvalidInputError('kayenta.invalid_scope', problems);
  return { start, end, step };
}
