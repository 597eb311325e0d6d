import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, timeLimit } from '@gennaker/kernel';
import { Pool, ProxyAgent, Socks5ProxyAgent, type Dispatcher } from 'undici';
import type { ClusterAccess, Credentials } from './kube-config.js';
import { KubernetesApiError, errorFromResponse } from './kubernetes-error.js';

export interface TransportOptions {
  /** Connections to the API server for requests; watches and followed logs hold theirs beside this. */
  maxConnections: number;
  /** Streams (watches, followed logs) open at once. */
  maxStreams: number;
  /** From sending a request to the end of its answer, in milliseconds, if the call names no other. */
  timeoutMs: number;
  /** Tries of a request that may be repeated, the first one included. */
  maxAttempts: number;
  userAgent: string;
}

const DEFAULT_TRANSPORT: TransportOptions = {
  maxConnections: 16,
  maxStreams: 500,
  timeoutMs: 30_000,
  maxAttempts: 4,
  userAgent: 'gennaker',
};

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** True when doing it twice is the same as once. A GET always is. */
  idempotent?: boolean;
}

export interface ApiResponse {
  status: number;
  text: string;
  contentType: string;
}

/** Errors of undici and the sockets below it after which the request certainly never reached the server. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
]);
const BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 5_000;
/** A server may ask for a longer pause than we are willing to hold a caller for. */
const MAX_RETRY_AFTER_MS = 30_000;

/**
 * HTTP to one API server: one budget of connections, credentials, time-outs, and another try with back-off where that
 * is safe. Throws `KubernetesApiError` and nothing else, except the reason of an aborted signal.
 */
export class KubernetesTransport {
  private readonly options: TransportOptions;
  private requests: Dispatcher | undefined;
  private streams: Dispatcher | undefined;
  private tls: Credentials['tls'] | undefined;
  private readonly retired = new Set<Dispatcher>();

  constructor(
    readonly access: ClusterAccess,
    options: Partial<TransportOptions> = {},
  ) {
    this.options = { ...DEFAULT_TRANSPORT, ...options };
  }

  /** Sends and reads the whole answer. */
  async send(request: ApiRequest): Promise<ApiResponse> {
    for (let attempt = 1; ; attempt += 1) {
      request.signal?.throwIfAborted();
      try {
        return await this.sendOnce(request);
      } catch (error) {
        if (!(error instanceof KubernetesApiError)) throw error;
        if (error.status === 401 && attempt === 1) {
          this.access.forgetCredentials();
          continue;
        }
        const wait = this.backOff(request, error, attempt);
        if (wait === undefined) throw error;
        await delay(wait, undefined, request.signal ? { signal: request.signal } : {});
      }
    }
  }

  /**
   * Opens an answer that goes on: a watch or a followed log. Ends when the server ends it, and throws when nothing came
   * for `idleMs`.
   */
  async stream(request: ApiRequest, idleMs: number): Promise<AsyncIterable<Buffer>> {
    const { path, headers } = await this.prepare(request, 'stream');
    try {
      const response = await this.dispatcher('streams').request({
        origin: this.access.server,
        path,
        method: request.method,
        headers,
        signal: request.signal ?? null,
        headersTimeout: request.timeoutMs ?? this.options.timeoutMs,
        bodyTimeout: idleMs,
      });
      if (response.statusCode >= 400) {
        throw errorFromResponse(response.statusCode, await response.body.text());
      }
      return response.body;
    } catch (error) {
      if (isStatus(error, 401)) this.access.forgetCredentials();
      throw this.translate(error, request);
    }
  }

  /** Turns what a broken stream throws into a `KubernetesApiError`. */
  translate(error: unknown, request: ApiRequest): unknown {
    if (error instanceof KubernetesApiError) return error;
    if (request.signal?.aborted === true) return request.signal.reason;
    const code = codeOf(error);
    const timeout =
      code.includes('TIMEOUT') || (error instanceof DOMException && error.name === 'TimeoutError');
    const connecting = NEVER_SENT.has(code);
    return new KubernetesApiError({
      status: timeout && !connecting ? 504 : 503,
      reason: timeout && !connecting ? 'Timeout' : 'Unreachable',
      message: `${request.method} ${request.path}: ${code === '' ? '' : `${code}: `}${reasonOf(error)}`,
      cause: error,
    });
  }

  async close(): Promise<void> {
    const all = [this.requests, this.streams, ...this.retired].filter((d) => d !== undefined);
    this.requests = undefined;
    this.streams = undefined;
    this.retired.clear();
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()));
  }

  private async sendOnce(request: ApiRequest): Promise<ApiResponse> {
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs;
    const { signal, end } = timeLimit(timeoutMs, request.signal);
    try {
      const { path, headers, body } = await this.prepare(request, 'json');
      const response = await this.dispatcher('requests').request({
        origin: this.access.server,
        path,
        method: request.method,
        headers,
        body: body ?? null,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      const text = await response.body.text();
      if (response.statusCode >= 400) {
        throw errorFromResponse(response.statusCode, text, single(response.headers['retry-after']));
      }
      return {
        status: response.statusCode,
        text,
        contentType: single(response.headers['content-type']) ?? '',
      };
    } catch (error) {
      throw this.translate(error, request);
    } finally {
      end();
    }
  }

  private async prepare(
    request: ApiRequest,
    mode: 'json' | 'stream',
  ): Promise<{ path: string; headers: Record<string, string>; body?: Buffer }> {
    const credentials = await this.credentials();
    this.useTls(credentials.tls);
    const path = withQuery(request.path, request.query);
    const headers: Record<string, string> = {
      ...credentials.headers,
      'user-agent': this.options.userAgent,
      accept: request.accept ?? 'application/json',
    };
    if (mode === 'stream' || request.body === undefined) return { path, headers };
    const body = Buffer.from(typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
    headers['content-type'] = request.contentType ?? 'application/json';
    // A DELETE with a body goes out without a length otherwise, and the API server refuses it.
    headers['content-length'] = String(body.byteLength);
    return { path, headers, body };
  }

  private async credentials(): Promise<Credentials> {
    try {
      return await this.access.authenticate();
    } catch (error) {
      throw new KubernetesApiError({
        status: 503,
        reason: 'Unreachable',
        message: `no credentials for ${this.access.server}: ${messageOf(error).slice(0, 500)}`,
        cause: error,
      });
    }
  }

  /** A credential plug-in may hand out a new client certificate; connections made with the old one finish their work. */
  private useTls(tls: Credentials['tls']): void {
    const same = this.tls?.cert === tls.cert && this.tls?.key === tls.key;
    if (this.requests !== undefined && same) return;
    for (const old of [this.requests, this.streams]) {
      if (old === undefined) continue;
      this.retired.add(old);
      void old.close().finally(() => this.retired.delete(old));
    }
    this.tls = tls;
    this.requests = this.open(tls, this.options.maxConnections);
    this.streams = this.open(tls, this.options.maxStreams);
  }

  private open(tls: Credentials['tls'], connections: number): Dispatcher {
    const { server, proxyUrl } = this.access;
    // Half the idle time after which common load balancers drop a connection without a word.
    const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 };
    if (proxyUrl === undefined) return new Pool(server, { connections, connect });
    if (proxyUrl.startsWith('socks')) {
      // `requestTls` is known to the class and missing from its types.
      const options = { connections, requestTls: tls };
      return new Socks5ProxyAgent(proxyUrl, options);
    }
    return new ProxyAgent({ uri: proxyUrl, connections, requestTls: connect });
  }

  private dispatcher(which: 'requests' | 'streams'): Dispatcher {
    const dispatcher = which === 'requests' ? this.requests : this.streams;
    if (dispatcher === undefined) {
      throw new KubernetesApiError({
        status: 503,
        reason: 'Unreachable',
        message: `the client of ${this.access.server} is closed`,
      });
    }
    return dispatcher;
  }

  /** How long to wait before another try, in milliseconds; undefined when there is none. */
  private backOff(request: ApiRequest, error: KubernetesApiError, attempt: number): number | undefined {
    if (attempt >= this.options.maxAttempts) return undefined;
    if (!mayRepeat(request, error)) return undefined;
    if (error.retryAfterMs !== undefined) {
      return error.retryAfterMs <= MAX_RETRY_AFTER_MS ? error.retryAfterMs : undefined;
    }
    const ceiling = Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** (attempt - 1));
    return ceiling / 2 + (Math.random() * ceiling) / 2;
  }
}

function mayRepeat(request: ApiRequest, error: KubernetesApiError): boolean {
  // Refused before it was looked at, so it did not happen.
  if (error.status === 429 || NEVER_SENT.has(codeOf(error.cause))) return true;
  if (request.method !== 'GET' && request.idempotent !== true) return false;
  // Our own time-out has used up the caller's patience; a 504 of the server has not.
  if (error.reason === 'Timeout' && error.cause !== undefined) return false;
  return error.reason === 'Unreachable' || [500, 502, 503, 504].includes(error.status);
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof KubernetesApiError && error.status === status;
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : '';
}

function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return text === '' && error instanceof AggregateError ? messageOf(error.errors[0]) : text;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function withQuery(path: string, query: ApiRequest['query']): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}
