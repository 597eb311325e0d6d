import type { Socket } from 'node:net';
import { Clock } from '@gennaker/kernel';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { errorAnswer } from './error-body.js';
import { sendTagged } from './etag.js';
import type { HttpOptions } from './http-options.js';
import { JsonPiece, JsonText } from './json-text.js';

/** Longest single path segment: names of pipelines may be long sentences, percent-encoded. */
const MAX_PARAM_LENGTH = 4_000;

/** Nest's Fastify adapter with our limits and time-outs; `null` is answered as Spinnaker does, with an empty body. */
export class HttpAdapter extends FastifyAdapter {
  constructor(options: HttpOptions, clock: Clock) {
    super({
      bodyLimit: options.bodyLimit,
      requestTimeout: options.requestTimeoutMs,
      connectionTimeout: options.connectionTimeoutMs,
      keepAliveTimeout: 72_000,
      http: {
        headersTimeout: Math.min(20_000, options.requestTimeoutMs),
        connectionsCheckingInterval: Math.min(2_000, options.requestTimeoutMs),
      },
      trustProxy: options.trustProxy,
      forceCloseConnections: 'idle',
      skipMiddie: true,
      routerOptions: {
        ignoreTrailingSlash: true,
        ignoreDuplicateSlashes: true,
        maxParamLength: MAX_PARAM_LENGTH,
      },
      frameworkErrors: (error: Error, _request: unknown, reply: FastifyReply) => {
        const { body } = errorAnswer(error, clock.now());
        void reply.code(body.status).type('application/json; charset=utf-8').send(JSON.stringify(body));
      },
      clientErrorHandler: (error: Error, socket: Socket) => answerBrokenRequest(error, socket, clock.now()),
    });
  }

  override reply(...[response, body, statusCode]: Parameters<FastifyAdapter['reply']>) {
    if (body instanceof JsonText || body instanceof JsonPiece) {
      const reply = response as FastifyReply;
      if (statusCode !== undefined) reply.status(statusCode);
      return sendTagged(reply.type('application/json; charset=utf-8'), body.tag, () => body.bytes);
    }
    return super.reply(response, body === null ? undefined : body, statusCode);
  }
}

const BROKEN: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too big'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request was sent too slowly'],
};

/** Node could not read the request as HTTP, so there is no reply object to answer with. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket, now: number): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const [status, message] = BROKEN[error.code ?? ''] ?? [400, 'The request is not valid HTTP'];
  const reason = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }[
    status
  ];
  const body = JSON.stringify({
    error: reason,
    exception: 'RequestError',
    message,
    status,
    timestamp: new Date(now).toISOString(),
  });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
