import {
  type RouteInput,
  getCanary,
  getCanaryOfConfig,
  listCanaryExecutions,
  startCanary,
  startStoredCanary,
} from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import type { JsonObject } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { CanaryJudge } from './canary-judge.js';

/** Canary analyses, which the metrics judge runs. */
@Controller()
export class CanariesController {
  constructor(private readonly judge: CanaryJudge) {}

  @Serves(listCanaryExecutions)
  list(@Input() { params, query }: RouteInput<typeof listCanaryExecutions>): Promise<JsonObject[]> {
    return this.judge.list(params.application, query);
  }

  @Serves(startCanary)
  async start(@Input() { query, body }: RouteInput<typeof startCanary>): Promise<JsonObject> {
    const { canaryConfig, executionRequest } = body;
    return {
      canaryExecutionId: await this.judge.start({
        config: canaryConfig,
        request: executionRequest,
        ...query,
      }),
    };
  }

  @Serves(startStoredCanary)
  async startStored(
    @Input() { params, query, body }: RouteInput<typeof startStoredCanary>,
  ): Promise<JsonObject> {
    return { canaryExecutionId: await this.judge.start({ configId: params.id, request: body, ...query }) };
  }

  @Serves(getCanary)
  get(@Input() { params }: RouteInput<typeof getCanary>): Promise<JsonObject> {
    return this.judge.get(params.id);
  }

  @Serves(getCanaryOfConfig)
  getOfConfig(@Input() { params }: RouteInput<typeof getCanaryOfConfig>): Promise<JsonObject> {
    return this.judge.get(params.id);
  }
}
