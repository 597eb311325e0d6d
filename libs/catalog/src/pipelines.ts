import { randomUUID } from 'node:crypto';
import { InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import type { SaveOptions } from './applications.js';
import { LockedError, notFound } from './catalog-errors.js';
import type { CatalogHead, CatalogItem, CatalogVersion, Change } from './catalog-item.js';
import type { CatalogStore, SaveRequest } from './catalog-store.js';
import { inOrder, withIndexes } from './pipeline-order.js';
import { pipelineProblems, type PipelineProblems, type PipelineRules } from './pipeline-validation.js';

export interface PipelineSaveOptions extends SaveOptions {
  /** Refuse the write unless the submitted `lastModified` is the stored one, as Spinnaker's UI asks for. */
  staleCheck?: boolean;
}

/** Kept by us, whatever a client sends. */
const SERVER_FIELDS = ['createTs', 'updateTs', 'lastModified', 'lastModifiedBy', 'isNew', 'warnings'];

/** Of one save that are told. */
const MAX_ERRORS = 100;

/** Pipeline configurations, or strategies: the same thing in a store of its own. */
export class Pipelines {
  constructor(
    private readonly store: CatalogStore,
    private readonly kind: 'pipeline' | 'strategy',
    private readonly rules: PipelineRules,
  ) {}

  /** Of one application or of all: by index, then name, with indexes renumbered from 0 within each application. */
  async list(application?: string): Promise<JsonObject[]> {
    return withIndexes(inOrder(await this.store.list(this.kind, application)).map(toConfig));
  }

  async items(application?: string): Promise<CatalogItem[]> {
    return inOrder(await this.store.list(this.kind, application));
  }

  /** Which there are, in the same order. */
  async heads(application?: string): Promise<CatalogHead[]> {
    return inOrder(await this.store.heads(this.kind, application));
  }

  async findAll(ids: readonly string[]): Promise<CatalogItem[]> {
    return this.store.findAll(this.kind, ids);
  }

  async find(id: string): Promise<CatalogItem | undefined> {
    return this.store.find(this.kind, id);
  }

  /** By name first (ignoring case), then by id, as Spinnaker looks configurations up. */
  async findByNameOrId(application: string, nameOrId: string): Promise<CatalogItem | undefined> {
    const byName = await this.store.findByName(this.kind, application, nameOrId.trim());
    if (byName !== undefined) return byName;
    const byId = await this.store.find(this.kind, nameOrId);
    return byId?.application.toLowerCase() === application.toLowerCase() ? byId : undefined;
  }

  async get(id: string): Promise<CatalogItem> {
    const item = await this.find(id);
    if (item === undefined) throw notFound(this.kind, id);
    return item;
  }

  /**
   * Creates a configuration (no id, or one that nobody has) or replaces it.
   *
   * @throws InvalidInputError with the path of every wrong field
   * @throws StaleWriteError, DuplicateNameError, LockedError
   */
  async save(config: JsonObject, change: Change, options: PipelineSaveOptions = {}): Promise<CatalogItem> {
    return this.store.save(await this.requestFor(config, change, options));
  }

  /** What keeps a configuration from being saved, and what its author should look at. Nothing is stored. */
  problemsOf(config: JsonObject): PipelineProblems {
    const problems = pipelineProblems(config, this.rules);
    const { id } = config;
    if (id !== undefined && id !== null && (typeof id !== 'string' || id.length > 500)) {
      problems.errors.push({ severity: 'error', path: 'id', message: 'must be a text' });
    }
    return problems;
  }

  /** The write that {@link save} does. Throws what it throws, but for what the store finds out. */
  async requestFor(
    config: JsonObject,
    change: Change,
    options: PipelineSaveOptions = {},
  ): Promise<SaveRequest> {
    const { errors, warnings } = this.problemsOf(config);
    if (errors.length > 0) {
      const code = `catalog.invalid_${this.kind}`;
      throw new InvalidInputError(code, errors.slice(0, MAX_ERRORS), { details: { warnings } });
    }
    const { id: givenId } = config;
    const id = typeof givenId === 'string' && givenId !== '' ? givenId : randomUUID();
    const current = await this.store.find(this.kind, id);
    if (current !== undefined) refuseLocked(current, change);
    const expectedVersion =
      options.staleCheck === true && current !== undefined
        ? await this.store.versionSeenAt(current, config.lastModified)
        : options.expectedVersion;
    const body = bodyOf({ ...config, id }, current?.body);
    return { kind: this.kind, id, ...keysOf(config, current), body, change, expectedVersion };
  }

  async delete(id: string, change: Change): Promise<CatalogItem> {
    const current = await this.get(id);
    refuseLocked(current, change);
    return this.store.delete({ kind: this.kind, id, change });
  }

  /** Sets the positions of several configurations of an application in one commit. */
  async reorder(
    application: string,
    indexes: Readonly<Record<string, number>>,
    change: Change,
  ): Promise<void> {
    await this.store.together(async (connection) => {
      for (const [id, position] of Object.entries(indexes)) {
        const current = await this.store.find(this.kind, id, connection);
        if (current === undefined || current.application.toLowerCase() !== application.toLowerCase()) {
          throw notFound(this.kind, id);
        }
        await this.store.save(
          {
            ...current,
            position,
            body: { ...current.body, index: position },
            change,
            expectedVersion: current.version,
          },
          connection,
        );
      }
    });
  }

  /** Versions, newest first. */
  async history(id: string, limit: number, before?: number): Promise<CatalogVersion[]> {
    return this.store.history(this.kind, id, limit, before);
  }

  /** Makes an earlier version the latest one, also of a configuration that has been deleted. */
  async restore(id: string, version: number, change: Change): Promise<CatalogItem> {
    const old = await this.store.versionAt(this.kind, id, version);
    if (old.body === undefined) {
      throw new InvalidInputError('catalog.nothing_to_restore', `Version ${version} is a deletion`);
    }
    const reason = change.reason ?? `Restored version ${version}`;
    return this.save({ ...old.body, id }, { ...change, reason });
  }
}

/** A configuration in Spinnaker's form, without its index among its siblings. */
export function toConfig(item: CatalogItem): JsonObject {
  return {
    ...item.body,
    id: item.id,
    name: item.name,
    application: item.application,
    ...(item.position === undefined ? {} : { index: item.position }),
    createTs: String(item.createdAt),
    updateTs: String(item.updatedAt),
    lastModified: item.updatedAt,
    lastModifiedBy: item.updatedBy,
  };
}

/** Nobody edits a configuration from the UI that is locked for good; changing it through the API stays possible. */
function refuseLocked(current: CatalogItem, change: Change): void {
  const { locked } = current.body;
  if (change.origin === 'deck' && isObject(locked) && locked.ui === true && locked.allowUnlockUi === false) {
    throw new LockedError(current.kind, current.name);
  }
}

function keysOf(config: JsonObject, current: CatalogItem | undefined) {
  const { index } = config;
  const position =
    typeof index === 'number' && Number.isInteger(index) && index >= 0 ? index : current?.position;
  return {
    application: String(config.application).trim(),
    name: String(config.name).trim(),
    ...(position === undefined ? {} : { position }),
  };
}

function bodyOf(config: JsonObject, current: JsonObject | undefined): JsonObject {
  const body: JsonObject = { ...config, name: String(config.name).trim(), stages: config.stages ?? [] };
  for (const field of SERVER_FIELDS) delete body[field];
  if (Array.isArray(config.triggers)) body.triggers = withIds(config.triggers, current?.triggers);
  return body;
}

/** A cron trigger needs a name that stays the same while its expression is edited, or it is saved without one again. */
function withIds(triggers: unknown[], current: unknown): unknown[] {
  const known = Array.isArray(current) ? current.filter(isObject) : [];
  return triggers.map((trigger) => {
    if (!isObject(trigger) || trigger.type !== 'cron' || !isBlank(trigger.id)) return trigger;
    const same = known.find(
      ({ type, cronExpression, id }) =>
        type === 'cron' && cronExpression === trigger.cronExpression && !isBlank(id),
    );
    return { ...trigger, id: same?.id ?? randomUUID() };
  });
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
