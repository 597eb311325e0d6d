import { canaryStatusView, toCanaryJson } from '@gennaker/canary';
import {
  getMetricSetList,
  getMetricSetPairList,
  type RouteInput,
  storeMetricSetList,
  storeMetricSetPairList,
} from '@gennaker/contracts';
import { Input, Serves } from '@gennaker/http';
import { NotFoundError } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { KayentaService } from '../kayenta.service.js';
import * as routes from './documents.routes.js';

type In<R> = RouteInput<R>;

/** Stored measurements and results. */
@Controller()
export class DocumentsController {
  constructor(private readonly kayenta: KayentaService) {}

  @Serves(routes.listMetricSets)
  listMetricSets(@Input() { query }: In<typeof routes.listMetricSets>) {
    this.requireAccount(query);
    return this.kayenta.documents.list('metricSetList', query.limit);
  }

  @Serves(getMetricSetList)
  getMetricSets(@Input() { params }: In<typeof getMetricSetList>) {
    return this.kayenta.documents.get('metricSetList', params.id);
  }

  @Serves(storeMetricSetList)
  async storeMetricSets(@Input() { body }: In<typeof storeMetricSetList>) {
    return { metricSetListId: await this.kayenta.documents.put('metricSetList', body) };
  }

  @Serves(routes.deleteMetricSets)
  deleteMetricSets(@Input() { params }: In<typeof routes.deleteMetricSets>): Promise<void> {
    return this.kayenta.documents.delete('metricSetList', params.id);
  }

  @Serves(routes.listPairs)
  listPairs(@Input() { query }: In<typeof routes.listPairs>) {
    this.requireAccount(query);
    return this.kayenta.documents.list('metricSetPairList', query.limit);
  }

  @Serves(getMetricSetPairList)
  getPairs(@Input() { params }: In<typeof getMetricSetPairList>) {
    return this.kayenta.documents.get('metricSetPairList', params.id);
  }

  @Serves(routes.getPair)
  async getPair(@Input() { params }: In<typeof routes.getPair>) {
    const pairs = (await this.kayenta.documents.get('metricSetPairList', params.id)) as { id: string }[];
    const pair = pairs.find(({ id }) => id === params.pairId);
    if (pair !== undefined) return pair;
    throw new NotFoundError(
      'kayenta.not_found',
      `Metric set pair '${params.pairId}' was not found in the list.`,
    );
  }

  @Serves(storeMetricSetPairList)
  async storePairs(@Input() { body }: In<typeof storeMetricSetPairList>) {
    return { metricSetPairListId: await this.kayenta.documents.put('metricSetPairList', body) };
  }

  @Serves(routes.deletePairs)
  deletePairs(@Input() { params }: In<typeof routes.deletePairs>): Promise<void> {
    return this.kayenta.documents.delete('metricSetPairList', params.id);
  }

  @Serves(routes.listArchive)
  listArchive(@Input() { query }: In<typeof routes.listArchive>) {
    this.requireAccount(query);
    return this.kayenta.documents.list('canaryArchive', query.limit);
  }

  @Serves(routes.getArchive)
  async getArchive(@Input() { params }: In<typeof routes.getArchive>) {
    const stored = await this.kayenta.documents.find('canaryArchive', params.id);
    return stored ?? toCanaryJson(canaryStatusView(await this.kayenta.canaries.get(params.id)));
  }

  @Serves(routes.storeArchive)
  async storeArchive(@Input() { query, body }: In<typeof routes.storeArchive>) {
    return { pipelineId: await this.kayenta.documents.put('canaryArchive', body, query.pipelineId) };
  }

  @Serves(routes.updateArchive)
  async updateArchive(@Input() { params, body }: In<typeof routes.updateArchive>) {
    await this.kayenta.documents.get('canaryArchive', params.id);
    return { pipelineId: await this.kayenta.documents.put('canaryArchive', body, params.id) };
  }

  @Serves(routes.deleteArchive)
  deleteArchive(@Input() { params }: In<typeof routes.deleteArchive>): Promise<void> {
    return this.kayenta.documents.delete('canaryArchive', params.id);
  }

  private requireAccount({ accountName, storageAccountName }: In<typeof routes.listPairs>['query']): void {
    this.kayenta.accounts.resolve('OBJECT_STORE', accountName ?? storageAccountName);
  }
}
