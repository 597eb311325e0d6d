import {
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common';
import { Asks } from '@gennaker/access';
import type { HttpMethod, RouteContract } from '@gennaker/contracts';
import type { FastifyRequest } from 'fastify';
import { callerOf } from './request-context.js';
import { validateInput } from './validation.js';

export const ROUTE = 'gennaker:route';

const METHODS: Record<HttpMethod, RequestMethod> = {
  GET: RequestMethod.GET,
  POST: RequestMethod.POST,
  PUT: RequestMethod.PUT,
  PATCH: RequestMethod.PATCH,
  DELETE: RequestMethod.DELETE,
};

/** Makes a controller's method the handler of a route: path, status, permission and validation come from the contract. */
export function Serves(route: RouteContract): MethodDecorator {
  return applyDecorators(
    RequestMapping({ method: METHODS[route.method], path: route.path }),
    HttpCode(route.status ?? 200),
    SetMetadata(ROUTE, route),
    Asks(route.permission),
  );
}

/** The validated input of the route, as `RouteInput<typeof theRoute>`. */
export const Input = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const route = Reflect.getMetadata(ROUTE, context.getHandler()) as RouteContract | undefined;
  if (route === undefined)
    throw new Error(`${context.getClass().name}.${context.getHandler().name} serves no route`);
  const { params, query, body } = context.switchToHttp().getRequest<FastifyRequest>();
  return validateInput(route, { params, query, body });
});

/** Who asks, as `Caller`. */
export const CalledBy = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
