import { z } from 'zod';

/** What somebody wants to do with a resource. The first four are Spinnaker's; HALT stops and resumes work. */
export type Action = 'READ' | 'WRITE' | 'EXECUTE' | 'CREATE' | 'ADMIN' | 'HALT' | 'PUBLIC';

export type ResourceType =
  | 'account'
  | 'application'
  | 'canary'
  | 'canaryConfig'
  | 'execution'
  | 'installation'
  | 'notification'
  | 'pipeline'
  | 'project'
  | 'strategy'
  | 'task'
  | 'template'
  | 'user'
  | 'webhook';

/** The one question that a route asks before it does anything. */
export interface RoutePermission {
  action: Action;
  resource: ResourceType;
  /** Where the request names the resource: `params.application`, `query.application`, `body.application`. */
  from?: `${'params' | 'query' | 'body'}.${string}`;
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One HTTP operation as data: the server validates by it, the OpenAPI document is generated from it, and a client can
 * be typed by it. `path` is in `/things/:id` form; a trailing `*name` takes the rest of the path.
 */
export interface RouteContract<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  method: HttpMethod;
  path: string;
  /** Unique name of the operation, `verbNoun`. */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  permission: RoutePermission;
  params?: P;
  query?: Q;
  body?: B;
  /** The body may be left out. */
  bodyOptional?: boolean;
  /** What a successful answer holds; absent for operations that answer with an empty body. */
  answer?: A;
  /** Status of a successful answer, 200 when absent. */
  status?: number;
  /** Media type of the answer, `application/json` when absent. */
  produces?: string;
  deprecated?: boolean;
}

/** Keeps the exact schema types of a route, and is where one is declared. */
export function defineRoute<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  A extends z.ZodType = z.ZodUndefined,
>(contract: RouteContract<P, Q, B, A>): RouteContract<P, Q, B, A> {
  return contract;
}

/** What the handler of a route gets: each part validated, defaults filled in. */
export type RouteInput<R> =
  R extends RouteContract<infer P, infer Q, infer B, z.ZodType>
    ? { params: z.output<P>; query: z.output<Q>; body: z.output<B> }
    : never;

export type RouteAnswer<R> =
  R extends RouteContract<z.ZodType, z.ZodType, z.ZodType, infer A> ? z.output<A> : never;

/**
 * Whether the server pages the answer of a route by itself: a list that is at hand as a whole, whose route has no paging
 * of its own. Such a route takes `limit` and `cursor`; without them the answer is the whole list.
 */
export function isPagedByServer({ method, answer, query }: RouteContract): boolean {
  if (method !== 'GET' || !(answer instanceof z.ZodArray)) return false;
  const own = query instanceof z.ZodObject ? Object.keys(query.shape) : [];
  return !own.some((name) => PAGING.has(name));
}

const PAGING = new Set(['cursor', 'limit', 'page', 'size']);
