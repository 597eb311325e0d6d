import { type RouteInput, listFailedStages } from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ExecutionReader } from '../executions/execution-reader.js';
import { linkNext, pageOf } from '../paging.js';
import { failedStages } from './failed-stages.js';

const MOST_STAGES = 1_000;

/** Why an execution failed, down to the pipelines that it started. */
@Controller()
export class FailedStagesController {
  constructor(private readonly reader: ExecutionReader) {}

  @Serves(listFailedStages)
  async list(
    @Input() { query }: RouteInput<typeof listFailedStages>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const { executionId, deckOrigin, limit, cursor } = query;
    if (deckOrigin !== undefined && !/^https?:\/\/[^\s/]+\/?$/.test(deckOrigin)) {
      throw new InvalidInputError('gate.bad_origin', [
        { path: 'deckOrigin', message: 'must be an origin, such as https://deck.example.com' },
      ]);
    }
    const all = await failedStages(executionId, { limit: MOST_STAGES, deckOrigin }, async (id) => {
      const state = await this.reader.find(id);
      return state?.type === 'PIPELINE' ? state : undefined;
    });
    const { items, next } = pageOf(all, { limit, ...(cursor === undefined ? {} : { cursor }) });
    linkNext(reply, '/executions/failedStages', { executionId, deckOrigin, limit }, next);
    return items;
  }
}
