import { randomUUID } from 'node:crypto';
import { canaryConfigSchema } from '@gennaker/canary';
import { Catalog, type CatalogItem, notFound } from '@gennaker/catalog';
import {
  type RouteInput,
  createCanaryConfig,
  deleteCanaryConfig,
  getCanaryConfig,
  listCanaryConfigs,
  updateCanaryConfig,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, problemsOf } from '@gennaker/http';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import { Controller } from '@nestjs/common';
import { changeBy } from '../caller.js';

/** How canaries are judged: configurations, versioned like everything that people configure. */
@Controller()
export class CanaryConfigsController {
  constructor(private readonly catalog: Catalog) {}

  @Serves(listCanaryConfigs)
  async list(@Input() { query }: RouteInput<typeof listCanaryConfigs>): Promise<JsonObject[]> {
    const items = await this.catalog.store.list('canaryConfig');
    return items
      .filter(
        ({ body }) => query.application === undefined || applicationsOf(body).includes(query.application),
      )
      .map((item) => ({
        id: item.id,
        name: item.name,
        applications: applicationsOf(item.body),
        ...timesOf(item),
      }));
  }

  @Serves(getCanaryConfig)
  async get(@Input() { params }: RouteInput<typeof getCanaryConfig>): Promise<JsonObject> {
    const item = await this.catalog.store.find('canaryConfig', params.id);
    if (item === undefined) throw notFound('canaryConfig', params.id);
    return { ...item.body, id: item.id, ...timesOf(item) };
  }

  @Serves(createCanaryConfig)
  async create(
    @Input() { body }: RouteInput<typeof createCanaryConfig>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const id = typeof body.id === 'string' && body.id !== '' ? body.id : randomUUID();
    if ((await this.catalog.store.find('canaryConfig', id)) !== undefined) {
      throw new InvalidInputError(
        'gate.canary_config_exists',
        `Canary config with id '${id}' already exists`,
      );
    }
    return this.save(id, body, caller, 0);
  }

  @Serves(updateCanaryConfig)
  async update(
    @Input() { params, body }: RouteInput<typeof updateCanaryConfig>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    if ((await this.catalog.store.find('canaryConfig', params.id)) === undefined) {
      throw notFound('canaryConfig', params.id);
    }
    return this.save(params.id, body, caller);
  }

  @Serves(deleteCanaryConfig)
  async delete(
    @Input() { params }: RouteInput<typeof deleteCanaryConfig>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.catalog.store.delete({ kind: 'canaryConfig', id: params.id, change: changeBy(caller) });
  }

  private async save(
    id: string,
    given: JsonObject,
    caller: Caller,
    expectedVersion?: number,
  ): Promise<JsonObject> {
    const body = Object.fromEntries(Object.entries(given).filter(([key]) => !SERVER_FIELDS.has(key)));
    const checked = canaryConfigSchema.safeParse(body);
    if (!checked.success)
      throw new InvalidInputError('gate.invalid_canary_config', problemsOf(checked.error.issues));
    const name = String(body.name);
    await this.catalog.store.save({
      kind: 'canaryConfig',
      id,
      application: applicationsOf(body).join(','),
      name,
      body,
      change: changeBy(caller),
      expectedVersion,
    });
    return { canaryConfigId: id };
  }
}

/** Kept by us, whatever a client sends. */
const SERVER_FIELDS = new Set([
  'id',
  'createdTimestamp',
  'createdTimestampIso',
  'updatedTimestamp',
  'updatedTimestampIso',
]);

function applicationsOf({ applications }: JsonObject): string[] {
  return Array.isArray(applications) ? applications.filter((name) => typeof name === 'string') : [];
}

function timesOf({ createdAt, updatedAt }: CatalogItem): JsonObject {
  return {
    createdTimestamp: createdAt,
    createdTimestampIso: new Date(createdAt).toISOString(),
    updatedTimestamp: updatedAt,
    updatedTimestampIso: new Date(updatedAt).toISOString(),
  };
}
