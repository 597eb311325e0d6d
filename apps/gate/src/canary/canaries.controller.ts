import { canaryStatusesOf, toCanaryJson } from '@gennaker/canary';
import { type CanaryPosition, reportPage } from '@gennaker/canary-store';
import * as routes from '@gennaker/contracts';
import { badCursor, decodeCursor, encodeCursor, Input, linkNext, Serves } from '@gennaker/http';
import type { JsonObject } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Calling } from '../services/calling.js';
import type { ServiceCall } from '../services/service-client.js';
import { CanaryJudge } from './canary-judge.js';
import { Kayenta } from './kayenta.js';

type In<R> = routes.RouteInput<R>;

/** Canary analyses and runs of them: the metrics judge checks and starts them, and what it has kept is read here. */
@Controller()
export class CanariesController {
  constructor(
    private readonly judge: CanaryJudge,
    private readonly kayenta: Kayenta,
  ) {}

  @Serves(routes.atFrontDoor(routes.startCanary))
  start(@Input() input: In<typeof routes.startCanary>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.startCanary, input, call);
  }

  @Serves(routes.atFrontDoor(routes.startStoredCanary))
  startStored(@Input() input: In<typeof routes.startStoredCanary>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.startStoredCanary, input, call);
  }

  @Serves(routes.atFrontDoor(routes.cancelCanary))
  async cancel(@Input() input: In<typeof routes.cancelCanary>, @Calling() call: ServiceCall): Promise<void> {
    await this.kayenta.call(routes.cancelCanary, input, call);
  }

  @Serves(routes.listCanariesOfApplication)
  async list(
    @Input() { params, query }: In<typeof routes.listCanariesOfApplication>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const { statuses, limit, page, cursor, storageAccountName } = query;
    await this.judge.requireAccount('OBJECT_STORE', storageAccountName);
    const { application } = params;
    const { canaries, next } = await this.judge.list({
      application,
      statuses: canaryStatusesOf(statuses),
      limit,
      page,
      ...(cursor === undefined ? {} : { after: positionOf(cursor) }),
    });
    linkNext(
      reply,
      `/v2/canaries/${encodeURIComponent(application)}/executions`,
      { limit, statuses: statuses.join(','), storageAccountName },
      next && encodeCursor(['canary', String(next.createdAt), next.id]),
    );
    return canaries;
  }

  @Serves(routes.atFrontDoor(routes.getCanary))
  async get(@Input() { params, query }: In<typeof routes.getCanary>): Promise<JsonObject> {
    await this.judge.requireAccount('OBJECT_STORE', query.storageAccountName);
    return this.judge.get(params.id);
  }

  @Serves(routes.getCanaryOfConfig)
  getOfConfig(@Input() { params, query }: In<typeof routes.getCanaryOfConfig>): Promise<JsonObject> {
    return this.get({ params, query, body: undefined });
  }

  @Serves(routes.atFrontDoor(routes.getCanaryReport))
  async report(@Input() { params }: In<typeof routes.getCanaryReport>): Promise<JsonObject> {
    return toCanaryJson(await this.judge.report(params.id)) as JsonObject;
  }

  @Serves(routes.atFrontDoor(routes.getCanaryReportPage))
  async reportPage(
    @Input() { params }: In<typeof routes.getCanaryReportPage>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { html, contentSecurityPolicy } = reportPage(await this.judge.report(params.id));
    void reply.type('text/html; charset=utf-8').header('Content-Security-Policy', contentSecurityPolicy);
    return html;
  }

  @Serves(routes.atFrontDoor(routes.startStandaloneAnalysis))
  startRun(@Input() input: In<typeof routes.startStandaloneAnalysis>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.startStandaloneAnalysis, input, call);
  }

  @Serves(routes.atFrontDoor(routes.startStoredStandaloneAnalysis))
  startStoredRun(
    @Input() input: In<typeof routes.startStoredStandaloneAnalysis>,
    @Calling() call: ServiceCall,
  ) {
    return this.kayenta.call(routes.startStoredStandaloneAnalysis, input, call);
  }

  @Serves(routes.atFrontDoor(routes.getStandaloneAnalysis))
  getRun(@Input() input: In<typeof routes.getStandaloneAnalysis>, @Calling() call: ServiceCall) {
    return this.kayenta.call(routes.getStandaloneAnalysis, input, call);
  }
}

function positionOf(cursor: string): CanaryPosition {
  const [kind, createdAt, id = ''] = decodeCursor(cursor, 3);
  const at = Number(createdAt);
  if (kind !== 'canary' || !Number.isSafeInteger(at)) throw badCursor();
  return { createdAt: at, id };
}
