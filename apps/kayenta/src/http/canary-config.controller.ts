import { canaryConfigView, toCanaryJson } from '@gennaker/canary';
import * as routes from '@gennaker/contracts';
import {
  CalledBy,
  type Caller,
  changeBy,
  expectedVersionOf,
  historyPage,
  Input,
  Serves,
  whileConnected,
} from '@gennaker/http';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { KayentaService } from '../kayenta.service.js';

type In<R> = routes.RouteInput<R>;

/** Canary configs, with Kayenta's rules and words. */
@Controller()
export class CanaryConfigController {
  constructor(private readonly kayenta: KayentaService) {}

  @Serves(routes.listCanaryConfigs)
  list(@Input() { query }: In<typeof routes.listCanaryConfigs>) {
    this.kayenta.accounts.requireKnown(query);
    return this.kayenta.configs.list(query.application);
  }

  @Serves(routes.getCanaryConfig)
  async get(
    @Input() { params, query }: In<typeof routes.getCanaryConfig>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.kayenta.accounts.requireKnown(query);
    const { config, version } = await this.kayenta.configs.get(params.id);
    void reply.header('ETag', `"${version}"`);
    return canaryConfigView(config);
  }

  @Serves(routes.createCanaryConfig)
  async create(@Input() { query, body }: In<typeof routes.createCanaryConfig>, @CalledBy() caller: Caller) {
    this.kayenta.accounts.requireKnown(query);
    return { canaryConfigId: await this.kayenta.configs.create(body, changeBy(caller)) };
  }

  @Serves(routes.updateCanaryConfig)
  async update(
    @Input() { params, query, body }: In<typeof routes.updateCanaryConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.kayenta.accounts.requireKnown(query);
    const expected = expectedVersionOf(ifMatch);
    const version = await this.kayenta.configs.update(params.id, body, changeBy(caller), expected);
    void reply.header('ETag', `"${version}"`);
    return { canaryConfigId: params.id };
  }

  @Serves(routes.deleteCanaryConfig)
  async remove(
    @Input() { params, query }: In<typeof routes.deleteCanaryConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    this.kayenta.accounts.requireKnown(query);
    await this.kayenta.configs.delete(params.id, changeBy(caller), expectedVersionOf(ifMatch));
  }

  @Serves(routes.getCanaryConfigHistory)
  history(
    @Input() { params, query }: In<typeof routes.getCanaryConfigHistory>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { configs } = this.kayenta;
    const path = `/canaryConfig/${encodeURIComponent(params.id)}/history`;
    return historyPage((limit, before) => configs.history(params.id, limit, before), path, query, reply);
  }

  @Serves(routes.calibrateCanaryConfig)
  async calibrate(
    @Input() { params, query, body }: In<typeof routes.calibrateCanaryConfig>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { metricsAccountName } = query;
    return toCanaryJson(
      await this.kayenta.calibrations.run(params.id, body, metricsAccountName, whileConnected(reply)),
    );
  }
}
