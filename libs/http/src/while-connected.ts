import type { FastifyReply } from 'fastify';

/** Aborts when the client goes away, so that nobody asks a cluster for an answer that nobody waits for. */
export function whileConnected(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client has gone'));
  });
  return controller.signal;
}
