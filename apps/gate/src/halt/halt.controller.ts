import { beginHalt, endHalt, getHalt, listHalts, type RouteInput } from '@gennaker/contracts';
import { Halts } from '@gennaker/halt';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { InvalidInputError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { metaOf } from '../caller.js';
import { badCursor, decodeCursor, encodeCursor, linkNext } from '../paging.js';
import { HaltTargets } from './halt-targets.js';
import { HaltViews } from './halt-views.js';

/** The big red button: stops work in a scope, and lets it go on. */
@Controller()
export class HaltController {
  constructor(
    private readonly halts: Halts,
    private readonly targets: HaltTargets,
    private readonly views: HaltViews,
  ) {}

  @Serves(beginHalt)
  async begin(@Input() { body }: RouteInput<typeof beginHalt>, @CalledBy() caller: Caller): Promise<object> {
    const { reason, ttl } = body;
    const target = await this.targets.targetOf(body);
    const halt = await this.halts.begin(
      { target, reason, ...(ttl !== undefined && { ttlMs: ttl }) },
      { user: caller.principal.username, meta: metaOf(caller) },
    );
    return this.views.of(halt);
  }

  @Serves(listHalts)
  async list(
    @Input() { query }: RouteInput<typeof listHalts>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object[]> {
    const { state, limit, cursor } = query;
    const before = cursor === undefined ? {} : { before: haltCursor(cursor) };
    const found = await this.halts.list({ ended: state === 'ended', limit: limit + 1, ...before });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (found.length > page.length && last !== undefined) {
      linkNext(reply, '/halt', { state, limit }, encodeCursor(['halt', last.id]));
    }
    return this.views.ofAll(page);
  }

  @Serves(getHalt)
  async get(@Input() { params }: RouteInput<typeof getHalt>): Promise<object> {
    return this.views.of(await this.halts.get(params.id));
  }

  @Serves(endHalt)
  async end(
    @Input() { params, query, body }: RouteInput<typeof endHalt>,
    @CalledBy() caller: Caller,
  ): Promise<object> {
    const reason = ((body as typeof body | undefined)?.reason ?? query.reason ?? '').trim();
    if (reason === '') {
      throw new InvalidInputError('halt.no_reason', [
        { path: 'reason', message: 'must say why, in a few words' },
      ]);
    }
    const { username: user } = caller.principal;
    return this.views.of(await this.halts.end(params.id, { user, reason, meta: metaOf(caller) }));
  }
}

function haltCursor(cursor: string): string {
  const [kind, id] = decodeCursor(cursor, 2);
  if (kind !== 'halt' || id === undefined) throw badCursor();
  return id;
}
