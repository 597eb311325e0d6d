import { Catalog, toProject } from '@gennaker/catalog';
import {
  type RouteInput,
  getProject,
  listProjectClusters,
  listProjectPipelines,
  listProjects,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, JsonText, Serves } from '@gennaker/http';
import { type ProjectCluster, projectClusters } from '@gennaker/inventory';
import { type JsonObject, isObject } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ExecutionReader, statusesOf } from '../executions/execution-reader.js';
import { InventoryDatabase } from '../infrastructure/inventory-database.js';
import { ReadableAccounts } from '../infrastructure/readable-accounts.js';
import { linkNext } from '../paging.js';

/** Projects: named groups of applications. */
@Controller()
export class ProjectsController {
  constructor(
    private readonly catalog: Catalog,
    private readonly reader: ExecutionReader,
    private readonly db: InventoryDatabase,
    private readonly readable: ReadableAccounts,
  ) {}

  @Serves(listProjects)
  async list(): Promise<JsonObject[]> {
    return (await this.catalog.projects.list()).map(toProject);
  }

  @Serves(getProject)
  async get(@Input() { params }: RouteInput<typeof getProject>): Promise<JsonObject> {
    return toProject(await this.catalog.projects.get(params.id));
  }

  /** What runs in each cluster that the project names, as far as the user may see it. */
  @Serves(listProjectClusters)
  async clusters(
    @Input() { params }: RouteInput<typeof listProjectClusters>,
    @CalledBy() { principal }: Caller,
  ): Promise<ProjectCluster[]> {
    const { body } = await this.catalog.projects.get(params.id);
    const config = isObject(body.config) ? body.config : {};
    const project = {
      applications: names(config.applications),
      clusters: objects(config.clusters).map((wanted) => ({
        account: textOf(wanted.account) ?? '',
        stack: textOf(wanted.stack),
        detail: textOf(wanted.detail),
        applications: names(wanted.applications),
      })),
    };
    return projectClusters(this.db, project, await this.readable.of(principal));
  }

  @Serves(listProjectPipelines)
  async pipelines(
    @Input() { params, query }: RouteInput<typeof listProjectPipelines>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonText> {
    const { body } = await this.catalog.projects.get(params.id);
    const configs = isObject(body.config) ? objects(body.config.pipelineConfigs) : [];
    const ids = configs.map((config) => String(config.pipelineConfigId));
    const { limit, cursor } = query;
    const statuses = statusesOf(query.statuses);
    if (cursor === undefined) return this.reader.ofConfigs(ids, { limit, statuses, expand: true });

    const page = await this.reader.page(
      { type: 'PIPELINE', pipelineConfigIds: ids, ...(statuses.length === 0 ? {} : { statuses }) },
      { limit, cursor, expand: true },
    );
    const path = `/projects/${encodeURIComponent(params.id)}/pipelines`;
    linkNext(reply, path, { limit, statuses: statuses.join(',') }, page.next);
    return page.list;
  }
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Names of applications have no case. */
function names(value: unknown): string[] {
  const texts = Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  return texts.map((name) => name.toLowerCase());
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
