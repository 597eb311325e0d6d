import type { JsonObject } from '@gennaker/kernel';

export interface StatusCause {
  reason: string;
  message: string;
  field?: string;
}

/** What an error is about: the resource (plural) or kind, its API group and the object's name. */
export interface StatusSubject {
  group: string;
  plural: string;
  kind: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** An error of the API: becomes a `Status` object under its HTTP code. */
export class StatusError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: StatusDetails,
  ) {
    super(message);
  }

  body(): JsonObject {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

/** `deployments.apps "web"`, as all messages name an object. */
function qualified(subject: StatusSubject): string {
  return subject.group === '' ? subject.plural : `${subject.plural}.${subject.group}`;
}

function detailsOf(subject: StatusSubject, name: string): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    kind: subject.plural,
  };
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function notFound(subject: StatusSubject, name: string): StatusError {
  return new StatusError(
    404,
    'NotFound',
    `${qualified(subject)} "${name}" not found`,
    detailsOf(subject, name),
  );
}

export function pathNotFound(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(subject: StatusSubject, name: string): StatusError {
  return new StatusError(
    409,
    'AlreadyExists',
    `${qualified(subject)} "${name}" already exists`,
    detailsOf(subject, name),
  );
}

export function conflict(subject: StatusSubject, name: string, why: string): StatusError {
  return new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${why}`,
    detailsOf(subject, name),
  );
}

export const STALE =
  'the object has been modified; please apply your changes to the latest version and try again';

export function forbidden(
  subject: StatusSubject,
  name: string,
  why: string,
  causes?: StatusCause[],
): StatusError {
  return new StatusError(
    403,
    'Forbidden',
    `${qualified(subject)} ${name === '' ? '' : `"${name}" `}is forbidden: ${why}`,
    { ...detailsOf(subject, name), ...(causes ? { causes } : {}) },
  );
}

/** 422: one cause per field. The message lists them all, as the API server words it. */
export function invalid(subject: StatusSubject, name: string, causes: StatusCause[]): StatusError {
  const qualifiedKind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  const texts = causes.map((cause) => `${cause.field ?? '<nil>'}: ${cause.message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError(422, 'Invalid', `${qualifiedKind} "${name}" is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(subject.group === '' ? {} : { group: subject.group }),
    kind: subject.kind,
    causes,
  });
}

export function methodNotAllowed(message: string): StatusError {
  return new StatusError(405, 'MethodNotAllowed', message, {});
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message);
}

export function tooManyRequests(message: string, details: StatusDetails): StatusError {
  return new StatusError(429, 'TooManyRequests', message, details);
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

export function notAcceptable(): StatusError {
  return new StatusError(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json',
  );
}

export function requestTooLarge(limit: number): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}
