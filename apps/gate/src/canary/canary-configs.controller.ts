import { canaryConfigView } from '@gennaker/canary';
import * as routes from '@gennaker/contracts';
import {
  CalledBy,
  type Caller,
  changeBy,
  expectedVersionOf,
  historyPage,
  Input,
  Serves,
} from '@gennaker/http';
import { type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Calling } from '../services/calling.js';
import type { ServiceCall } from '../services/service-client.js';
import { CanaryJudge } from './canary-judge.js';
import { Kayenta } from './kayenta.js';

type In<R> = routes.RouteInput<R>;

/** The spin CLI takes no other status for success. */
const deleteAtFrontDoor = { ...routes.atFrontDoor(routes.deleteCanaryConfig), status: 200 };

/** How canaries are judged: configurations, versioned like everything that people configure. */
@Controller()
export class CanaryConfigsController {
  constructor(
    private readonly judge: CanaryJudge,
    private readonly kayenta: Kayenta,
  ) {}

  @Serves(routes.atFrontDoor(routes.listCanaryConfigs))
  async list(@Input() { query }: In<typeof routes.listCanaryConfigs>) {
    await this.requireAccount(query);
    return this.judge.configs.list(query.application);
  }

  @Serves(routes.atFrontDoor(routes.getCanaryConfig))
  async get(
    @Input() { params, query }: In<typeof routes.getCanaryConfig>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    await this.requireAccount(query);
    const { config, version } = await this.judge.configs.get(params.id);
    void reply.header('ETag', `"${version}"`);
    return canaryConfigView(config);
  }

  @Serves(routes.atFrontDoor(routes.createCanaryConfig))
  async create(
    @Input() { query, body }: In<typeof routes.createCanaryConfig>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    await this.requireAccount(query);
    return { canaryConfigId: await this.judge.configs.create(body, changeBy(caller)) };
  }

  @Serves(routes.atFrontDoor(routes.updateCanaryConfig))
  async update(
    @Input() { params, query, body }: In<typeof routes.updateCanaryConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject> {
    await this.requireAccount(query);
    if ((await this.judge.configs.find(params.id)) === undefined) {
      throw new NotFoundError('gate.no_such_canary_config', `Canary config '${params.id}' does not exist.`);
    }
    const expected = expectedVersionOf(ifMatch);
    const version = await this.judge.configs.update(params.id, body, changeBy(caller), expected);
    void reply.header('ETag', `"${version}"`);
    return { canaryConfigId: params.id };
  }

  @Serves(deleteAtFrontDoor)
  async delete(
    @Input() { params, query }: In<typeof routes.deleteCanaryConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.requireAccount(query);
    await this.judge.configs.delete(params.id, changeBy(caller), expectedVersionOf(ifMatch));
  }

  @Serves(routes.atFrontDoor(routes.getCanaryConfigHistory))
  history(
    @Input() { params, query }: In<typeof routes.getCanaryConfigHistory>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { configs } = this.judge;
    const path = `/v2/canaryConfig/${encodeURIComponent(params.id)}/history`;
    return historyPage((limit, before) => configs.history(params.id, limit, before), path, query, reply);
  }

  @Serves(routes.atFrontDoor(routes.calibrateCanaryConfig))
  calibrate(@Input() input: In<typeof routes.calibrateCanaryConfig>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.calibrateCanaryConfig, input, call);
  }

  private requireAccount({ configurationAccountName }: { configurationAccountName?: string }): Promise<void> {
    return this.judge.requireAccount('CONFIGURATION_STORE', configurationAccountName);
  }
}
