import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { RoutePermission } from '@gennaker/contracts';
import { AccessDeniedError, GennakerError, isObject } from '@gennaker/kernel';
import { Access, type ResourceRef } from './access.js';
import type { Principal } from './principal.js';

export const PERMISSION = 'gennaker:permission';

/** The request carries no identity, and the route is not public. */
export class SignInRequiredError extends GennakerError {
  override readonly status = 401;

  constructor() {
    super('access.sign_in_required', 'Sign in first');
  }
}

/** Names the question that a route asks. A route without one is refused to everybody. */
export const Asks = (permission: RoutePermission) => SetMetadata(PERMISSION, permission);

/** The parts of a request that the guard reads. */
export interface GuardedRequest {
  principal?: Principal;
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Asks `may(user, action, resource)` for every route, before its input is looked at. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly access: Access,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const permission = this.reflector.getAllAndOverride<RoutePermission | undefined>(PERMISSION, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (permission === undefined) throw new AccessDeniedError('access.not_declared', 'Access is denied');
    if (permission.action === 'PUBLIC') return true;

    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const user = request.principal;
    if (user === undefined) throw new SignInRequiredError();
    if (await this.access.may(user, permission.action, resourceOf(permission, request))) return true;
    throw new AccessDeniedError('access.denied', 'Access is denied');
  }
}

/** The resource that a request names, as its route's permission says where to look. */
export function resourceOf(permission: RoutePermission, request: GuardedRequest): ResourceRef {
  if (permission.from === undefined) return { type: permission.resource };
  const [part, ...path] = permission.from.split('.');
  let value: unknown = part === 'params' ? request.params : part === 'query' ? request.query : request.body;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return typeof value === 'string' && value !== ''
    ? { type: permission.resource, name: value }
    : { type: permission.resource };
}
