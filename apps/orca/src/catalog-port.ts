import { type Catalog, type Change, type Pipelines } from '@gennaker/catalog';
import { canonicalJson, GennakerError, type JsonObject, NotFoundError } from '@gennaker/kernel';
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
      case 'savePipelines':
        return this.savePipelines(change, author);
      case 'saveTemplate':
        return this.saveTemplate(change, author);
      case 'deleteTemplate':
        return this.deleteTemplate(change, author);
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

  private async savePipelines(
    { pipelines, staleCheck }: Extract<CatalogChange, { kind: 'savePipelines' }>,
    author: Change,
  ): Promise<JsonObject> {
    const successful: string[] = [];
    const failed: JsonObject[] = [];
    for (const pipeline of pipelines) {
      try {
        const { name } = await this.catalog.pipelines.save(await this.withId(pipeline), author, {
          staleCheck,
        });
        successful.push(name);
      } catch (error) {
        if (!(error instanceof GennakerError) || error.status >= 500) throw error;
        const { name, application } = pipeline;
        failed.push({ name, application, errorMsg: error.message });
      }
    }
    return {
      'notification.type': 'savepipeline',
      bulksave: {
        successful_pipelines: successful,
        successful_pipelines_count: successful.length,
        failed_pipelines: failed,
        failed_pipelines_count: failed.length,
      },
    };
  }

  private async saveTemplate(
    { template, create, tag }: Extract<CatalogChange, { kind: 'saveTemplate' }>,
    author: Change,
  ): Promise<JsonObject> {
    const saved = await this.catalog.templates.save(template, author, {
      // Doing it again after a crash must not fail on what it has made itself.
      create: create && !(await this.isStored(template, tag)),
      ...(tag === undefined ? {} : { tag }),
    });
    const kind = create ? 'createpipelinetemplate' : 'updatepipelinetemplate';
    return { 'notification.type': kind, 'pipelineTemplate.id': saved['id'] };
  }

  private async deleteTemplate(
    { id, tag, digest }: Extract<CatalogChange, { kind: 'deleteTemplate' }>,
    author: Change,
  ): Promise<JsonObject> {
    const version = { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
    await orGone(this.catalog.templates.delete(id, version, author));
    return { 'notification.type': 'deletepipelinetemplate', 'pipelineTemplate.id': id };
  }

  /** A pipeline that comes without an id replaces the one of its name. */
  private async withId(pipeline: JsonObject): Promise<JsonObject> {
    const { id, application, name } = pipeline;
    if ((typeof id === 'string' && id !== '') || typeof application !== 'string' || typeof name !== 'string')
      return pipeline;
    const existing = await this.catalog.pipelines.findByNameOrId(application, name);
    return existing === undefined ? pipeline : { ...pipeline, id: existing.id };
  }

  /** Whether the template is there already, word for word: then storing it again changes nothing. */
  private async isStored(template: JsonObject, tag: string | undefined): Promise<boolean> {
    const { id } = template;
    const stored =
      typeof id === 'string' && (await this.catalog.templates.find(id, { tag: tag ?? 'latest' }));
    if (!stored) return false;
    return Object.entries(template).every(
      ([key, value]) => canonicalJson(value) === canonicalJson(stored[key]),
    );
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
