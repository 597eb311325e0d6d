import { randomUUID } from 'node:crypto';
import type { Authenticator, Principal } from '@gennaker/access';
import { type LogContext, histogram, logger, withFreshLogContext } from '@gennaker/observability';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Absent when the request has to sign in first. */
    principal?: Principal;
    logContext?: LogContext;
  }
}

/** Who asks, from where, as part of what: goes into the event of every write. */
export interface Caller {
  principal: Principal;
  requestId: string;
  correlationId: string;
  address: string;
  /** `deck` for the web UI, `api` for everything else. */
  origin: 'deck' | 'api';
  /** Why, in the words of whoever asks (`X-SPINNAKER-REASON`). */
  reason?: string;
  /** What was asked: method and route. */
  cause: string;
}

const REQUEST_ID_HEADER = 'x-spinnaker-request-id';
const SAFE_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

const log = logger('http');

const duration = histogram({
  name: 'gennaker_http_request_duration_seconds',
  help: 'Time from the first byte of a request to the last byte of its answer',
  labels: ['method', 'route', 'status'] as const,
});

/** Gives every request its ids and its identity, and runs its handler with them in the log context. */
export function registerRequestContext(
  fastify: FastifyInstance,
  authenticator: Authenticator,
  service: string,
): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const requestId = safeHeader(request, REQUEST_ID_HEADER) ?? randomUUID();
    const correlationId = safeHeader(request, 'x-spinnaker-correlation-id') ?? requestId;
    request.logContext = { requestId, correlationId, service };
    void reply.header('X-SPINNAKER-REQUEST-ID', requestId);
    const principal = await authenticator.identify({ headers: request.headers, address: request.ip });
    if (principal === undefined) return;
    request.principal = principal;
    request.logContext.user = principal.username;
  });

  // Body parsing leaves the async context of the request, so the context is entered right before the handler.
  fastify.addHook('preHandler', (request, _reply, done) => {
    withFreshLogContext(request.logContext ?? {}, done);
  });

  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
    log.debug('request answered', {
      ...request.logContext,
      method: request.method,
      route,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    });
    done();
  });
}

/** The caller of a request that the access guard has let through. */
export function callerOf(request: FastifyRequest): Caller {
  const requestId = request.logContext?.requestId ?? 'unknown';
  return {
    principal: request.principal ?? {
      username: 'anonymous',
      email: 'anonymous',
      roles: [],
      isAdmin: false,
      anonymous: true,
    },
    requestId,
    correlationId: request.logContext?.correlationId ?? requestId,
    address: request.ip,
    origin: request.headers['x-ratelimit-app'] === 'deck' ? 'deck' : 'api',
    ...reasonOf(request),
    cause: `${request.method} ${request.routeOptions.url ?? ''}`,
  };
}

const MAX_REASON = 1_000;

function reasonOf(request: FastifyRequest): { reason?: string } {
  const header = request.headers['x-spinnaker-reason'];
  if (typeof header !== 'string' || header.trim() === '') return {};
  // Header bytes are latin-1; what a client means is UTF-8.
  return { reason: Buffer.from(header, 'latin1').toString('utf8').slice(0, MAX_REASON) };
}

function safeHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && SAFE_ID.test(value) ? value : undefined;
}
