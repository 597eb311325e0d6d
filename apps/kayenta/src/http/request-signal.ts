import type { FastifyRequest } from 'fastify';

/** Aborts when the client goes away before it has its answer. */
export function signalOf(request: FastifyRequest): AbortSignal {
  const controller = new AbortController();
  request.raw.socket.once('close', () => controller.abort(new Error('the client has gone')));
  return controller.signal;
}
