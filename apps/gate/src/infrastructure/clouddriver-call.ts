import { callerOf, whileConnected } from '@gennaker/http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClouddriverCall } from './clouddriver.js';

/** Who asks the cloud driver through us, as `ClouddriverCall`: for as long as they stay connected. */
export const Calling = createParamDecorator((_data: unknown, context: ExecutionContext): ClouddriverCall => {
  const http = context.switchToHttp();
  return {
    caller: callerOf(http.getRequest<FastifyRequest>()),
    signal: whileConnected(http.getResponse<FastifyReply>()),
  };
});
