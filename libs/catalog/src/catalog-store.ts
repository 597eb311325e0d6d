import type pg from 'pg';
import {
  type AppendRequest,
  type EventMeta,
  type EventStore,
  type Queryable,
  type RecordedEvent,
  VersionConflictError,
} from '@gennaker/event-store';
import type { Clock, JsonObject } from '@gennaker/kernel';
import { DuplicateNameError, StaleWriteError, notFound } from './catalog-errors.js';
import {
  type CatalogEvent,
  type CatalogHead,
  type CatalogItem,
  type CatalogKind,
  type CatalogVersion,
  type Change,
  catalogStream,
} from './catalog-item.js';
import { type ItemRow, ITEM_COLUMNS, deleteStatement, toItem, upsertStatement } from './catalog-row.js';
import { type FieldChange, diffJson } from './diff.js';

/** What a kind derives from its document for lists and look-ups. */
export interface ItemKeys {
  application: string;
  name: string;
  position?: number;
}

export interface SaveRequest extends ItemKeys {
  kind: CatalogKind;
  id: string;
  body: JsonObject;
  change: Change;
  /** The version that the writer has seen, 0 for none. Absent: whatever is there is replaced. */
  expectedVersion?: number;
}

export interface DeleteRequest {
  kind: CatalogKind;
  id: string;
  change: Change;
  expectedVersion?: number;
}

/** What a save would do. */
export interface SavePreview {
  outcome: 'created' | 'changed' | 'unchanged';
  changes: FieldChange[];
}

export interface CatalogChanged {
  stream: string;
  version: number;
  application: string;
}

/** Told after each commit, so that viewers hear of it. */
export type CatalogListener = (changed: CatalogChanged) => void;

/** Attempts of a writer that names no version, before it gives up against other writers. */
const MAX_ATTEMPTS = 10;
const UNIQUE_VIOLATION = '23505';

/** Versioned documents: each is a stream of its changes, and a row of its latest state that commits with them. */
export class CatalogStore {
  private readonly listeners: CatalogListener[] = [];
  /** What transactions that are still open have changed. */
  private readonly untold = new WeakMap<Queryable, CatalogChanged[]>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly events: EventStore,
    private readonly clock: Clock,
  ) {}

  onChange(listener: CatalogListener): void {
    this.listeners.push(listener);
  }

  async find(kind: CatalogKind, id: string, within: Queryable = this.pool): Promise<CatalogItem | undefined> {
    const { rows } = await within.query<ItemRow>({
      name: 'catalog-find',
      text: `select ${ITEM_COLUMNS} from catalog.item where kind = $1 and id = $2`,
      values: [kind, id],
    });
    return rows[0] && toItem(rows[0]);
  }

  /** By name, ignoring case. */
  async findByName(kind: CatalogKind, application: string, name: string): Promise<CatalogItem | undefined> {
    const { rows } = await this.pool.query<ItemRow>({
      name: 'catalog-find-name',
      text: `select ${ITEM_COLUMNS} from catalog.item
             where kind = $1 and lower(application) = lower($2) and lower(name) = lower($3)`,
      values: [kind, application, name],
    });
    return rows[0] && toItem(rows[0]);
  }

  /** All of a kind, or those of one application, by name. */
  async list(kind: CatalogKind, application?: string): Promise<CatalogItem[]> {
    const { rows } = await this.pool.query<ItemRow>({
      name: 'catalog-list',
      text: `select ${ITEM_COLUMNS} from catalog.item
             where kind = $1 and ($2::text is null or lower(application) = lower($2)) order by lower(name), id`,
      values: [kind, application ?? null],
    });
    return rows.map(toItem);
  }

  /** The same without the documents themselves. */
  async heads(kind: CatalogKind, application?: string): Promise<CatalogHead[]> {
    const { rows } = await this.pool.query<CatalogHead & { position: number | null }>({
      name: 'catalog-heads',
      text: `select id, version, application, name, position from catalog.item
             where kind = $1 and ($2::text is null or lower(application) = lower($2)) order by lower(name), id`,
      values: [kind, application ?? null],
    });
    return rows.map(({ position, ...head }) => ({ ...head, ...(position === null ? {} : { position }) }));
  }

  /** Those of the ids that exist, in no order. */
  async findAll(kind: CatalogKind, ids: readonly string[]): Promise<CatalogItem[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.pool.query<ItemRow>({
      name: 'catalog-find-all',
      text: `select ${ITEM_COLUMNS} from catalog.item where kind = $1 and id = any($2)`,
      values: [kind, ids],
    });
    return rows.map(toItem);
  }

  /**
   * Part of a kind in the order of ids, for readers that go through all of it.
   *
   * @param after the id that the part before ended with
   */
  async part(
    kind: CatalogKind,
    { after, limit, application }: { after?: string; limit: number; application?: string },
  ): Promise<CatalogItem[]> {
    const { rows } = await this.pool.query<ItemRow>({
      name: 'catalog-part',
      text: `select ${ITEM_COLUMNS} from catalog.item
             where kind = $1 and ($2::text is null or id > $2) and ($3::text is null or lower(application) = lower($3))
             order by id limit $4`,
      values: [kind, after ?? null, application ?? null, limit],
    });
    return rows.map(toItem);
  }

  /** Documents whose body contains the given JSON, such as `{triggers: [{type: 'pipeline'}]}`. */
  async listContaining(kind: CatalogKind, part: JsonObject): Promise<CatalogItem[]> {
    const { rows } = await this.pool.query<ItemRow>({
      name: 'catalog-containing',
      text: `select ${ITEM_COLUMNS} from catalog.item where kind = $1 and body @> $2::jsonb order by id`,
      values: [kind, JSON.stringify(part)],
    });
    return rows.map(toItem);
  }

  /**
   * Saves a document as its next version. A document that would not change keeps its version.
   *
   * @throws StaleWriteError when the expected version is no longer the latest
   * @throws DuplicateNameError
   */
  async save(request: SaveRequest, within?: Queryable): Promise<CatalogItem> {
    return this.retrying(request, within, async (version, current) => {
      if (current !== undefined && sameState(current, request)) return current;
      const now = this.clock.now();
      const item = nextItem(request, current, version + 1, now);
      const event: CatalogEvent = { type: 'CatalogItemSaved', data: savedData(request, current, now) };
      await this.append(request, version, event, upsertStatement(item), within);
      return item;
    });
  }

  /**
   * What {@link save} would do now, without doing it.
   *
   * @throws StaleWriteError, DuplicateNameError
   */
  async preview(request: SaveRequest): Promise<SavePreview> {
    const { kind, id, application, name, expectedVersion } = request;
    const current = await this.find(kind, id);
    if (expectedVersion !== undefined && expectedVersion !== (current?.version ?? 0))
      throw await this.staleWrite(request, current);
    if (current !== undefined && sameState(current, request)) return { outcome: 'unchanged', changes: [] };
    if (current?.name !== name || current.application !== application) {
      const named = await this.findByName(kind, application, name);
      if (named !== undefined && named.id !== id) throw new DuplicateNameError(kind, name, application);
    }
    if (current === undefined) return { outcome: 'created', changes: [] };
    return { outcome: 'changed', changes: diffJson(current.body, request.body) };
  }

  /**
   * The version that a writer has seen who names it by the time of its last change, as Spinnaker's clients do.
   *
   * @throws StaleWriteError when that is not the latest
   */
  async versionSeenAt(current: CatalogItem, lastModified: unknown): Promise<number> {
    const { kind, id, name, version, updatedAt } = current;
    if (Number(lastModified) === updatedAt && lastModified !== null) return version;
    const versions = await this.history(kind, id, 50);
    const seen = versions.find((one) => one.at === Number(lastModified))?.version ?? version - 1;
    throw new StaleWriteError(kind, name, seen, versions.filter((one) => one.version > seen).reverse());
  }

  /** Removes a document; its history stays. Gives what was removed. */
  async delete(request: DeleteRequest, within?: Queryable): Promise<CatalogItem> {
    return this.retrying(request, within, async (version, current) => {
      if (current === undefined) throw notFound(request.kind, request.id);
      const { kind, id, change } = request;
      const data = { kind, id, at: this.clock.now(), ...(change.origin && { origin: change.origin }) };
      const named = { ...request, application: current.application, name: current.name };
      await this.append(
        named,
        version,
        { type: 'CatalogItemDeleted', data },
        deleteStatement(kind, id),
        within,
      );
      return current;
    });
  }

  /** Several changes that commit together or not at all. */
  async together<T>(work: (connection: Queryable) => Promise<T>): Promise<T> {
    const changes: CatalogChanged[] = [];
    const result = await this.events.transaction((connection) => {
      this.untold.set(connection, changes);
      return work(connection).finally(() => this.untold.delete(connection));
    });
    for (const changed of changes) this.tell(changed);
    return result;
  }

  /**
   * Versions of a document, newest first, deleted documents included. Empty when there never was one.
   *
   * @param before only versions before this one
   */
  async history(kind: CatalogKind, id: string, limit: number, before?: number): Promise<CatalogVersion[]> {
    const stream = catalogStream(kind, id);
    const newest = await this.events.versionOf(stream);
    const last = before === undefined ? newest : Math.min(newest, before - 1);
    if (last < 1) return [];
    const events = await this.events.read(stream, { after: Math.max(0, last - limit), upTo: last, limit });
    return events.map(toVersion).reverse();
  }

  /** One version of a document, as it was. */
  async versionAt(kind: CatalogKind, id: string, version: number): Promise<CatalogVersion> {
    const [event] = await this.events.read(catalogStream(kind, id), { after: version - 1, upTo: version });
    if (event === undefined) throw notFound(kind, `${id}, version ${version}`);
    return toVersion(event);
  }

  private async append(
    request: { kind: CatalogKind; id: string; application: string; name: string; change: Change },
    version: number,
    event: CatalogEvent,
    statement: NonNullable<AppendRequest['statements']>[number],
    within?: Queryable,
  ): Promise<void> {
    const { kind, id, application, name, change } = request;
    const stream = catalogStream(kind, id);
    try {
      await this.events.append(
        { stream, expectedVersion: version, events: [event], meta: metaOf(change), statements: [statement] },
        within,
      );
    } catch (error) {
      if (isNameTaken(error)) throw new DuplicateNameError(kind, name, application);
      throw error;
    }
    const changed = { stream, version: version + 1, application };
    const waiting = within === undefined ? undefined : this.untold.get(within);
    if (waiting === undefined) this.tell(changed);
    else waiting.push(changed);
  }

  private tell(changed: CatalogChanged): void {
    for (const listener of this.listeners) listener(changed);
  }

  /** Reads, decides, appends; somebody who was faster is looked at again, unless the writer named a version. */
  private async retrying(
    request: DeleteRequest,
    within: Queryable | undefined,
    attempt: (version: number, current: CatalogItem | undefined) => Promise<CatalogItem>,
  ): Promise<CatalogItem> {
    const { kind, id, expectedVersion } = request;
    for (let count = 1; ; count += 1) {
      const current = await this.find(kind, id, within);
      const version = current?.version ?? (await this.events.versionOf(catalogStream(kind, id)));
      // To a writer that has seen nothing, a deleted document is as good as one that never was.
      const seen = expectedVersion === 0 && current === undefined ? version : expectedVersion;
      if (seen !== undefined && seen !== version) throw await this.staleWrite(request, current);
      try {
        return await attempt(version, current);
      } catch (error) {
        const lost = error instanceof VersionConflictError;
        // Inside a transaction, a failed statement has ended it: only its owner can start again.
        if (!lost || within !== undefined || count === MAX_ATTEMPTS) throw error;
      }
    }
  }

  private async staleWrite(
    request: DeleteRequest,
    current: CatalogItem | undefined,
  ): Promise<StaleWriteError> {
    const { kind, id, expectedVersion = 0 } = request;
    const since = await this.events.read(catalogStream(kind, id), { after: expectedVersion, limit: 50 });
    return new StaleWriteError(kind, current?.name ?? id, expectedVersion, since.map(toVersion));
  }
}

function sameState(current: CatalogItem, { body, application, name, position }: SaveRequest): boolean {
  return (
    current.application === application &&
    current.name === name &&
    current.position === position &&
    diffJson(current.body, body).length === 0
  );
}

function savedData(request: SaveRequest, current: CatalogItem | undefined, at: number) {
  const { kind, id, application, name, position, body, change } = request;
  return {
    kind,
    id,
    at,
    ...(change.origin === undefined ? {} : { origin: change.origin }),
    created: current === undefined,
    application,
    name,
    ...(position === undefined ? {} : { position }),
    body,
    changes: current === undefined ? [] : diffJson(current.body, body),
  };
}

function nextItem(
  request: SaveRequest,
  current: CatalogItem | undefined,
  version: number,
  now: number,
): CatalogItem {
  const { kind, id, application, name, position, body, change } = request;
  return {
    kind,
    id,
    version,
    application,
    name,
    ...(position === undefined ? {} : { position }),
    body,
    createdAt: current?.createdAt ?? now,
    createdBy: current?.createdBy ?? change.author,
    updatedAt: now,
    updatedBy: change.author,
  };
}

function metaOf({ author, reason, cause, correlationId, from }: Change): EventMeta {
  return { actor: author, reason, cause, correlationId, from };
}

function toVersion(event: RecordedEvent): CatalogVersion {
  const { type, data } = event as unknown as CatalogEvent;
  return {
    version: event.version,
    at: data.at,
    author: event.meta.actor ?? 'unknown',
    ...(event.meta.reason === undefined ? {} : { reason: event.meta.reason }),
    ...(event.meta.from === undefined ? {} : { from: event.meta.from }),
    ...(type === 'CatalogItemDeleted'
      ? { action: 'deleted', changes: [] }
      : { action: data.created ? 'created' : 'changed', changes: data.changes, body: data.body }),
  };
}

function isNameTaken(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === UNIQUE_VIOLATION && constraint === 'item_name';
}
