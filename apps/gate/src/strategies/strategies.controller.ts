import { Catalog, toConfig } from '@gennaker/catalog';
import {
  type RouteInput,
  deleteStrategy,
  getStrategyHistory,
  listStrategies,
  moveStrategy,
  saveStrategy,
  updateStrategy,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, historyPage } from '@gennaker/http';
import { type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { changeBy } from '../caller.js';
import { asSaveError } from '../pipelines/pipelines.controller.js';

/** Strategies: pipelines that other pipelines deploy by, in a store of their own. */
@Controller()
export class StrategiesController {
  constructor(private readonly catalog: Catalog) {}

  @Serves(listStrategies)
  list(): Promise<JsonObject[]> {
    return this.catalog.strategies.list();
  }

  @Serves(getStrategyHistory)
  async history(
    @Input() { params, query }: RouteInput<typeof getStrategyHistory>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const versions = await historyPage(
      (limit, before) => this.catalog.strategies.history(params.id, limit, before),
      `/strategyConfigs/${encodeURIComponent(params.id)}/history`,
      query,
      reply,
    );
    return versions.flatMap(({ body, at, author }) =>
      body === undefined ? [] : [{ ...body, updateTs: String(at), lastModified: at, lastModifiedBy: author }],
    );
  }

  @Serves(saveStrategy)
  async save(@Input() { body }: RouteInput<typeof saveStrategy>, @CalledBy() caller: Caller): Promise<void> {
    await this.store(body, caller);
  }

  @Serves(updateStrategy)
  async update(
    @Input() { params, body }: RouteInput<typeof updateStrategy>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    await this.catalog.strategies.get(params.id);
    return toConfig(await this.store({ ...body, id: params.id }, caller));
  }

  @Serves(deleteStrategy)
  async delete(
    @Input() { params }: RouteInput<typeof deleteStrategy>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    const item = await this.catalog.strategies.findByNameOrId(params.application, params.name);
    if (item !== undefined) await this.catalog.strategies.delete(item.id, changeBy(caller));
  }

  @Serves(moveStrategy)
  async move(@Input() { body }: RouteInput<typeof moveStrategy>, @CalledBy() caller: Caller): Promise<void> {
    const item = await this.catalog.strategies.findByNameOrId(body.application, body.from);
    if (item === undefined) {
      throw new NotFoundError('gate.no_such_strategy', `Strategy configuration not found (id: ${body.from})`);
    }
    await this.store({ ...item.body, name: body.to }, caller);
  }

  private async store(body: JsonObject, caller: Caller) {
    try {
      return await this.catalog.strategies.save(body, changeBy(caller));
    } catch (error) {
      throw asSaveError(error, false);
    }
  }
}
