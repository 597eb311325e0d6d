import { canaryConfigSchema, toCanaryJson } from '@gennaker/canary';
import {
  type RouteInput,
  createCanaryConfig,
  deleteCanaryConfig,
  getCanaryConfig,
  listCanaryConfigs,
  updateCanaryConfig,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, problemsOf, expectedVersionOf } from '@gennaker/http';
import { InvalidInputError, type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CanaryJudge } from './canary-judge.js';

/** How canaries are judged: configurations, versioned like everything that people configure. */
@Controller()
export class CanaryConfigsController {
  constructor(private readonly judge: CanaryJudge) {}

  @Serves(listCanaryConfigs)
  list(@Input() { query }: RouteInput<typeof listCanaryConfigs>) {
    return this.judge.configs.list(query.application === undefined ? [] : [query.application]);
  }

  @Serves(getCanaryConfig)
  async get(
    @Input() { params }: RouteInput<typeof getCanaryConfig>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    const { config, version } = await this.judge.configs.get(params.id);
    void reply.header('ETag', `"${version}"`);
    return toCanaryJson(config) as JsonObject;
  }

  @Serves(createCanaryConfig)
  async create(
    @Input() { body }: RouteInput<typeof createCanaryConfig>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const canaryConfigId = await this.judge.configs.create(configOf(body), caller.principal.username);
    return { canaryConfigId };
  }

  @Serves(updateCanaryConfig)
  async update(
    @Input() { params, body }: RouteInput<typeof updateCanaryConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    const config = configOf(body);
    if ((await this.judge.configs.find(params.id)) === undefined) {
      throw new NotFoundError('gate.no_such_canary_config', `Canary config '${params.id}' does not exist.`);
    }
    const expected = expectedVersionOf(ifMatch);
    const version = await this.judge.configs.update(params.id, config, caller.principal.username, expected);
    void reply.header('ETag', `"${version}"`);
    return { canaryConfigId: params.id };
  }

  @Serves(deleteCanaryConfig)
  async delete(
    @Input() { params }: RouteInput<typeof deleteCanaryConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.judge.configs.delete(params.id, caller.principal.username, expectedVersionOf(ifMatch));
  }
}

function configOf(body: JsonObject) {
  const checked = canaryConfigSchema.safeParse(body);
  if (checked.success) return checked.data;
  throw new InvalidInputError('gate.invalid_canary_config', problemsOf(checked.error.issues));
}
