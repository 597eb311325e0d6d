import { Access, type Principal, type ResourceRef } from '@gennaker/access';
import type { Action } from '@gennaker/contracts';
import { type AccountView, accountView, type Queryable } from '@gennaker/inventory';

/**
 * What accounts say of who may do what with them: `permissions`, or for all of it the older `requiredGroupMembership`.
 * An account without either is everybody's. Administrators may do everything; other questions go on to `next`.
 */
export class AccountAccess extends Access {
  constructor(
    private readonly next: Access,
    private readonly db: Queryable,
  ) {
    super();
  }

  async may(user: Principal, action: Action, resource: ResourceRef): Promise<boolean> {
    if (!(await this.next.may(user, action, resource))) return false;
    if (resource.type !== 'account' || resource.name === undefined || user.isAdmin) return true;
    const account = await accountView(this.db, resource.name);
    return account === undefined || allows(account, action, user.roles);
  }
}

function allows(
  { permissions, requiredGroupMembership }: AccountView,
  action: Action,
  roles: readonly string[],
): boolean {
  const needed = permissions[action as keyof typeof permissions] ?? requiredGroupMembership;
  if (needed.length === 0) return true;
  const held = new Set(roles.map((role) => role.toLowerCase()));
  return needed.some((role) => held.has(role.toLowerCase()));
}
