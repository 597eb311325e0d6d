import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError, messageOf, UnavailableError } from '@gennaker/kernel';
import { Agent, type Dispatcher, errors, request } from 'undici';

export interface StoreClientOptions {
  /** How often one request is tried. */
  attempts: number;
  /** Pause before the second try, in milliseconds; each later one is twice as long. */
  backoffMs: number;
  /** For one try, in milliseconds. */
  timeoutMs: number;
  /** For all tries and pauses of one request together, in milliseconds. */
  totalMs: number;
  /** Requests at a time. */
  concurrency: number;
  /** Largest answer that is read. */
  maxBytes: number;
}

export const DEFAULT_CLIENT: StoreClientOptions = {
  attempts: 10,
  backoffMs: 1_000,
  timeoutMs: 30_000,
  totalMs: 120_000,
  concurrency: 20,
  maxBytes: 64 * 1024 * 1024,
};

export interface StoreRequest {
  method?: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
}

interface Answer {
  status: number;
  type: string;
  bytes: Buffer;
  retryAfterMs: number | undefined;
}

/** What went wrong may be over in a moment. */
class RetryableStoreError extends UnavailableError {
  constructor(
    message: string,
    readonly retryAfterMs?: number,
    cause?: unknown,
  ) {
    super('kayenta.metric_store_unavailable', message, cause === undefined ? {} : { cause });
  }
}

/** Talks JSON with one metric store: time-outs, retries with back-off, a limit on requests at a time, errors in words. */
export class StoreClient {
  private readonly agent: Agent;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param name how errors call the store, for example `Prometheus account 'main'` */
  constructor(
    private readonly name: string,
    private readonly options: StoreClientOptions,
    /** Finds what a failed answer says is wrong, so that it can be shown. */
    private readonly explain: (body: unknown) => string | undefined,
    /** Reads a good answer; throws for what is none. Answers may be large, so a store may know a quicker way than JSON's. */
    private readonly parse: (bytes: Buffer) => unknown = (bytes) => JSON.parse(bytes.toString()) as unknown,
  ) {
    this.agent = new Agent({
      connections: options.concurrency,
      keepAliveTimeout: 30_000,
      maxResponseSize: options.maxBytes,
    });
  }

  /**
   * The parsed answer. Network errors and the statuses 408, 429 and 5xx are tried again.
   *
   * @throws InvalidInputError when the store says that the query is wrong; UnavailableError when it cannot be reached,
   *   refuses the credentials, keeps failing, or answers something else than JSON; the signal's reason when it ends.
   */
  async json(asked: StoreRequest, signal: AbortSignal): Promise<unknown> {
    const end = performance.now() + this.options.totalMs;
    await this.enter(signal);
    try {
      return await this.tryAgain(asked, end, signal);
    } finally {
      this.leave();
    }
  }

  private async tryAgain(asked: StoreRequest, end: number, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const left = end - performance.now();
      if (left <= 0) throw this.tooSlow();
      try {
        return this.read(await this.send(asked, left, signal));
      } catch (error) {
        if (signal.aborted || !(error instanceof RetryableStoreError)) throw error;
        const pause = error.retryAfterMs ?? this.options.backoffMs * 2 ** (attempt - 1);
        if (attempt >= this.options.attempts || performance.now() + pause >= end) throw error;
        await sleep(pause, undefined, { signal });
      }
    }
  }

  /** @param left milliseconds that are left of the whole request's time */
  private async send(asked: StoreRequest, left: number, signal: AbortSignal): Promise<Answer> {
    const { method = 'GET', url, headers, body } = asked;
    const within = endingWith(signal, Math.min(this.options.timeoutMs, left));
    try {
      const response: Dispatcher.ResponseData = await request(url, {
        method,
        headers: { accept: 'application/json', ...headers },
        body: body ?? null,
        dispatcher: this.agent,
        signal: within.signal,
      });
      return {
        status: response.statusCode,
        type: String(response.headers['content-type'] ?? ''),
        bytes: Buffer.from(await response.body.arrayBuffer()),
        retryAfterMs: retryAfter(response.headers),
      };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof errors.ResponseExceededMaxSizeError) throw this.tooLarge(error);
      if (within.signal.aborted && left <= this.options.timeoutMs) throw this.tooSlow(error);
      const what = within.signal.aborted
        ? `did not answer within ${this.options.timeoutMs / 1_000} seconds`
        : `cannot be reached: ${reasonOf(error)}`;
      throw new RetryableStoreError(`${this.name} ${what}`, undefined, error);
    } finally {
      within.release();
    }
  }

  private tryParse(bytes: Buffer): unknown {
    try {
      return this.parse(bytes);
    } catch {
      return undefined;
    }
  }

  private read({ status, type, bytes, retryAfterMs }: Answer): unknown {
    const good = status < 400 ? this.tryParse(bytes) : undefined;
    if (good !== undefined) return good;
    const text = bytes.toString();
    const body = status < 400 ? undefined : parse(text);
    const said = (body === undefined ? undefined : this.explain(body)) ?? excerpt(text);
    if (status === 408 || status === 429 || status >= 500) {
      throw new RetryableStoreError(`${this.name} answered with status ${status}: ${said}`, retryAfterMs);
    }
    if (status === 401 || status === 403) {
      throw new UnavailableError(
        'kayenta.metric_store_refused',
        `${this.name} refused the credentials: ${said}`,
      );
    }
    if (body !== undefined) {
      throw new InvalidInputError('kayenta.query_refused', `${this.name} refused the query: ${said}`);
    }
    throw new UnavailableError(
      'kayenta.metric_store_answer',
      `${this.name} answered with status ${status} and ${type === '' ? 'something' : type} that is not JSON: ${said}. ` +
        'Check that its address leads to the API and not to a login page or a proxy.',
    );
  }

  private tooLarge(cause: unknown): UnavailableError {
    return new UnavailableError(
      'kayenta.metric_store_answer',
      `${this.name} gave an answer larger than ${this.options.maxBytes} bytes: ask for a shorter window, a longer step or fewer series`,
      { cause },
    );
  }

  private tooSlow(cause?: unknown): UnavailableError {
    const after = this.options.totalMs / 1_000;
    return new UnavailableError(
      'kayenta.metric_store_slow',
      `${this.name} gave no answer within ${after} seconds`,
      {
        cause,
      },
    );
  }

  private async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.running < this.options.concurrency) {
      this.running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiting = endingWith(signal, this.options.totalMs);
      const next = () => {
        waiting.release();
        resolve();
      };
      this.waiting.push(next);
      waiting.signal.addEventListener('abort', () => {
        this.waiting.splice(this.waiting.indexOf(next), 1);
        waiting.release();
        reject(signal.aborted ? (signal.reason as Error) : this.tooBusy());
      });
    });
  }

  private tooBusy(): UnavailableError {
    return new UnavailableError(
      'kayenta.metric_store_busy',
      `${this.name} is busy: too many requests are waiting`,
    );
  }

  /** Hands the place on to who waits, or frees it. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running--;
    else next();
  }
}

/** A signal that ends with another one, or after a time; AbortSignal's own any and timeout cost many times as much. */
function endingWith(outer: AbortSignal, afterMs: number): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, afterMs);
  outer.addEventListener('abort', abort, { once: true });
  if (outer.aborted) abort();
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const LONGEST_RETRY_AFTER_MS = 60_000;

/** From Retry-After, or Datadog's X-RateLimit-Reset; both in seconds. */
function retryAfter(headers: Record<string, string | string[] | undefined>): number | undefined {
  const seconds = Number(headers['retry-after'] ?? headers['x-ratelimit-reset'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0
    ? Math.min(seconds * 1_000, LONGEST_RETRY_AFTER_MS)
    : undefined;
}

function excerpt(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  return plain === '' ? 'an empty answer' : `"${plain.slice(0, 120)}${plain.length > 120 ? '…' : ''}"`;
}

function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : messageOf(error);
}
