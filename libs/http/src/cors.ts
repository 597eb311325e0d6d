import { AccessDeniedError } from '@gennaker/kernel';
import type { FastifyInstance } from 'fastify';
import type { CorsOptions } from './http-options.js';

const METHODS = 'POST, GET, OPTIONS, DELETE, PUT, PATCH';
const REQUEST_HEADERS =
  'x-requested-with, content-type, authorization, X-RateLimit-App, X-Spinnaker-Priority, X-SPINNAKER-REQUEST-ID, If-None-Match, Last-Event-ID';
const EXPOSED = 'X-AUTH-REDIRECT-URL, X-SPINNAKER-REQUEST-ID, ETag, Link, X-Gennaker-Stale-Accounts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Browsers may call from the listed origins and from the server's own. A write from any other origin is refused, even
 * where the browser would send it without asking first: nobody may be signed in, so the origin is all there is to go by.
 */
export function registerCors(fastify: FastifyInstance, options: CorsOptions): void {
  const allowed = new Set(options.origins.map((origin) => origin.toLowerCase()));

  fastify.addHook('onRequest', (request, reply, done) => {
    const { origin, host } = request.headers;
    if (origin !== undefined) {
      const known = allowed.has(origin.toLowerCase()) || isOwn(origin, host);
      if (!known && !SAFE_METHODS.has(request.method)) {
        done(new AccessDeniedError('http.origin_denied', 'Requests from this origin are not allowed'));
        return;
      }
      void reply.header('Vary', 'Origin');
      if (known) {
        void reply.headers({
          'Access-Control-Allow-Origin': origin,
          'Access-Control-Allow-Credentials': 'true',
          'Access-Control-Expose-Headers': EXPOSED,
        });
      }
    }
    if (request.method !== 'OPTIONS') {
      done();
      return;
    }
    void reply
      .code(200)
      .headers({
        'Access-Control-Allow-Methods': METHODS,
        'Access-Control-Allow-Headers': REQUEST_HEADERS,
        'Access-Control-Max-Age': '3600',
      })
      .send();
  });
}

function isOwn(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
