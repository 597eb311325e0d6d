import { GennakerError } from '@gennaker/kernel';
import type { FastifyInstance } from 'fastify';
import { type RateLimit, TokenBuckets } from './token-bucket.js';

/** The address has used up its allowance. */
export class TooManyRequestsError extends GennakerError {
  override readonly status = 429;

  constructor() {
    super('http.rate_limited', 'Too many requests from this address. Slow down and try again');
  }
}

/** Never limited: an orchestrator that cannot ask for health kills the process. */
const EXEMPT = /^\/(?:health|metrics)(?:[/?]|$)/;

export function registerRateLimit(fastify: FastifyInstance, limit: RateLimit, now: () => number): void {
  const buckets = new TokenBuckets(limit);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (EXEMPT.test(request.url)) {
      done();
      return;
    }
    const decision = buckets.take(request.ip, now());
    void reply.headers({
      'X-RateLimit-Capacity': String(limit.burst),
      'X-RateLimit-Remaining': String(decision.remaining),
      'X-RateLimit-Reset': String(now() + decision.retryAfterMs),
    });
    if (decision.allowed) {
      done();
      return;
    }
    void reply.header('Retry-After', String(Math.max(1, Math.ceil(decision.retryAfterMs / 1000))));
    done(new TooManyRequestsError());
  });
}
