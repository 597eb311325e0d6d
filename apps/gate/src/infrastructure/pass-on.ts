import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import type { ServiceStream } from '../services/service-client.js';

/** Sends a stream on as it comes, at the pace of its reader, and ends it when the reader goes away. */
export async function passOn({ body, contentType }: ServiceStream, reply: FastifyReply): Promise<void> {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': contentType,
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  });
  reply.raw.flushHeaders();
  // Either end may go away in the middle; the other one is closed with it, and there is nobody left to tell.
  await pipeline(body, reply.raw).catch(() => undefined);
}
