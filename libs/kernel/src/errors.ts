/** One problem in an input: where it is (`stages[2].manifests[0].kind`), and what to do about it. */
export interface FieldProblem {
  path: string;
  message: string;
}

export interface GennakerErrorOptions {
  cause?: unknown;
  /** Extra facts that are safe to show to a client. */
  details?: Record<string, unknown>;
}

/**
 * Base of every error that we throw on purpose. `code` is stable and is what programs compare; `message` is for people
 * and names the thing and the fix. Never put a secret into either.
 */
export class GennakerError extends Error {
  /** The HTTP status that this error means to a client. */
  readonly status: number = 500;
  readonly details: Record<string, unknown>;

  constructor(
    readonly code: string,
    message: string,
    options: GennakerErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details ?? {};
  }
}

/** The client sent something that cannot be used. Nothing was stored. */
export class InvalidInputError extends GennakerError {
  override readonly status: number = 400;
  readonly problems: FieldProblem[];

  constructor(code: string, problems: FieldProblem[] | string, options: GennakerErrorOptions = {}) {
    const list = typeof problems === 'string' ? [{ path: '', message: problems }] : problems;
    super(code, list.map((p) => (p.path === '' ? p.message : `${p.path}: ${p.message}`)).join('; '), {
      ...options,
      details: { ...options.details, problems: list },
    });
    this.problems = list;
  }
}

export class NotFoundError extends GennakerError {
  override readonly status = 404;
}

export class AccessDeniedError extends GennakerError {
  override readonly status = 403;
}

/** The request is fine, but the state of the thing does not allow it now. */
export class ConflictError extends GennakerError {
  override readonly status = 409;
}

/** Something we depend on is away or slow. Trying again later may help. */
export class UnavailableError extends GennakerError {
  override readonly status: number = 503;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
