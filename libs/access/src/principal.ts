/** Who is asking. */
export interface Principal {
  username: string;
  email: string;
  firstName?: string;
  lastName?: string;
  roles: readonly string[];
  isAdmin: boolean;
  /** Nobody has signed in. */
  anonymous: boolean;
}

export const ANONYMOUS: Principal = Object.freeze({
  username: 'anonymous',
  email: 'anonymous',
  roles: Object.freeze([]),
  isAdmin: false,
  anonymous: true,
});

/** The headers and address that an identity is read from. */
export interface IdentityRequest {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  address: string;
}

/** Finds out who sends a request. Sign-in methods plug in here. */
export abstract class Authenticator {
  /** Whether people have to sign in, so that serving other addresses than loopback is safe. */
  abstract readonly signInRequired: boolean;
  /** The identity, or undefined when the request has to sign in first. */
  abstract identify(request: IdentityRequest): Promise<Principal | undefined> | Principal | undefined;
}

/** Nobody signs in: everybody is `anonymous`, and no header changes that. */
export class AnonymousAuthenticator extends Authenticator {
  readonly signInRequired = false;

  identify(): Principal {
    return ANONYMOUS;
  }
}

const USER_NAME = /^[^\p{Cc}]{1,256}$/u;

/**
 * Trusts `X-SPINNAKER-USER`, for installations behind a proxy that signs people in and overwrites the header.
 * `X-SPINNAKER-ROLES` may carry a comma-separated list.
 */
export class HeaderAuthenticator extends Authenticator {
  readonly signInRequired = true;

  identify(request: IdentityRequest): Principal | undefined {
    const user = request.headers['x-spinnaker-user'];
    if (typeof user !== 'string' || !USER_NAME.test(user)) return undefined;
    const roles = request.headers['x-spinnaker-roles'];
    return {
      username: user,
      email: user,
      roles:
        typeof roles === 'string'
          ? roles
              .split(',')
              .map((role) => role.trim().toLowerCase())
              .filter((role) => role !== '')
          : [],
      isAdmin: false,
      anonymous: false,
    };
  }
}
