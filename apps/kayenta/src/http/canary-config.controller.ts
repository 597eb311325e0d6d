import { toCanaryJson } from '@gennaker/canary';
import type { RouteInput } from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, expectedVersionOf, whileConnected } from '@gennaker/http';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { KayentaService } from '../kayenta.service.js';
import * as routes from './canary-config.routes.js';

type In<R> = RouteInput<R>;

/** Canary configs, with Kayenta's rules and words. */
@Controller()
export class CanaryConfigController {
  constructor(private readonly kayenta: KayentaService) {}

  @Serves(routes.listConfigs)
  list(@Input() { query }: In<typeof routes.listConfigs>) {
    this.requireAccount(query.configurationAccountName);
    return this.kayenta.configs.list(query.application);
  }

  @Serves(routes.getConfig)
  async get(
    @Input() { params, query }: In<typeof routes.getConfig>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.requireAccount(query.configurationAccountName);
    const { config, version } = await this.kayenta.configs.get(params.id);
    void reply.header('ETag', `"${version}"`);
    return shown(config);
  }

  @Serves(routes.createConfig)
  async create(@Input() { query, body }: In<typeof routes.createConfig>, @CalledBy() caller: Caller) {
    this.requireAccount(query.configurationAccountName);
    return { canaryConfigId: await this.kayenta.configs.create(body, caller.principal.username) };
  }

  @Serves(routes.updateConfig)
  async update(
    @Input() { params, query, body }: In<typeof routes.updateConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.requireAccount(query.configurationAccountName);
    const expected = expectedVersionOf(ifMatch);
    const version = await this.kayenta.configs.update(params.id, body, caller.principal.username, expected);
    void reply.header('ETag', `"${version}"`);
    return { canaryConfigId: params.id };
  }

  @Serves(routes.deleteConfig)
  async remove(
    @Input() { params, query }: In<typeof routes.deleteConfig>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    this.requireAccount(query.configurationAccountName);
    await this.kayenta.configs.delete(params.id, caller.principal.username, expectedVersionOf(ifMatch));
  }

  @Serves(routes.configHistory)
  history(@Input() { params, query }: In<typeof routes.configHistory>) {
    return this.kayenta.configs.history(params.id, query.limit);
  }

  @Serves(routes.calibrateConfig)
  async calibrate(
    @Input() { params, query, body }: In<typeof routes.calibrateConfig>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { metricsAccountName } = query;
    return toCanaryJson(
      await this.kayenta.calibrations.run(params.id, body, metricsAccountName, whileConnected(reply)),
    );
  }

  private requireAccount(name: string | undefined): void {
    this.kayenta.accounts.resolve(name, 'CONFIGURATION_STORE');
  }
}

/** A query carries the name of its store twice, as in Kayenta. */
function shown(config: object): unknown {
  const json = toCanaryJson(config) as { metrics?: { query?: { type?: string } }[] };
  return {
    ...json,
    metrics: json.metrics?.map((metric) => ({
      ...metric,
      ...(metric.query === undefined ? {} : { query: { ...metric.query, serviceType: metric.query.type } }),
    })),
  };
}
