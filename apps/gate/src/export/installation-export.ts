import { type Catalog, entryOf } from '@gennaker/catalog';
import { toCanaryJson } from '@gennaker/canary';
import type { CanaryConfigStore } from '@gennaker/canary-store';
import type { DocumentSection } from '@gennaker/contracts';
import { sortedJson } from '@gennaker/http';
import type { JsonObject } from '@gennaker/kernel';
import { stringify } from 'yaml';
import { SECTION_KINDS } from './installation-document.js';

export type ExportFormat = 'json' | 'yaml';

export interface ExportRequest {
  format: ExportFormat;
  sections: readonly DocumentSection[];
  /** Names of applications; none: everything. With some, what belongs to no application is left out. */
  applications: readonly string[];
  by: string;
  now: number;
}

const PART = 200;
const YAML = { lineWidth: 0, aliasDuplicateObjects: false } as const;

/** Writes everything that people have configured, a part at a time: memory does not grow with the installation. */
export class InstallationExport {
  constructor(
    private readonly catalog: Catalog,
    private readonly canaryConfigs: CanaryConfigStore,
  ) {}

  async *text(request: ExportRequest): AsyncGenerator<string> {
    const head = {
      format: 'gennaker/1',
      exportedAt: new Date(request.now).toISOString(),
      exportedBy: request.by,
    };
    yield request.format === 'yaml' ? stringify(head, YAML) : JSON.stringify(head).slice(0, -1);
    for (const section of request.sections) yield* this.section(section, request);
    if (request.format === 'json') yield '}\n';
  }

  private async *section(section: DocumentSection, request: ExportRequest): AsyncGenerator<string> {
    const yaml = request.format === 'yaml';
    let count = 0;
    for await (const entries of this.parts(section, request)) {
      let text = '';
      for (const entry of entries) {
        if (yaml) text += `${count === 0 ? `${section}:\n` : ''}${stringify([entry], YAML)}`;
        else text += `${count === 0 ? `,"${section}":[\n` : ',\n'}${sortedJson(entry)}`;
        count += 1;
      }
      yield text;
    }
    if (count === 0) yield yaml ? `${section}: []\n` : `,"${section}":[]`;
    else if (!yaml) yield ']';
  }

  private async *parts(
    section: DocumentSection,
    { applications }: ExportRequest,
  ): AsyncGenerator<JsonObject[]> {
    if (section === 'canaryConfigs') {
      yield* this.canaries(applications);
      return;
    }
    if (applications.length === 0) yield* this.catalogued(section);
    else if (section !== 'templates' && section !== 'projects')
      for (const application of applications) yield* this.catalogued(section, application);
  }

  private async *catalogued(section: DocumentSection, application?: string): AsyncGenerator<JsonObject[]> {
    let after: string | undefined;
    for (;;) {
      const items = await this.catalog.store.part(SECTION_KINDS[section], {
        after,
        limit: PART,
        application,
      });
      yield items.map(entryOf);
      after = items.at(-1)?.id;
      if (items.length < PART) return;
    }
  }

  private async *canaries(applications: readonly string[]): AsyncGenerator<JsonObject[]> {
    for (const { id } of await this.canaryConfigs.list(applications)) {
      const found = await this.canaryConfigs.find(id);
      if (found !== undefined) yield [toCanaryJson(found.config) as JsonObject];
    }
  }
}
