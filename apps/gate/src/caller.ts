import type { Change } from '@gennaker/catalog';
import type { EventMeta } from '@gennaker/event-store';
import type { Authentication } from '@gennaker/execution';
import type { CommandBy } from '@gennaker/execution-store';
import type { Caller } from '@gennaker/http';

/** The caller as the author of a change to the catalogue. */
export function changeBy(caller: Caller, reason?: string): Change {
  return {
    author: caller.principal.username,
    reason: reason ?? caller.reason,
    cause: caller.cause,
    correlationId: caller.correlationId,
    from: caller.address,
    origin: caller.origin,
  };
}

/** The caller as the one who commands an execution. */
export function commandBy(caller: Caller): CommandBy {
  const { roles, isAdmin } = caller.principal;
  return { authentication: authenticationOf(caller), roles, isAdmin, meta: metaOf(caller) };
}

export function authenticationOf(caller: Caller): Authentication {
  const { username, roles, anonymous, isAdmin } = caller.principal;
  return { user: username, allowedAccounts: [], ...(anonymous || isAdmin ? {} : { roles: [...roles] }) };
}

/** What every event that the caller's request leads to is marked with. */
export function metaOf(caller: Caller): EventMeta {
  return {
    actor: caller.principal.username,
    cause: caller.cause,
    correlationId: caller.correlationId,
    from: caller.address,
    ...(caller.reason === undefined ? {} : { reason: caller.reason }),
  };
}
