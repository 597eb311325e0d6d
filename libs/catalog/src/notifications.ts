import { InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import type { CatalogItem, Change } from './catalog-item.js';
import type { CatalogStore, SaveRequest } from './catalog-store.js';

/** Kept by us, whatever a client sends. */
const SERVER_FIELDS = ['createTs', 'updateTs', 'lastModified', 'lastModifiedBy'];

/** Who is told of what, per application: lists of notifications by type, such as `slack: [{address, when}]`. */
export class Notifications {
  constructor(private readonly store: CatalogStore) {}

  /** The document of an application; one without any when nobody has saved it yet. */
  async get(application: string): Promise<JsonObject> {
    const item = await this.store.find('notification', application.toLowerCase());
    return { ...item?.body, application, ...(item === undefined ? {} : { lastModifiedBy: item.updatedBy }) };
  }

  async save(application: string, document: JsonObject, change: Change): Promise<CatalogItem> {
    return this.store.save(this.requestFor(application, document, change));
  }

  /** The write that {@link save} does. @throws InvalidInputError */
  requestFor(application: string, document: JsonObject, change: Change): SaveRequest {
    const body: JsonObject = { ...document, application };
    for (const field of SERVER_FIELDS) delete body[field];
    const problems = Object.entries(body).flatMap(([key, value]) =>
      key !== 'application' && Array.isArray(value)
        ? value.flatMap((entry: unknown, index) =>
            isObject(entry) ? [] : [{ path: `${key}[${index}]`, message: 'must be an object' }],
          )
        : [],
    );
    if (problems.length > 0) throw new InvalidInputError('catalog.invalid_notification', problems);
    const id = application.toLowerCase();
    return { kind: 'notification', id, application: id, name: id, body, change };
  }

  /** Removes all notifications of an application. Nothing happens when there are none. */
  async delete(application: string, change: Change): Promise<void> {
    const id = application.toLowerCase();
    if ((await this.store.find('notification', id)) === undefined) return;
    await this.store.delete({ kind: 'notification', id, change });
  }
}
