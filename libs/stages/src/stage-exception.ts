import { GennakerError, InvalidInputError, type JsonObject, messageOf } from '@gennaker/kernel';

/** Something failed that may well work soon: the task runs again after its back-off, until it is out of time. */
export class RetryableError extends GennakerError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('stages.retryable', message, options);
  }
}

/** A failure in the shape that Spinnaker's clients show. Holds messages, never stack traces. */
export function toException(
  error: unknown,
  { operation, now, shouldRetry = false }: { operation: string; now: number; shouldRetry?: boolean },
): JsonObject {
  const known = error instanceof GennakerError;
  return {
    timestamp: now,
    exceptionType: known ? error.code : error instanceof Error ? error.name : 'Error',
    operation,
    shouldRetry,
    details: {
      error: known ? messageOf(error) : 'Unexpected Task Failure',
      errors: error instanceof InvalidInputError ? messagesOf(error) : [messageOf(error)],
    },
  };
}

function messagesOf(error: InvalidInputError): string[] {
  return error.problems.map((problem) =>
    problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`,
  );
}

/** A failure with messages of its own. */
export function exceptionOf(
  messages: string[],
  { operation, now, type = 'TaskFailed' }: { operation: string; now: number; type?: string },
): JsonObject {
  return {
    timestamp: now,
    exceptionType: type,
    operation,
    shouldRetry: false,
    details: { error: messages[0] ?? type, errors: messages },
  };
}
