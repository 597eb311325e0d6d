import { randomUUID } from 'node:crypto';
import { type FieldProblem, InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import type { SaveOptions } from './applications.js';
import { notFound } from './catalog-errors.js';
import type { CatalogItem, Change } from './catalog-item.js';
import type { CatalogStore, SaveRequest } from './catalog-store.js';

const SERVER_FIELDS = ['createTs', 'updateTs', 'lastModified', 'lastModifiedBy'];

/** Projects: named groups of applications, clusters and pipelines. */
export class Projects {
  constructor(private readonly store: CatalogStore) {}

  async list(): Promise<CatalogItem[]> {
    return this.store.list('project');
  }

  /** By name first, ignoring case, then by id. */
  async find(nameOrId: string): Promise<CatalogItem | undefined> {
    return (await this.store.findByName('project', '', nameOrId)) ?? this.store.find('project', nameOrId);
  }

  async get(nameOrId: string): Promise<CatalogItem> {
    const item = await this.find(nameOrId);
    if (item === undefined) throw notFound('project', nameOrId);
    return item;
  }

  /** Creates the project, or replaces the one with its id, else the one with its name. */
  async save(
    project: JsonObject,
    change: Change,
    { expectedVersion }: SaveOptions = {},
  ): Promise<CatalogItem> {
    return this.store.save({ ...(await this.requestFor(project, change)), expectedVersion });
  }

  /** The write that {@link save} does. @throws InvalidInputError */
  async requestFor(project: JsonObject, change: Change): Promise<SaveRequest> {
    const problems = projectProblems(project);
    if (problems.length > 0) throw new InvalidInputError('catalog.invalid_project', problems);
    const name = String(project.name).trim();
    const id =
      typeof project.id === 'string' && project.id !== ''
        ? project.id
        : ((await this.store.findByName('project', '', name))?.id ?? randomUUID());
    const body: JsonObject = { ...project, id, name, config: withDefaults(project.config) };
    for (const field of SERVER_FIELDS) delete body[field];
    return { kind: 'project', id, application: '', name, body, change };
  }

  async delete(nameOrId: string, change: Change): Promise<CatalogItem> {
    const { id } = await this.get(nameOrId);
    return this.store.delete({ kind: 'project', id, change });
  }
}

/** A project in Spinnaker's form. */
export function toProject(item: CatalogItem): JsonObject {
  return {
    ...item.body,
    id: item.id,
    name: item.name,
    createTs: item.createdAt,
    updateTs: item.updatedAt,
    lastModifiedBy: item.updatedBy,
  };
}

function withDefaults(config: unknown): JsonObject {
  return { applications: [], clusters: [], pipelineConfigs: [], ...(isObject(config) ? config : {}) };
}

function projectProblems(project: JsonObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { id, name, email, config } = project;
  if (typeof name !== 'string' || name.trim() === '' || name.length > 250) {
    problems.push({ path: 'name', message: 'A project requires a name of at most 250 characters' });
  }
  if (typeof email !== 'string' || email.trim() === '') {
    problems.push({ path: 'email', message: 'A project requires an email' });
  }
  if (id !== undefined && id !== null && typeof id !== 'string')
    problems.push({ path: 'id', message: 'must be a text' });
  return [...problems, ...configProblems(config)];
}

function configProblems(config: unknown): FieldProblem[] {
  if (config === undefined || config === null) return [];
  if (!isObject(config)) return [{ path: 'config', message: 'must be an object' }];
  return ['applications', 'clusters', 'pipelineConfigs']
    .filter((field) => config[field] !== undefined && config[field] !== null && !Array.isArray(config[field]))
    .map((field) => ({ path: `config.${field}`, message: 'must be a list' }));
}
