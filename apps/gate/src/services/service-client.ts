import type { Readable } from 'node:stream';
import type { RouteContract } from '@gennaker/contracts';
import type { Caller } from '@gennaker/http';
import {
  AccessDeniedError,
  ConflictError,
  type FieldProblem,
  GennakerError,
  InvalidInputError,
  isObject,
  type JsonObject,
  messageOf,
  NotFoundError,
  UnavailableError,
  withTimeLimit,
} from '@gennaker/kernel';
import { Agent, request } from 'undici';

export interface ServiceOptions {
  /** How errors call the service, such as `The cloud driver`. */
  name: string;
  /** What the codes of its errors begin with, such as `gate.clouddriver`. */
  code: string;
  /** Such as `http://clouddriver:7002`. */
  url: string;
  /** What the services of an installation know each other by. */
  token: string | undefined;
  /** Milliseconds for an answer; streams may take longer. */
  timeoutMs: number;
}

/** The validated parts of a request. */
export interface ServiceInput {
  params?: unknown;
  query?: unknown;
  body?: unknown;
}

export interface ServiceCall {
  caller: Caller;
  /** Aborts when nobody waits for the answer any more. */
  signal: AbortSignal;
}

/** Another service of the installation, over HTTP: what only it can tell, since it alone holds the credentials for it. */
export class ServiceClient {
  private readonly agent = new Agent({ connections: 256, bodyTimeout: 0 });

  constructor(private readonly options: ServiceOptions) {}

  /**
   * The answer to a route that the service serves; null for an empty one.
   *
   * @throws the error that the service answered with, or an UnavailableError when it does not answer
   */
  async call(route: RouteContract, input: ServiceInput, { caller, signal }: ServiceCall): Promise<unknown> {
    return withTimeLimit(this.options.timeoutMs, signal, async (limited) => {
      const { body } = await this.send(route, input, { caller, signal: limited });
      const text = await this.reached(() => body.text(), limited);
      return text === '' ? null : (JSON.parse(text) as unknown);
    });
  }

  /** The bytes of an answer as they come. */
  async stream(route: RouteContract, input: ServiceInput, call: ServiceCall): Promise<ServiceStream> {
    const { body, headers } = await this.send(route, input, call);
    const type = headers['content-type'];
    return { body, contentType: typeof type === 'string' ? type : 'application/octet-stream' };
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async send(route: RouteContract, { params, query, body }: ServiceInput, call: ServiceCall) {
    const answer = await this.reached(
      () =>
        request(`${this.options.url.replace(/\/+$/, '')}${pathOf(route, params)}${queryOf(query)}`, {
          method: route.method,
          headers: this.headersOf(call.caller, body),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: call.signal,
          dispatcher: this.agent,
        }),
      call.signal,
    );
    if (answer.statusCode < 400) return answer;
    throw this.errorOf(answer.statusCode, await answer.body.text());
  }

  private async reached<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const why = signal.aborted
        ? `does not answer within ${this.options.timeoutMs / 1000} s`
        : `cannot be reached (${(error as { code?: string }).code ?? messageOf(error)})`;
      const { code, name } = this.options;
      throw new UnavailableError(`${code}_unavailable`, `${name} ${why}`, { cause: error });
    }
  }

  private headersOf(
    { principal, requestId, correlationId, reason, address }: Caller,
    body: unknown,
  ): Record<string, string> {
    const { token } = this.options;
    return {
      'x-spinnaker-request-id': requestId,
      'x-spinnaker-correlation-id': correlationId,
      'x-forwarded-for': address,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(reason === undefined
        ? {}
        : { 'x-spinnaker-reason': Buffer.from(reason, 'utf8').toString('latin1') }),
      ...(principal.anonymous
        ? {}
        : { 'x-spinnaker-user': principal.username, 'x-spinnaker-roles': principal.roles.join(',') }),
    };
  }

  /** The error that the service meant, to be answered as if it had happened here. */
  private errorOf(status: number, text: string): GennakerError {
    const { message, code, problems } = parsed(text);
    const known = typeof code === 'string' ? code : `${this.options.code}_failed`;
    const words =
      typeof message === 'string' ? message : `${this.options.name} answered with status ${status}`;
    switch (status) {
      case 400:
        return new InvalidInputError(known, Array.isArray(problems) ? (problems as FieldProblem[]) : words);
      case 403:
        return new AccessDeniedError(known, words);
      case 404:
        return new NotFoundError(known, words);
      case 409:
        return new ConflictError(known, words);
      default:
        return new UnavailableError(
          known,
          status === 401 ? `${this.options.name} does not know this service: ${HINT}` : words,
        );
    }
  }
}

export interface ServiceStream {
  body: Readable;
  contentType: string;
}

function pathOf({ path }: RouteContract, params: unknown): string {
  const values = (isObject(params) ? params : {}) as Record<string, unknown>;
  return path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(values[name] ?? '')));
}

function queryOf(query: unknown): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(isObject(query) ? query : {})) {
    if (value !== undefined && value !== null) asked.set(name, String(value));
  }
  return asked.size === 0 ? '' : `?${asked.toString()}`;
}

const HINT = 'give both the same GENNAKER_SERVICE_TOKEN';

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
