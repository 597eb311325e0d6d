import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Answers repeated reads with 304 when nothing has changed since the client's `If-None-Match`. */
export function registerEtag(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request, reply, payload, done) => {
    if (!isRead(request) || reply.statusCode !== 200) {
      done();
      return;
    }
    // As bytes at once: the tag and the connection need them both.
    const bytes = typeof payload === 'string' && payload.length > 0 ? Buffer.from(payload) : payload;
    const tag = reply.getHeader('etag') ?? tagOf(bytes);
    if (typeof tag !== 'string') {
      done();
      return;
    }
    void reply.header('ETag', tag);
    if (!reply.hasHeader('cache-control')) void reply.header('Cache-Control', 'no-cache, private');
    if (!matches(request.headers['if-none-match'], tag)) {
      done(null, bytes);
      return;
    }
    void reply.code(304).removeHeader('content-type').removeHeader('content-length');
    done(null, '');
  });
}

/** Sends what has a tag already. Its bytes are only put together for those who do not have them. */
export function sendTagged(reply: FastifyReply, tag: string, bytes: () => Buffer): FastifyReply {
  const isKnown = isRead(reply.request) && matches(reply.request.headers['if-none-match'], tag);
  return reply.header('ETag', tag).send(isKnown ? '' : bytes());
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function tagOf(payload: unknown): string | undefined {
  if (!Buffer.isBuffer(payload) || payload.length === 0) return undefined;
  return `W/"${createHash('sha1').update(payload).digest('base64url')}"`;
}

function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const bare = tag.replace(/^W\//, '');
  return header.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === bare);
}
