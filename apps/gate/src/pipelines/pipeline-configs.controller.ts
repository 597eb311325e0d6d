import { Catalog, toConfig, type CatalogVersion } from '@gennaker/catalog';
import {
  type RouteInput,
  convertToTemplate,
  getPipelineConfigHistory,
  listAllPipelineConfigs,
  listPipelineConfigVersions,
  reorderPipelines,
  reorderStrategies,
  restorePipelineConfig,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, historyPage } from '@gennaker/http';
import type { JsonObject } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { changeBy } from '../caller.js';
import { FinishedTasks } from '../tasks/finished-tasks.js';
import { linkNext, pageOf } from '../paging.js';
import { templateOfPipeline } from './template-of-pipeline.js';

/** Pipeline configurations across applications, and their history. */
@Controller()
export class PipelineConfigsController {
  constructor(
    private readonly catalog: Catalog,
    private readonly finishedTasks: FinishedTasks,
  ) {}

  @Serves(listAllPipelineConfigs)
  async list(
    @Input() { query }: RouteInput<typeof listAllPipelineConfigs>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const page = pageOf(await this.catalog.pipelines.list(), query);
    linkNext(reply, '/pipelineConfigs', { limit: query.limit }, page.next);
    return page.items;
  }

  /** Earlier configurations in full, as Spinnaker gives them. */
  @Serves(getPipelineConfigHistory)
  async history(
    @Input() { params, query }: RouteInput<typeof getPipelineConfigHistory>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const versions = await this.historyPage(params.id, 'history', query, reply);
    return versions
      .filter((version) => version.body !== undefined)
      .map((version) => asConfig(params.id, version));
  }

  @Serves(listPipelineConfigVersions)
  async versions(
    @Input() { params, query }: RouteInput<typeof listPipelineConfigVersions>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const versions = await this.historyPage(params.id, 'versions', query, reply);
    return versions.map(({ body: _body, ...version }) => version);
  }

  @Serves(convertToTemplate)
  async convertToTemplate(
    @Input() { params }: RouteInput<typeof convertToTemplate>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const text = templateOfPipeline(toConfig(await this.catalog.pipelines.get(params.id)));
    await reply.type('text/plain; charset=utf-8').send(text);
  }

  @Serves(restorePipelineConfig)
  async restore(
    @Input() { params, body }: RouteInput<typeof restorePipelineConfig>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    return toConfig(
      await this.catalog.pipelines.restore(params.id, body.version, changeBy(caller, body.reason)),
    );
  }

  @Serves(reorderPipelines)
  async reorder(
    @Input() { body }: RouteInput<typeof reorderPipelines>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    await this.catalog.pipelines.reorder(body.application, body.idsToIndices, changeBy(caller));
    return this.finishedTasks.of({ application: body.application, name: 'Reorder pipelines', caller });
  }

  @Serves(reorderStrategies)
  async reorderStrategies(
    @Input() { body }: RouteInput<typeof reorderStrategies>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    await this.catalog.strategies.reorder(body.application, body.idsToIndices, changeBy(caller));
    return this.finishedTasks.of({ application: body.application, name: 'Reorder strategies', caller });
  }

  private historyPage(
    id: string,
    name: string,
    query: { limit: number; cursor?: string },
    reply: FastifyReply,
  ): Promise<CatalogVersion[]> {
    return historyPage(
      (limit, before) => this.catalog.pipelines.history(id, limit, before),
      `/pipelineConfigs/${encodeURIComponent(id)}/${name}`,
      query,
      reply,
    );
  }
}

function asConfig(id: string, { body, version, at, author, reason }: CatalogVersion): JsonObject {
  return {
    ...body,
    id,
    version,
    updateTs: String(at),
    lastModified: at,
    lastModifiedBy: author,
    ...(reason === undefined ? {} : { reason }),
  };
}
