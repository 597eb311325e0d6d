import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { ErrorBody } from '@gennaker/contracts';
import { type FieldProblem, GennakerError, InvalidInputError, isObject, messageOf } from '@gennaker/kernel';
import { redactText } from '@gennaker/observability';

/** An error as a client may see it. */
export interface ErrorAnswer {
  body: ErrorBody;
  /** A mistake of ours: worth a log line with the stack. */
  unexpected: boolean;
}

interface Described {
  status: number;
  message: string;
  exception: string;
  code?: string;
  details?: Record<string, unknown>;
  problems?: FieldProblem[];
}

/** Connections to the database that fail, as node and Postgres name it. */
const UNAVAILABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  '08000',
  '08001',
  '08003',
  '08006',
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);

/** Text or numbers that Postgres cannot hold: the client's mistake, found late. */
const UNSTORABLE_CODES = new Set(['22021', '22P05', '22003', '54000']);

/**
 * Spinnaker's error body for anything that was thrown. What is not meant for clients (a bug, a driver's message) becomes
 * a plain 500 that names only the request.
 */
export function errorAnswer(error: unknown, now: number, requestId?: string): ErrorAnswer {
  const described = describe(error);
  const unexpected = described === undefined;
  const { status, message, exception, code, problems, details } = described ?? {
    status: 500,
    message:
      requestId === undefined
        ? 'Internal error'
        : `Internal error. The log of the server has the details under request id ${requestId}`,
    exception: 'InternalError',
  };
  return {
    unexpected,
    body: {
      ...details,
      error: STATUS_CODES[status] ?? 'Error',
      exception,
      message: redactText(message),
      status,
      timestamp: new Date(now).toISOString(),
      ...(code === undefined ? {} : { code }),
      ...(problems === undefined ? {} : { problems }),
    },
  };
}

function describe(error: unknown): Described | undefined {
  if (error instanceof GennakerError) {
    if (error.status === 500 && error.constructor === GennakerError) return undefined;
    return {
      status: error.status,
      message: error.message,
      exception: error.name,
      code: error.code,
      details: error.details,
      problems: error instanceof InvalidInputError ? error.problems : undefined,
    };
  }
  if (error instanceof HttpException) {
    return { status: error.getStatus(), message: error.message, exception: error.name };
  }
  return describeForeign(error);
}

function describeForeign(error: unknown): Described | undefined {
  if (!isObject(error)) return undefined;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (
    typeof code === 'string' &&
    code.startsWith('FST_') &&
    typeof statusCode === 'number' &&
    statusCode < 500
  ) {
    return {
      status: statusCode,
      message: messageOf(error),
      exception: 'RequestError',
      code: `http.${code.toLowerCase()}`,
    };
  }
  if (typeof code === 'string' && UNAVAILABLE_CODES.has(code)) {
    return {
      status: 503,
      message: 'A service that is needed for this cannot be reached now. Try again in a moment',
      exception: 'UnavailableError',
      code: 'http.unavailable',
    };
  }
  if (typeof code === 'string' && UNSTORABLE_CODES.has(code)) {
    return {
      status: 400,
      message: 'The input holds text or numbers that cannot be stored',
      exception: 'InvalidInputError',
      code: 'http.unstorable',
    };
  }
  return undefined;
}
