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
