import { isPagedByServer, pagingQuery, type RouteContract } from '@gennaker/contracts';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { type JsonPiece, JsonText } from './json-text.js';
import { linkNext, pageOf } from './paging.js';
import { ROUTE } from './route.decorator.js';
import { validateInput } from './validation.js';

/** Gives lists that are at hand as a whole page by page to those who ask for it with `limit` or `cursor`. */
@Injectable()
export class PagingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = Reflect.getMetadata(ROUTE, context.getHandler()) as RouteContract | undefined;
    if (route === undefined || !isPagedByServer(route)) return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const given = request.query as Record<string, string | undefined>;
    if (given.limit === undefined && given.cursor === undefined) return next.handle();
    const paging = { ...route, params: undefined, query: pagingQuery, body: undefined };
    const { query } = validateInput(paging, { params: undefined, query: given, body: undefined }) as {
      query: { limit?: number; cursor?: string };
    };
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(map((answer: unknown) => pageFrom(answer, { request, reply, ...query })));
  }
}

const DEFAULT_LIMIT = 100;

function pageFrom(answer: unknown, { limit = DEFAULT_LIMIT, cursor, request, reply }: PageRequest): unknown {
  const list: unknown = answer instanceof JsonText ? answer.pieces : answer;
  if (!Array.isArray(list)) return answer;
  const page = pageOf(list, { limit, ...(cursor === undefined ? {} : { cursor }) });
  const { cursor: _cursor, ...query } = request.query as Record<string, string>;
  linkNext(reply, request.url.split('?')[0] ?? '', { ...query, limit }, page.next);
  return answer instanceof JsonText ? JsonText.list(page.items as JsonPiece[]) : page.items;
}

interface PageRequest {
  limit?: number;
  cursor?: string;
  request: FastifyRequest;
  reply: FastifyReply;
}
