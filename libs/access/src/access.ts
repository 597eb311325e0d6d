import type { Action, ResourceType } from '@gennaker/contracts';
import type { Principal } from './principal.js';

/** A thing that is asked about; `name` is absent when the question is about the whole kind. */
export interface ResourceRef {
  type: ResourceType;
  name?: string;
}

/** The one permission question. Everything that is not asked here is not checked anywhere. */
export abstract class Access {
  abstract may(user: Principal, action: Action, resource: ResourceRef): Promise<boolean> | boolean;
}

/** Says yes to everybody: an installation without permissions. */
export class OpenAccess extends Access {
  may(): boolean {
    return true;
  }
}

/** Leaves one action to those who have one of the roles, and to administrators; all else is asked of another policy. */
export class RoleGatedAccess extends Access {
  constructor(
    private readonly others: Access,
    private readonly gate: { action: Action; roles: readonly string[] },
  ) {
    super();
  }

  may(user: Principal, action: Action, resource: ResourceRef): Promise<boolean> | boolean {
    const { roles } = this.gate;
    if (action === this.gate.action && !user.isAdmin && !user.roles.some((role) => roles.includes(role))) {
      return false;
    }
    return this.others.may(user, action, resource);
  }
}
