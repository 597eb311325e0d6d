import { createHash, timingSafeEqual } from 'node:crypto';
import {
  ANONYMOUS,
  Authenticator,
  HeaderAuthenticator,
  type IdentityRequest,
  type Principal,
} from './principal.js';

/**
 * For a service that only other services call: they pass on who asks in `X-SPINNAKER-USER`. With a token, callers have to
 * show it as `Authorization: Bearer …`; without one everybody who reaches the port is taken for a service.
 */
export class ServiceAuthenticator extends Authenticator {
  readonly signInRequired: boolean;
  private readonly expected: Buffer | undefined;
  private readonly headers = new HeaderAuthenticator();

  constructor(token: string | undefined) {
    super();
    this.expected = token === undefined ? undefined : digest(`Bearer ${token}`);
    this.signInRequired = token !== undefined;
  }

  identify(request: IdentityRequest): Principal | undefined {
    const { authorization } = request.headers;
    if (this.expected !== undefined) {
      if (typeof authorization !== 'string') return undefined;
      if (!timingSafeEqual(digest(authorization), this.expected)) return undefined;
    }
    return this.headers.identify(request) ?? ANONYMOUS;
  }
}

/** Of one length, whatever the text, so that it can be compared in constant time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
