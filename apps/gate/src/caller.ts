import type { Authentication } from '@gennaker/execution';
import type { CommandBy } from '@gennaker/execution-store';
import { type Caller, metaOf } from '@gennaker/http';

export { changeBy, metaOf } from '@gennaker/http';

/** The caller as the one who commands an execution. */
export function commandBy(caller: Caller): CommandBy {
  const { roles, isAdmin } = caller.principal;
  return { authentication: authenticationOf(caller), roles, isAdmin, meta: metaOf(caller) };
}

export function authenticationOf(caller: Caller): Authentication {
  const { username, roles, anonymous, isAdmin } = caller.principal;
  return { user: username, allowedAccounts: [], ...(anonymous || isAdmin ? {} : { roles: [...roles] }) };
}
