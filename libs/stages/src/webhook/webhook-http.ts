import { isObject, type JsonObject, messageOf, UnavailableError } from '@gennaker/kernel';
import { HttpRefusedError, type HttpResponse, type WebhookSender } from '../ports.js';

/** Node's and undici's codes of failures that a later try may not meet. */
const PASSING = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
]);

/** Whether a failed request may well work soon. What a policy refused never will. */
export function isPassing(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof HttpRefusedError) return false;
    if (cause instanceof UnavailableError) return true;
    if (PASSING.has(String((cause as { code?: unknown }).code))) return true;
  }
  return false;
}

/** Codes of failures before anything was sent. */
const UNSENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether a failed request has certainly not reached its receiver. */
export function isUnsent(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof HttpRefusedError || cause instanceof UnavailableError) return true;
    if (UNSENT.has(String((cause as { code?: unknown }).code))) return true;
  }
  return false;
}

/** Who a webhook stage sends as. */
export function senderOf({ account }: JsonObject): WebhookSender {
  return typeof account === 'string' && account !== '' ? { account } : {};
}

export function isServerTrouble(status: number): boolean {
  return status >= 500 || status === 429;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Headers of an answer that stay out of events. */
const PRIVATE_HEADERS = /^(set-cookie2?|www-authenticate|proxy-authenticate|authorization)$/i;
/** Longer answers stay out of the execution's events. */
const LONGEST_BODY = 256 * 1024;

/** An answer as the stage's context shows it. */
export function describeResponse(response: HttpResponse): JsonObject {
  return {
    statusCode: NAMES[response.status] ?? String(response.status),
    statusCodeValue: response.status,
    headers: Object.fromEntries(
      Object.entries(response.headers).filter(([name]) => !PRIVATE_HEADERS.test(name)),
    ),
    ...(response.body !== '' && { body: bodyOf(response) }),
  };
}

/** An answer's body: JSON as what it says, anything else as text. */
export function bodyOf({ body }: HttpResponse): unknown {
  if (body.length > LONGEST_BODY) return `${body.slice(0, LONGEST_BODY)}…`;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}

/** Artifacts that an answer names. */
export function artifactsIn(body: unknown): JsonObject {
  const artifacts = isObject(body) ? body['artifacts'] : undefined;
  return Array.isArray(artifacts) ? { artifacts } : {};
}

/** A request's body, and the header that says what it is. */
export function payloadOf(payload: unknown): { body?: string; contentType?: string } {
  if (payload === undefined || payload === null || payload === '') return {};
  if (typeof payload === 'string') return { body: payload, contentType: 'application/json' };
  return { body: JSON.stringify(payload), contentType: 'application/json' };
}

export function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return `${messageOf(error)}${cause}`;
}

const NAMES: Record<number, string> = {
  200: 'OK',
  201: 'CREATED',
  202: 'ACCEPTED',
  204: 'NO_CONTENT',
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  304: 'NOT_MODIFIED',
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'REQUEST_TIMEOUT',
  409: 'CONFLICT',
  410: 'GONE',
  422: 'UNPROCESSABLE_ENTITY',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  501: 'NOT_IMPLEMENTED',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE',
  504: 'GATEWAY_TIMEOUT',
};
