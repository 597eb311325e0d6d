import { timeLimit } from '@gennaker/kernel';
import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { components, paths } from './generated/gate.js';

/** Shapes of the API by name, such as `Schemas['Execution']`. */
export type Schemas = components['schemas'];

export interface GateClientOptions {
  /** Such as `http://localhost:8084`. */
  baseUrl: string;
  /** Sent with every request, for signing in and for saying why (`X-SPINNAKER-REASON`). */
  headers?: Record<string, string>;
  /** Milliseconds for one request; live streams are not bounded by it. */
  timeoutMs?: number;
  fetch?: (request: Request) => Promise<Response>;
}

export type GateClient = Client<paths>;

/** An answer that is an error: its status, and what the server says is wrong with which field. */
export class GateError extends Error {
  override readonly name = 'GateError';
  readonly status: number;
  /** Stable, for programs, such as `catalog.stale_write`. */
  readonly code: string | undefined;
  readonly problems: readonly { path: string; message: string }[];

  constructor(readonly body: Partial<Schemas['Error']> & { status: number }) {
    super(body.message ?? `The server answered ${body.status}`);
    this.status = body.status;
    this.code = body.code;
    this.problems = body.problems ?? [];
  }
}

/**
 * A client of the front door whose paths, parameters, bodies and answers are typed by its OpenAPI document. An answer
 * that is an error is thrown as {@link GateError}, so that `data` is there where a call returns.
 */
export function createGateClient({
  baseUrl,
  headers = {},
  timeoutMs = 60_000,
  fetch: send = (request) => fetch(request),
}: GateClientOptions): GateClient {
  const client = createClient<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    headers,
    fetch: (request) => send(new Request(request, { signal: timeLimit(timeoutMs, request.signal).signal })),
  });
  client.use(throwErrors);
  return client;
}

const throwErrors: Middleware = {
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return;
    throw await errorOf(response);
  },
};

/** The error that an answer says. */
export async function errorOf(response: Response): Promise<GateError> {
  const text = await response.text();
  try {
    return new GateError({ ...(JSON.parse(text) as object), status: response.status });
  } catch {
    return new GateError({ status: response.status });
  }
}
