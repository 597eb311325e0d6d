import { canaryConfigSchema, writtenOf } from '@gennaker/canary';
import type { CanaryConfigStore } from '@gennaker/canary-store';
import {
  type Catalog,
  CatalogImporter,
  type ImportedEntry,
  type ImportOptions,
  type SupportedFeatures,
  type Unsupported,
  diffJson,
  refusedEntry,
  unsupportedInApplication,
  unsupportedInNotifications,
  unsupportedInPipeline,
  unsupportedInTemplate,
} from '@gennaker/catalog';
import { DOCUMENT_SECTIONS, type DocumentSection, type ImportReport } from '@gennaker/contracts';
import { problemsOf } from '@gennaker/http';
import { ConflictError, GennakerError, InvalidInputError, type JsonObject, isObject } from '@gennaker/kernel';
import { SECTION_KINDS } from './installation-document.js';

export type InstallationDocument = Partial<Record<DocumentSection, JsonObject[] | undefined>>;

export interface InstallationImportOptions extends ImportOptions {
  /** What to do with pipelines that cannot run here: refuse them, or keep them disabled. */
  unsupported: 'refuse' | 'disable';
}

const MAX_UNSUPPORTED = 5_000;
/** Entries of one kind that are imported at a time. */
const AT_ONCE = 8;

/** Puts the entries of a document in place of what is there, one by one, and reports what became of each. */
export class InstallationImport {
  private readonly importer: CatalogImporter;
  private readonly lenient: CatalogImporter;

  /**
   * @param lenient the same catalogue without the rule that every stage type has to be known, for pipelines that are
   *   kept and cannot run
   */
  constructor(
    catalog: Catalog,
    lenient: Catalog,
    private readonly canaryConfigs: CanaryConfigStore,
    private readonly supported: SupportedFeatures,
  ) {
    this.importer = new CatalogImporter(catalog);
    this.lenient = new CatalogImporter(lenient);
  }

  async run(document: InstallationDocument, options: InstallationImportOptions): Promise<ImportReport> {
    const report: ImportReport = {
      dryRun: options.dryRun,
      created: 0,
      changed: 0,
      unchanged: 0,
      refused: 0,
      items: [],
      unsupported: [],
      unsupportedTotal: 0,
    };
    for (const section of DOCUMENT_SECTIONS) {
      const entries = document[section] ?? [];
      for (let at = 0; at < entries.length; at += AT_ONCE) {
        const part = entries.slice(at, at + AT_ONCE);
        const unsupported = part.map((entry) => this.unsupportedIn(section, entry));
        const items = await Promise.all(
          part.map((entry, index) => this.one(section, entry, unsupported[index] ?? [], options)),
        );
        for (const [index, item] of items.entries()) add(report, item, unsupported[index] ?? []);
      }
    }
    return report;
  }

  private async one(
    section: DocumentSection,
    entry: JsonObject,
    unsupported: Unsupported[],
    options: InstallationImportOptions,
  ): Promise<ImportedEntry> {
    const kind = SECTION_KINDS[section];
    if (kind === 'canaryConfig') return this.canaryConfig(entry, options);
    const blocking = unsupported.filter(({ blocks }) => blocks);
    if ((kind !== 'pipeline' && kind !== 'strategy') || blocking.length === 0)
      return this.importer.import(kind, entry, options);
    if (options.unsupported === 'disable')
      return this.lenient.import(kind, { ...entry, disabled: true }, options);
    const about = {
      kind,
      name: String(entry.name),
      ...(typeof entry.application === 'string' ? { application: entry.application } : {}),
    };
    return refusedEntry(
      about,
      new InvalidInputError(
        'gate.unsupported',
        blocking.map(({ path, message }) => ({ path, message })),
      ),
    );
  }

  private unsupportedIn(section: DocumentSection, entry: JsonObject): Unsupported[] {
    switch (section) {
      case 'applications':
        return unsupportedInApplication(
          isObject(entry.attributes) ? entry.attributes : entry,
          this.supported,
        );
      case 'pipelines':
      case 'strategies':
        return unsupportedInPipeline(entry, this.supported);
      case 'templates':
        return unsupportedInTemplate(entry, this.supported);
      case 'notifications':
        return unsupportedInNotifications(entry, this.supported);
      case 'projects':
      case 'canaryConfigs':
        return [];
    }
  }

  private async canaryConfig(entry: JsonObject, options: InstallationImportOptions): Promise<ImportedEntry> {
    const name = typeof entry.name === 'string' ? entry.name.slice(0, 500) : '';
    const about = { kind: 'canaryConfig', name } as const;
    const { dryRun, staleCheck, change } = options;
    try {
      const { data, error } = canaryConfigSchema.safeParse(entry);
      if (error) throw new InvalidInputError('gate.invalid_canary_config', problemsOf(error.issues));
      const given = data.id ?? undefined;
      const current = given === undefined ? undefined : await this.canaryConfigs.find(given);
      if (current === undefined) {
        const id = dryRun ? given : await this.canaryConfigs.create(data, change);
        return { ...about, ...(id === undefined ? {} : { id }), outcome: 'created' };
      }
      const { updatedTimestamp, updatedTimestampIso } = current.config;
      const changes = diffJson(writtenOf(current.config), writtenOf(data));
      const id = String(given);
      if (changes.length === 0) return { ...about, id, outcome: 'unchanged' };
      if (staleCheck && entry.updatedTimestamp !== updatedTimestamp) {
        throw new ConflictError(
          'catalog.stale_write',
          `Canary config "${name}" is stale: it was last changed at ${String(updatedTimestampIso)}`,
        );
      }
      if (!dryRun) await this.canaryConfigs.update(id, data, change, current.version);
      return { ...about, id, outcome: 'changed', changes: changes.slice(0, 20).map(({ path }) => path) };
    } catch (error) {
      if (!(error instanceof GennakerError)) throw error;
      return refusedEntry(about, error);
    }
  }
}

function add(report: ImportReport, item: ImportedEntry, unsupported: Unsupported[]): void {
  report[item.outcome] += 1;
  report.items.push(item);
  report.unsupportedTotal += unsupported.length;
  const { kind, name, application } = item;
  const about = { kind, name, ...(application === undefined ? {} : { application }) };
  for (const one of unsupported.slice(0, MAX_UNSUPPORTED - report.unsupported.length))
    report.unsupported.push({ ...about, ...one });
}
