import { InvalidInputError, NotFoundError, UnavailableError, timeLimit } from '@gennaker/kernel';
import { type HttpPolicy, UndiciHttp } from '@gennaker/outbound';

export interface ArtifactRequest {
  url: string;
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
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

  /**
   * @param configured whether the address is an operator's, and not a user's
   * @throws InvalidInputError, NotFoundError or UnavailableError, naming the address without its query
   */
  async bytes(
    { url, method = 'GET', headers = {}, body }: ArtifactRequest,
    { signal, configured }: { signal: AbortSignal; configured: boolean },
  ): Promise<Buffer> {
    if (!URL.canParse(url)) {
      throw new InvalidInputError('artifact.bad_reference', [
        { path: 'artifact.reference', message: `must be an address, not ${url}` },
      ]);
    }
    const shown = url.split('?')[0] ?? url;
    const limit = timeLimit(this.timeoutMs, signal);
    const answer = await (configured ? this.configured : this.anywhere)
      .bytes({ method, url, headers, ...(body === undefined ? {} : { body }), signal: limit.signal })
      .catch((error: unknown) => {
        const { status } = (error ?? {}) as { status?: unknown };
        if (typeof status === 'number' && status < 500) throw error;
        const why = limit.signal.aborted ? 'did not answer in time' : 'cannot be reached';
        throw new UnavailableError('artifact.unreachable', `${shown} ${why}`, { cause: error });
      })
      .finally(limit.end);
    if (answer.status === 404) throw new NotFoundError('artifact.not_found', `there is nothing at ${shown}`);
    if (answer.status === 429 || answer.status >= 500) {
      throw new UnavailableError('artifact.unavailable', `${shown} answered with status ${answer.status}`);
    }
    if (answer.status >= 300) {
      throw new InvalidInputError('artifact.refused', `${shown} answered with status ${answer.status}`);
    }
    return answer.body;
  }

  async close(): Promise<void> {
    await Promise.all([this.anywhere.close(), this.configured.close()]);
  }
}
