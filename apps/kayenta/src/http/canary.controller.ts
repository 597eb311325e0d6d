import { canaryStatusView, type CanaryStatus, toCanaryJson } from '@gennaker/canary';
import { reportPage } from '@gennaker/canary-store';
import type { RouteInput } from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { NotFoundError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { KayentaService } from '../kayenta.service.js';
import { standaloneView } from '../standalone/standalone-view.js';
import * as routes from './canary.routes.js';

type In<R> = RouteInput<R>;

/** Canary analyses and runs of them. */
@Controller()
export class CanaryController {
  constructor(private readonly kayenta: KayentaService) {}

  @Serves(routes.startCanary)
  async start(@Input() { params, query, body }: In<typeof routes.startCanary>, @CalledBy() caller: Caller) {
    const options = { ...query, user: caller.principal.username };
    return { canaryExecutionId: await this.kayenta.analyses.startStored(params.configId, body, options) };
  }

  @Serves(routes.startAdhocCanary)
  async startAdhoc(@Input() { query, body }: In<typeof routes.startAdhocCanary>, @CalledBy() caller: Caller) {
    const options = { ...query, user: caller.principal.username };
    const { canaryConfig, executionRequest } = body;
    return {
      canaryExecutionId: await this.kayenta.analyses.startAdhoc(canaryConfig, executionRequest, options),
    };
  }

  @Serves(routes.listCanaries)
  async list(@Input() { query }: In<typeof routes.listCanaries>) {
    this.kayenta.accounts.resolve(query.storageAccountName, 'OBJECT_STORE');
    const found = await this.kayenta.canaries.list({
      application: query.application ?? 'ad-hoc',
      statuses: query.statuses.map((status) => status.toUpperCase() as CanaryStatus),
      limit: query.limit,
      page: query.page,
    });
    return found.map((execution) => toCanaryJson(canaryStatusView(execution)));
  }

  @Serves(routes.getCanary)
  async get(@Input() { params, query }: In<typeof routes.getCanary>) {
    this.kayenta.accounts.resolve(query.storageAccountName, 'OBJECT_STORE');
    return this.view(params.id);
  }

  @Serves(routes.getPipeline)
  getPipeline(@Input() { params }: In<typeof routes.getPipeline>) {
    return this.view(params.id);
  }

  @Serves(routes.cancelCanary)
  async cancel(
    @Input() { params }: In<typeof routes.cancelCanary>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    const by = caller.principal.username;
    const run = await this.kayenta.standalone.find(params.id);
    await (run === undefined
      ? this.kayenta.canaries.cancel(params.id, by)
      : this.kayenta.standalone.cancel(params.id, by));
  }

  @Serves(routes.getReport)
  async report(@Input() { params }: In<typeof routes.getReport>) {
    return toCanaryJson(await this.kayenta.reports.of(params.id));
  }

  @Serves(routes.getReportPage)
  async page(
    @Input() { params }: In<typeof routes.getReportPage>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { html, contentSecurityPolicy } = reportPage(await this.kayenta.reports.of(params.id));
    void reply.type('text/html; charset=utf-8').header('Content-Security-Policy', contentSecurityPolicy);
    return html;
  }

  @Serves(routes.startStandalone)
  async startRun(
    @Input() { params, query, body }: In<typeof routes.startStandalone>,
    @CalledBy() caller: Caller,
  ) {
    const { config } = await this.kayenta.configs.get(params.configId);
    const options = { ...query, user: query.user ?? caller.principal.username };
    return {
      canaryAnalysisExecutionId: await this.kayenta.runs.start(config, body, options, params.configId),
    };
  }

  @Serves(routes.startAdhocStandalone)
  async startAdhocRun(
    @Input() { query, body }: In<typeof routes.startAdhocStandalone>,
    @CalledBy() caller: Caller,
  ) {
    const options = { ...query, user: query.user ?? caller.principal.username };
    const { canaryConfig, executionRequest } = body;
    return {
      canaryAnalysisExecutionId: await this.kayenta.runs.start(canaryConfig, executionRequest, options),
    };
  }

  @Serves(routes.getStandalone)
  async getRun(@Input() { params }: In<typeof routes.getStandalone>) {
    const run = await this.kayenta.standalone.get(params.id);
    const found = await Promise.all(
      run.judgements.map(({ canaryId }) => this.kayenta.canaries.find(canaryId)),
    );
    const judgements = found.filter((execution) => execution !== undefined);
    return toCanaryJson(standaloneView(run, judgements));
  }

  /** A live analysis first, then the archive. */
  private async view(id: string): Promise<unknown> {
    const execution = await this.kayenta.canaries.find(id);
    if (execution !== undefined) return toCanaryJson(canaryStatusView(execution));
    const archived = await this.kayenta.documents.find('canaryArchive', id);
    if (archived !== undefined) return archived;
    throw new NotFoundError('kayenta.canary_not_found', `Canary execution '${id}' was not found.`);
  }
}
