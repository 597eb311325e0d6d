import type { CanaryException } from '@gennaker/canary';
import { VersionConflictError } from '@gennaker/event-store';
import { GennakerError, messageOf } from '@gennaker/kernel';

/** What may be shown of an error that ended an analysis. */
export function canaryException(error: unknown, operation: string, now: number): CanaryException {
  const known = error instanceof GennakerError;
  const message = known ? messageOf(error) : 'An unexpected error, see the log of the metrics judge.';
  return {
    timestamp: now,
    exceptionType: known ? error.name : 'InternalError',
    operation,
    details: { error: message, errors: [message] },
    shouldRetry: false,
  };
}

/** Whether an error says nothing about the analysis: the database could not be asked, for example. */
export function isOfStorage(error: unknown): boolean {
  if (error instanceof VersionConflictError) return true;
  if (error instanceof GennakerError) return false;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(E[A-Z]+|[0-9A-Z]{5})$/.test(code);
}
