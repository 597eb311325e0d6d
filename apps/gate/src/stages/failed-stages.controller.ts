import { type RouteInput, listFailedStages } from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { ExecutionReader } from '../executions/execution-reader.js';
import { failedStages } from './failed-stages.js';

/** Why an execution failed, down to the pipelines that it started. */
@Controller()
export class FailedStagesController {
  constructor(private readonly reader: ExecutionReader) {}

  @Serves(listFailedStages)
  async list(@Input() { query }: RouteInput<typeof listFailedStages>): Promise<JsonObject[]> {
    const { executionId, deckOrigin, limit } = query;
    if (deckOrigin !== undefined && !/^https?:\/\/[^\s/]+\/?$/.test(deckOrigin)) {
      throw new InvalidInputError('gate.bad_origin', [
        { path: 'deckOrigin', message: 'must be an origin, such as https://deck.example.com' },
      ]);
    }
    return failedStages(executionId, { limit, deckOrigin }, async (id) => {
      const state = await this.reader.find(id);
      return state?.type === 'PIPELINE' ? state : undefined;
    });
  }
}
