import { canaryStatusesOf, canaryStatusView, toCanaryJson } from '@gennaker/canary';
import { reportPage } from '@gennaker/canary-store';
import * as routes from '@gennaker/contracts';
import { CalledBy, type Caller, Input, metaOf, Serves } from '@gennaker/http';
import { NotFoundError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { KayentaService } from '../kayenta.service.js';
import { standaloneView } from '../standalone/standalone-view.js';

type In<R> = routes.RouteInput<R>;

/** The same as an analysis has in Kayenta, whose engine runs it as a pipeline. */
const getCanaryPipeline = { ...routes.getCanary, id: 'getCanaryPipeline', path: '/pipelines/:id' };

/** Canary analyses and runs of them. */
@Controller()
export class CanaryController {
  constructor(private readonly kayenta: KayentaService) {}

  @Serves(routes.startStoredCanary)
  async start(
    @Input() { params, query, body }: In<typeof routes.startStoredCanary>,
    @CalledBy() caller: Caller,
  ) {
    const options = { ...query, by: metaOf(caller) };
    return { canaryExecutionId: await this.kayenta.analyses.startStored(params.id, body, options) };
  }

  @Serves(routes.startCanary)
  async startAdhoc(@Input() { query, body }: In<typeof routes.startCanary>, @CalledBy() caller: Caller) {
    const options = { ...query, by: metaOf(caller) };
    const { canaryConfig, executionRequest } = body;
    return {
      canaryExecutionId: await this.kayenta.analyses.startAdhoc(canaryConfig, executionRequest, options),
    };
  }

  @Serves(routes.listCanaryExecutions)
  async list(@Input() { query }: In<typeof routes.listCanaryExecutions>) {
    this.kayenta.accounts.requireKnown(query);
    const { executions } = await this.kayenta.canaries.list({
      application: query.application ?? 'ad-hoc',
      statuses: canaryStatusesOf(query.statuses),
      limit: query.limit,
      page: query.page,
    });
    return executions.map((execution) => toCanaryJson(canaryStatusView(execution)));
  }

  @Serves(routes.getCanary)
  async get(@Input() { params, query }: In<typeof routes.getCanary>) {
    this.kayenta.accounts.requireKnown(query);
    return this.view(params.id);
  }

  @Serves(getCanaryPipeline)
  getPipeline(@Input() { params }: In<typeof getCanaryPipeline>) {
    return this.view(params.id);
  }

  @Serves(routes.cancelCanary)
  async cancel(
    @Input() { params }: In<typeof routes.cancelCanary>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    const by = metaOf(caller);
    const run = await this.kayenta.standalone.find(params.id);
    await (run === undefined
      ? this.kayenta.canaries.cancel(params.id, by)
      : this.kayenta.standalone.cancel(params.id, by));
  }

  @Serves(routes.getCanaryReport)
  async report(@Input() { params }: In<typeof routes.getCanaryReport>) {
    return toCanaryJson(await this.kayenta.reports.of(params.id));
  }

  @Serves(routes.getCanaryReportPage)
  async page(
    @Input() { params }: In<typeof routes.getCanaryReportPage>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { html, contentSecurityPolicy } = reportPage(await this.kayenta.reports.of(params.id));
    void reply.type('text/html; charset=utf-8').header('Content-Security-Policy', contentSecurityPolicy);
    return html;
  }

  @Serves(routes.startStoredStandaloneAnalysis)
  async startRun(
    @Input() { params, query, body }: In<typeof routes.startStoredStandaloneAnalysis>,
    @CalledBy() caller: Caller,
  ) {
    const { config } = await this.kayenta.configs.get(params.id);
    const options = { ...query, by: metaOf(caller) };
    return {
      canaryAnalysisExecutionId: await this.kayenta.runs.start(config, body, options, params.id),
    };
  }

  @Serves(routes.startStandaloneAnalysis)
  async startAdhocRun(
    @Input() { query, body }: In<typeof routes.startStandaloneAnalysis>,
    @CalledBy() caller: Caller,
  ) {
    const options = { ...query, by: metaOf(caller) };
    const { canaryConfig, executionRequest } = body;
    return {
      canaryAnalysisExecutionId: await this.kayenta.runs.start(canaryConfig, executionRequest, options),
    };
  }

  @Serves(routes.getStandaloneAnalysis)
  async getRun(@Input() { params, query }: In<typeof routes.getStandaloneAnalysis>) {
    this.kayenta.accounts.requireKnown(query);
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
