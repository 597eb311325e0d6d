import { Access, type Principal, type ResourceRef } from '@gennaker/access';
import type { Action } from '@gennaker/contracts';
import { type AccountView, accountViews, type Queryable } from '@gennaker/inventory';
import type { Clock } from '@gennaker/kernel';

/** A list of accounts asks once for each. */
const REMEMBER_MS = 1_000;

/**
 * What accounts say of who may do what with them: `permissions`, or for all of it the older `requiredGroupMembership`.
 * An account without either is everybody's. Administrators may do everything; other questions go on to `next`.
 */
export class AccountAccess extends Access {
  private known: { at: number; views: Promise<ReadonlyMap<string, AccountView>> } | undefined;

  constructor(
    private readonly next: Access,
    private readonly db: Queryable,
    private readonly clock: Clock,
  ) {
    super();
  }

  async may(user: Principal, action: Action, resource: ResourceRef): Promise<boolean> {
    if (!(await this.next.may(user, action, resource))) return false;
    if (resource.type !== 'account' || resource.name === undefined || user.isAdmin) return true;
    const account = (await this.accounts()).get(resource.name);
    return account === undefined || allows(account, action, user.roles);
  }

  private accounts(): Promise<ReadonlyMap<string, AccountView>> {
    const now = this.clock.now();
    if (this.known === undefined || now - this.known.at > REMEMBER_MS) {
      const views = accountViews(this.db).then((all) => new Map(all.map((view) => [view.name, view])));
      this.known = { at: now, views };
      views.catch(() => (this.known = undefined));
    }
    return this.known.views;
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
