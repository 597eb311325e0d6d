import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import { Clock, NotFoundError } from '@gennaker/kernel';
import { logger } from '@gennaker/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GennakerError } from '@gennaker/kernel';
import { errorAnswer } from './error-body.js';
import { RouteTable } from './route-table.js';

class MethodNotAllowedError extends GennakerError {
  override readonly status = 405;
}

const log = logger('http');

/** Turns whatever was thrown into Spinnaker's error body, and logs what was our own fault. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    private readonly clock: Clock,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = this.explain(thrown, request, reply);
    const answer = errorAnswer(error, this.clock.now(), request.logContext?.requestId);
    if (answer.unexpected) {
      log.error('request failed', {
        ...request.logContext,
        method: request.method,
        route: request.routeOptions?.url,
        error,
      });
    }
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply.code(answer.body.status).type('application/json; charset=utf-8').send(answer.body);
  }

  private explain(thrown: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
    if (!(thrown instanceof NotFoundException) || !request.is404) return thrown;
    const path = request.url.split('?')[0] ?? '';
    const methods = this.routes.methodsFor(request.url);
    if (methods.length === 0 || methods.includes(request.method)) {
      return new NotFoundError(
        'http.no_such_route',
        `Nothing is served at ${request.method} ${path.slice(0, 200)}`,
      );
    }
    void reply.header('Allow', methods.join(', '));
    return new MethodNotAllowedError(
      'http.method_not_allowed',
      `Method ${request.method} is not supported here. Supported: ${methods.join(', ')}`,
    );
  }
}
