import { GennakerError, type GennakerErrorOptions } from '@gennaker/kernel';

/** One cause of a refused request, as the API server words it: the field and what is wrong with it. */
export interface StatusCause {
  reason: string;
  field: string;
  message: string;
}

interface KubernetesErrorFacts extends GennakerErrorOptions {
  status: number;
  reason: string;
  message: string;
  causes?: StatusCause[];
  retryAfterMs?: number;
}

/**
 * What a cluster answered to a request that it did not carry out, or why it could not be asked. `status` and `reason`
 * are the API server's (`404`, `NotFound`). Two reasons are ours, for a request that got no answer: `Unreachable`
 * (status 503; no connection, broken connection, credentials that cannot be had) and `Timeout` (status 504).
 */
export class KubernetesApiError extends GennakerError {
  override readonly status: number;
  readonly reason: string;
  readonly causes: StatusCause[];
  /** How long the server asks to wait before another try, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(facts: KubernetesErrorFacts) {
    super(`kubernetes.${facts.reason}`, facts.message, facts);
    this.status = facts.status;
    this.reason = facts.reason;
    this.causes = facts.causes ?? [];
    this.retryAfterMs = facts.retryAfterMs;
  }

  get notFound(): boolean {
    return this.status === 404;
  }

  get alreadyExists(): boolean {
    return this.status === 409 && this.reason === 'AlreadyExists';
  }

  /** Another writer was there first (`resourceVersion`), or owns a field (server-side apply). */
  get conflict(): boolean {
    return this.status === 409 && this.reason !== 'AlreadyExists';
  }

  get forbidden(): boolean {
    return this.status === 401 || this.status === 403;
  }

  /** The resource version or the continue token is too old: list again. */
  get expired(): boolean {
    return this.status === 410;
  }

  /** The request got no answer at all. Whether it took effect is not known. */
  get unanswered(): boolean {
    return this.reason === 'Unreachable' || this.reason === 'Timeout';
  }
}

/** Tries, and puts words before what the cluster answers: what was tried. Other errors pass as they are. */
export async function inWords<T>(words: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof KubernetesApiError)) throw error;
    const { status, reason, causes, retryAfterMs, details } = error;
    const message = `${words} ${error.message}`;
    throw new KubernetesApiError({ status, reason, message, causes, retryAfterMs, details, cause: error });
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubernetesApiError && error.notFound;
}

interface StatusBody {
  kind?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    retryAfterSeconds?: number;
    causes?: { reason?: string; field?: string; message?: string }[];
  };
}

const REASONS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The error for a body of kind `Status`, or for any other text that came with a failing HTTP status. */
export function errorFromResponse(httpStatus: number, body: string, retryAfter?: string): KubernetesApiError {
  const parsed = parseStatus(body);
  const status = parsed.code ?? httpStatus;
  const seconds = Number(retryAfter ?? parsed.details?.retryAfterSeconds ?? Number.NaN);
  return new KubernetesApiError({
    status,
    reason: parsed.reason || REASONS[status] || 'Unknown',
    message: parsed.message || body.trim().slice(0, 500) || `the API server answered with status ${status}`,
    causes: (parsed.details?.causes ?? []).map((cause) => ({ reason: '', field: '', message: '', ...cause })),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  });
}

function parseStatus(body: string): StatusBody {
  try {
    const parsed = JSON.parse(body) as StatusBody | null;
    return parsed?.kind === 'Status' ? parsed : {};
  } catch {
    return {};
  }
}
