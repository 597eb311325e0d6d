import { type Catalog, type Change, type Pipelines } from '@gennaker/catalog';
import { type JsonObject, NotFoundError } from '@gennaker/kernel';
import type { CatalogChange, CatalogPort } from '@gennaker/stages';

/** Changes the catalogue on behalf of a task. Deleting what is gone already is success. */
export class CatalogChanges implements CatalogPort {
  constructor(private readonly catalog: Catalog) {}

  async apply(change: CatalogChange, by: Parameters<CatalogPort['apply']>[1]): Promise<JsonObject> {
    const author: Change = {
      author: by.user,
      reason: by.reason,
      origin: by.origin,
      cause: `execution ${by.executionId}`,
      correlationId: by.executionId,
    };
    const { applications, pipelines, strategies, projects } = this.catalog;
    switch (change.kind) {
      case 'saveApplication': {
        const item = await applications.save(change.application, author);
        return { 'notification.type': 'upsertapplication', newState: item.body };
      }
      case 'deleteApplication':
        await this.deleteApplication(change.name, author);
        return { 'notification.type': 'deleteapplication' };
      case 'saveProject': {
        const item = await projects.save(change.project, author);
        return { 'notification.type': 'upsertproject', 'project.id': item.id };
      }
      case 'deleteProject':
        await orGone(projects.delete(change.nameOrId, author));
        return { 'notification.type': 'deleteproject' };
      case 'savePipeline': {
        const item = await pipelines.save(change.pipeline, author, { staleCheck: change.staleCheck });
        return {
          'notification.type': 'savepipeline',
          application: item.application,
          'pipeline.name': item.name,
          'pipeline.id': item.id,
        };
      }
      case 'deletePipeline': {
        const item = await pipelines.findByNameOrId(change.application, change.nameOrId);
        if (item !== undefined) await orGone(pipelines.delete(item.id, author));
        return { 'notification.type': 'deletepipeline', application: change.application };
      }
      case 'reorderPipelines': {
        const kind: Pipelines = change.strategies ? strategies : pipelines;
        await kind.reorder(change.application, change.idsToIndices, author);
        return { 'notification.type': 'reorderpipelines', application: change.application };
      }
    }
  }

  /** What belongs to an application goes with it. The application itself goes last, so that a retry finds it. */
  private async deleteApplication(name: string, author: Change): Promise<void> {
    for (const kind of [this.catalog.pipelines, this.catalog.strategies]) {
      for (const item of await kind.items(name)) await orGone(kind.delete(item.id, author));
    }
    await this.catalog.notifications.delete(name, author);
    await orGone(this.catalog.applications.delete(name, author));
  }
}

async function orGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
