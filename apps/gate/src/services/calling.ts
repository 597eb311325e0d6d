import { callerOf, whileConnected } from '@gennaker/http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceCall } from './service-client.js';

/** Who asks another service through us, as `ServiceCall`: for as long as they stay connected. */
export const Calling = createParamDecorator((_data: unknown, context: ExecutionContext): ServiceCall => {
  const http = context.switchToHttp();
  return {
    caller: callerOf(http.getRequest<FastifyRequest>()),
    signal: whileConnected(http.getResponse<FastifyReply>()),
  };
});
