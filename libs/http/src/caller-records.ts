import type { Caller } from './request-context.js';

/** What every event that a request leads to is marked with. */
export interface CallerMeta {
  actor: string;
  cause: string;
  correlationId: string;
  from: string;
  reason?: string;
}

/** Who asks, from where and why, for the events that the request leads to. */
export function metaOf({ principal, cause, correlationId, address, reason }: Caller): CallerMeta {
  return {
    actor: principal.username,
    cause,
    correlationId,
    from: address,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The caller as the author of a change to what people configure. */
export function changeBy(caller: Caller, reason: string | undefined = caller.reason) {
  const { actor, cause, correlationId, from } = metaOf(caller);
  return { author: actor, reason, cause, correlationId, from, origin: caller.origin };
}
