import { Catalog, toProject } from '@gennaker/catalog';
import {
  type RouteInput,
  getProject,
  listProjectClusters,
  listProjectPipelines,
  listProjects,
} from '@gennaker/contracts';
import { Input, JsonText, Serves } from '@gennaker/http';
import { clusters } from '@gennaker/inventory';
import { type JsonObject, isObject } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { ExecutionReader, statusesOf } from '../executions/execution-reader.js';
import { InventoryDatabase } from '../infrastructure/inventory-database.js';

/** Projects: named groups of applications. */
@Controller()
export class ProjectsController {
  constructor(
    private readonly catalog: Catalog,
    private readonly reader: ExecutionReader,
    private readonly db: InventoryDatabase,
  ) {}

  @Serves(listProjects)
  async list(): Promise<JsonObject[]> {
    return (await this.catalog.projects.list()).map(toProject);
  }

  @Serves(getProject)
  async get(@Input() { params }: RouteInput<typeof getProject>): Promise<JsonObject> {
    return toProject(await this.catalog.projects.get(params.id));
  }

  /** Each cluster that the project names, with the applications it has there. */
  @Serves(listProjectClusters)
  async clusters(@Input() { params }: RouteInput<typeof listProjectClusters>): Promise<JsonObject[]> {
    const { body } = await this.catalog.projects.get(params.id);
    const config = isObject(body.config) ? body.config : {};
    const applications = texts(config.applications);
    return Promise.all(
      objects(config.clusters).map(async (wanted) => {
        const names = texts(wanted.applications);
        const shown = names.length === 0 ? applications : names;
        return {
          ...wanted,
          applications: await Promise.all(
            shown.map(async (application) => {
              const account = typeof wanted.account === 'string' ? wanted.account : '';
              const found = await clusters(this.db, application.toLowerCase(), { account });
              return {
                application,
                lastPush: null,
                clusters: found.map(({ name }) => ({ region: '', name })),
              };
            }),
          ),
          instanceCounts: { total: 0, up: 0, down: 0, unknown: 0, outOfService: 0, starting: 0 },
        };
      }),
    );
  }

  @Serves(listProjectPipelines)
  async pipelines(@Input() { params, query }: RouteInput<typeof listProjectPipelines>): Promise<JsonText> {
    const { body } = await this.catalog.projects.get(params.id);
    const configs = isObject(body.config) ? objects(body.config.pipelineConfigs) : [];
    const ids = configs.map((config) => String(config.pipelineConfigId));
    return this.reader.ofConfigs(ids, {
      limit: query.limit,
      statuses: statusesOf(query.statuses),
      expand: true,
    });
  }
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
