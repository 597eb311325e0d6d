import { reportPage } from '@gennaker/canary-store';
import { toCanaryJson } from '@gennaker/canary';
import {
  type RouteInput,
  getCanary,
  getCanaryOfConfig,
  getCanaryReport,
  getCanaryReportPage,
  getMetricSetPairList,
  listCanaryCredentials,
  listCanaryExecutions,
  listCanaryJudges,
  listCanaryMetrics,
  startCanary,
  startStoredCanary,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import type { JsonObject } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CanaryJudge } from './canary-judge.js';

/** Canary analyses, which the metrics judge runs. */
@Controller()
export class CanariesController {
  constructor(private readonly judge: CanaryJudge) {}

  @Serves(listCanaryCredentials)
  credentials() {
    return this.judge.credentials();
  }

  @Serves(listCanaryJudges)
  judges() {
    return this.judge.judges;
  }

  @Serves(listCanaryMetrics)
  metrics(@Input() { query }: RouteInput<typeof listCanaryMetrics>) {
    return this.judge.metrics(query.metricsAccountName, query.filter ?? '');
  }

  @Serves(getMetricSetPairList)
  pairs(@Input() { params }: RouteInput<typeof getMetricSetPairList>): Promise<JsonObject[]> {
    return this.judge.metricSetPairList(params.id);
  }

  @Serves(listCanaryExecutions)
  list(@Input() { params, query }: RouteInput<typeof listCanaryExecutions>): Promise<JsonObject[]> {
    return this.judge.list(params.application, query);
  }

  @Serves(startCanary)
  async start(
    @Input() { query, body }: RouteInput<typeof startCanary>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const { canaryConfig, executionRequest } = body;
    const user = caller.principal.username;
    return {
      canaryExecutionId: await this.judge.start({
        config: canaryConfig,
        request: executionRequest,
        user,
        ...query,
      }),
    };
  }

  @Serves(startStoredCanary)
  async startStored(
    @Input() { params, query, body }: RouteInput<typeof startStoredCanary>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const user = caller.principal.username;
    return {
      canaryExecutionId: await this.judge.start({ configId: params.id, request: body, user, ...query }),
    };
  }

  @Serves(getCanary)
  get(@Input() { params }: RouteInput<typeof getCanary>): Promise<JsonObject> {
    return this.judge.get(params.id);
  }

  @Serves(getCanaryOfConfig)
  getOfConfig(@Input() { params }: RouteInput<typeof getCanaryOfConfig>): Promise<JsonObject> {
    return this.judge.get(params.id);
  }

  @Serves(getCanaryReport)
  async report(@Input() { params }: RouteInput<typeof getCanaryReport>): Promise<JsonObject> {
    return toCanaryJson(await this.judge.report(params.id)) as JsonObject;
  }

  @Serves(getCanaryReportPage)
  async reportPage(
    @Input() { params }: RouteInput<typeof getCanaryReportPage>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { html, contentSecurityPolicy } = reportPage(await this.judge.report(params.id));
    void reply.type('text/html; charset=utf-8').header('Content-Security-Policy', contentSecurityPolicy);
    return html;
  }
}
