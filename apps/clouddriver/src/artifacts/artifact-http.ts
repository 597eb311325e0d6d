import { InvalidInputError, NotFoundError, UnavailableError, timeLimit } from '@gennaker/kernel';
import { type BytesResponse, type HttpPolicy, UndiciHttp } from '@gennaker/outbound';

export interface ArtifactRequest {
  url: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

export interface ArtifactCall {
  signal: AbortSignal;
  /** Whether the address is an operator's, and not a user's. */
  configured: boolean;
}

/** Fetches files of other services, within the installation's rules for addresses. */
export class ArtifactHttp {
  private readonly anywhere: UndiciHttp;
  private readonly configured: UndiciHttp;

  constructor(
    policy: HttpPolicy,
    private readonly timeoutMs: number,
  ) {
    this.anywhere = new UndiciHttp(policy);
    // What operators have configured may well be inside.
    this.configured = new UndiciHttp({ ...policy, allowPrivateAddresses: true, allowed: undefined });
  }

  /** @throws InvalidInputError, NotFoundError or UnavailableError, naming the address without its query */
  async bytes(request: ArtifactRequest, how: ArtifactCall): Promise<Buffer> {
    return bodyOf(await this.answer(request, how), request.url);
  }

  /** The same with the answer whatever its status, for those who make something of it. */
  async answer(
    { url, method = 'GET', headers = {}, body }: ArtifactRequest,
    { signal, configured }: ArtifactCall,
  ): Promise<BytesResponse> {
    if (!URL.canParse(url)) {
      throw new InvalidInputError('artifact.bad_reference', [
        { path: 'artifact.reference', message: `must be an address, not ${url}` },
      ]);
    }
    const limit = timeLimit(this.timeoutMs, signal);
    return (configured ? this.configured : this.anywhere)
      .bytes({ method, url, headers, ...(body === undefined ? {} : { body }), signal: limit.signal })
      .catch((error: unknown) => {
        const { status } = (error ?? {}) as { status?: unknown };
        if (typeof status === 'number' && status < 500) throw error;
        const why = limit.signal.aborted ? 'did not answer in time' : 'cannot be reached';
        throw new UnavailableError('artifact.unreachable', `${shownOf(url)} ${why}`, { cause: error });
      })
      .finally(limit.end);
  }

  async close(): Promise<void> {
    await Promise.all([this.anywhere.close(), this.configured.close()]);
  }
}

/** @throws InvalidInputError, NotFoundError or UnavailableError by the answer's status */
export function bodyOf({ status, body }: BytesResponse, url: string): Buffer {
  const shown = shownOf(url);
  if (status === 404) throw new NotFoundError('artifact.not_found', `there is nothing at ${shown}`);
  if (status === 429 || status >= 500) {
    throw new UnavailableError('artifact.unavailable', `${shown} answered with status ${status}`);
  }
  if (status >= 300) {
    throw new InvalidInputError('artifact.refused', `${shown} answered with status ${status}`);
  }
  return body;
}

/** Without its query, which may be secret. */
export function shownOf(url: string): string {
  return url.split('?')[0] ?? url;
}
