import {
  type FieldProblem,
  GennakerError,
  InvalidInputError,
  type JsonObject,
  isObject,
} from '@gennaker/kernel';
import type { Catalog } from './catalog.js';
import type { ImportedKind } from './catalog-entries.js';
import type { CatalogKind, Change } from './catalog-item.js';
import type { SaveRequest } from './catalog-store.js';

export interface ImportOptions {
  change: Change;
  /** Say what would happen, and change nothing. */
  dryRun: boolean;
  /** Refuse an entry that has changed here since it was read, by the time of the last change that it names. */
  staleCheck: boolean;
}

/** What became of one entry. */
export interface ImportedEntry {
  kind: CatalogKind;
  name: string;
  application?: string;
  id?: string;
  outcome: 'created' | 'changed' | 'unchanged' | 'refused';
  /** Where it differs from what was there. */
  changes?: string[];
  /** Why it was refused. */
  code?: string;
  message?: string;
  problems?: FieldProblem[];
}

const MAX_NAMED_CHANGES = 20;
const MAX_PROBLEMS = 50;

/** Puts entries in Spinnaker's form in place of what is there. The same entry a second time changes nothing. */
export class CatalogImporter {
  constructor(private readonly catalog: Catalog) {}

  /** An entry that cannot be is refused with the reason; it does not keep others from being imported. */
  async import(kind: ImportedKind, entry: JsonObject, options: ImportOptions): Promise<ImportedEntry> {
    const about = { kind, ...namesOf(kind, entry) };
    try {
      const [request, ...others] = await this.requestsFor(kind, entry, options.change);
      if (request === undefined) throw new InvalidInputError('catalog.empty_entry', 'There is nothing in it');
      const expectedVersion = options.staleCheck ? await this.versionSeen(request, entry) : undefined;
      const { outcome, changes } = await this.catalog.store.preview({ ...request, expectedVersion });
      if (outcome !== 'unchanged' && !options.dryRun) {
        await this.catalog.store.save({ ...request, expectedVersion });
        for (const other of others) await this.catalog.store.save(other);
      }
      const paths = changes.slice(0, MAX_NAMED_CHANGES).map(({ path }) => path);
      return { ...about, id: request.id, outcome, ...(paths.length === 0 ? {} : { changes: paths }) };
    } catch (error) {
      if (!(error instanceof GennakerError)) throw error;
      return refusedEntry(about, error);
    }
  }

  private async requestsFor(kind: ImportedKind, entry: JsonObject, change: Change): Promise<SaveRequest[]> {
    switch (kind) {
      case 'application':
        return [this.catalog.applications.replacement(attributesIn(entry), change)];
      case 'template':
        return this.catalog.templates.requestsFor(entry, change);
      case 'pipeline':
        return [await this.catalog.pipelines.requestFor(await this.withId('pipeline', entry), change)];
      case 'strategy':
        return [await this.catalog.strategies.requestFor(await this.withId('strategy', entry), change)];
      case 'project':
        return [await this.catalog.projects.requestFor(entry, change)];
      case 'notification': {
        if (typeof entry.application !== 'string' || entry.application === '')
          throw new InvalidInputError('catalog.invalid_notification', [
            { path: 'application', message: 'is required' },
          ]);
        return [this.catalog.notifications.requestFor(entry.application, entry, change)];
      }
    }
  }

  /** An entry without an id is the one of its name. */
  private async withId(kind: 'pipeline' | 'strategy', entry: JsonObject): Promise<JsonObject> {
    const { id, application, name } = entry;
    if ((typeof id === 'string' && id !== '') || typeof application !== 'string' || typeof name !== 'string')
      return entry;
    const named = await this.catalog.store.findByName(kind, application.trim(), name.trim());
    return named === undefined ? entry : { ...entry, id: named.id };
  }

  private async versionSeen(request: SaveRequest, entry: JsonObject): Promise<number | undefined> {
    const current = await this.catalog.store.find(request.kind, request.id);
    if (current === undefined) return undefined;
    const preview = await this.catalog.store.preview(request);
    if (preview.outcome === 'unchanged') return current.version;
    return this.catalog.store.versionSeenAt(current, entry.lastModified ?? entry.updateTs ?? null);
  }
}

/** The report of an entry that was refused. */
export function refusedEntry(
  about: { kind: CatalogKind; name: string; application?: string },
  error: GennakerError,
): ImportedEntry {
  return {
    ...about,
    outcome: 'refused',
    code: error.code,
    message: error.message.slice(0, 2_000),
    ...(error instanceof InvalidInputError ? { problems: error.problems.slice(0, MAX_PROBLEMS) } : {}),
  };
}

/** An application as Front50 lists it, or as Gate gives one: with its attributes inside. */
function attributesIn(entry: JsonObject): JsonObject {
  return isObject(entry.attributes) ? { ...entry.attributes, name: entry.name } : entry;
}

function namesOf(kind: ImportedKind, entry: JsonObject): { name: string; application?: string } {
  const of = (field: string): string => {
    const value = entry[field];
    return typeof value === 'string' ? value.slice(0, 500) : '';
  };
  if (kind === 'application') return { name: of('name').toLowerCase() };
  if (kind === 'template') return { name: of('id') };
  if (kind === 'notification') return { name: of('application'), application: of('application') };
  return kind === 'project' ? { name: of('name') } : { name: of('name'), application: of('application') };
}
