import { metricSetPairSchema } from '@gennaker/canary';
import type { CanaryStore } from '../canary-store.js';
import type { DocumentStore } from '../document-store.js';
import { type Report, reportOf } from './report.js';

/** Reports on analyses, made from what is stored of them. */
export class CanaryReports {
  constructor(
    private readonly canaries: CanaryStore,
    private readonly documents: DocumentStore,
  ) {}

  /** @throws NotFoundError */
  async of(id: string): Promise<Report> {
    const execution = await this.canaries.get(id);
    const { metricSetPairListId } = execution;
    const pairs =
      metricSetPairListId === undefined
        ? undefined
        : await this.documents.find('metricSetPairList', metricSetPairListId);
    return reportOf(execution, metricSetPairSchema.array().parse(pairs ?? []));
  }
}
