import * as routes from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import type { JsonObject } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { Calling } from '../services/calling.js';
import type { ServiceCall } from '../services/service-client.js';
import { CanaryJudge } from './canary-judge.js';
import { Kayenta } from './kayenta.js';

type In<R> = routes.RouteInput<R>;

/** Metric stores, measurements, and judging them: what is kept is read here, the rest the metrics judge does at once. */
@Controller()
export class CanaryMetricsController {
  constructor(
    private readonly judge: CanaryJudge,
    private readonly kayenta: Kayenta,
  ) {}

  @Serves(routes.atFrontDoor(routes.listCanaryCredentials))
  credentials() {
    return this.judge.credentials();
  }

  @Serves(routes.atFrontDoor(routes.listMetricsServices))
  services(@Input() input: In<typeof routes.listMetricsServices>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.listMetricsServices, input, call);
  }

  @Serves(routes.atFrontDoor(routes.listCanaryMetrics))
  async metrics(@Input() { query }: In<typeof routes.listCanaryMetrics>) {
    await this.judge.requireAccount('METRICS_STORE', query.metricsAccountName);
    return this.judge.metrics(query.metricsAccountName, query.filter ?? '');
  }

  @Serves(routes.atFrontDoor(routes.fetchMetrics))
  fetch(@Input() input: In<typeof routes.fetchMetrics>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.fetchMetrics, input, call);
  }

  @Serves(routes.atFrontDoor(routes.listCanaryJudges))
  judges() {
    return this.judge.judges;
  }

  @Serves(routes.atFrontDoor(routes.judgePairs))
  judgePairs(@Input() input: In<typeof routes.judgePairs>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.judgePairs, input, call);
  }

  @Serves(routes.atFrontDoor(routes.compareJudges))
  compare(@Input() input: In<typeof routes.compareJudges>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.compareJudges, input, call);
  }

  @Serves(routes.atFrontDoor(routes.getJudgesComparison))
  comparison(@Input() input: In<typeof routes.getJudgesComparison>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.getJudgesComparison, input, call);
  }

  @Serves(routes.atFrontDoor(routes.getMetricSetList))
  sets(@Input() input: In<typeof routes.getMetricSetList>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.getMetricSetList, input, call);
  }

  @Serves(routes.atFrontDoor(routes.getMetricSetPairList))
  async pairs(@Input() { params, query }: In<typeof routes.getMetricSetPairList>): Promise<JsonObject[]> {
    await this.judge.requireAccount('OBJECT_STORE', query.storageAccountName);
    return this.judge.metricSetPairList(params.id);
  }

  @Serves(routes.atFrontDoor(routes.storeMetricSetPairList))
  storePairs(@Input() input: In<typeof routes.storeMetricSetPairList>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.storeMetricSetPairList, input, call);
  }
}
