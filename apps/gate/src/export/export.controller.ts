import { Readable } from 'node:stream';
import {
  type ImportReport,
  type RouteInput,
  exportInstallation,
  importFromSpinnaker,
  importInstallation,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, whileConnected } from '@gennaker/http';
import { Clock, InvalidInputError, type JsonObject, withTimeLimit } from '@gennaker/kernel';
import type { HttpPort } from '@gennaker/stages';
import { Controller, Headers, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { changeBy } from '../caller.js';
import { sectionsNamed } from './installation-document.js';
import { type ExportFormat, InstallationExport } from './installation-export.js';
import { InstallationImport, type InstallationImportOptions } from './installation-import.js';
import { SpinnakerSource } from './spinnaker-source.js';

/** Requests to installations of Spinnaker that an import names. */
export const IMPORT_HTTP = Symbol('requests of imports');

const IMPORT_TIMEOUT_MS = 600_000;
/** The head of a file is shorter than that. */
const MIN_FIRST_CHARACTERS = 1_000;

/** An installation as a file: out, in, and over from Spinnaker. */
@Controller()
export class ExportController {
  constructor(
    private readonly exporter: InstallationExport,
    private readonly importer: InstallationImport,
    @Inject(IMPORT_HTTP) private readonly http: HttpPort,
    private readonly clock: Clock,
  ) {}

  @Serves(exportInstallation)
  async export(
    @Input() { query }: RouteInput<typeof exportInstallation>,
    @CalledBy() caller: Caller,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const sections = sectionsNamed(query.sections);
    const format: ExportFormat = query.format ?? (/\b(?:x-)?yaml\b/i.test(accept ?? '') ? 'yaml' : 'json');
    const now = this.clock.now();
    const by = caller.principal.username;
    const text = this.exporter.text({ format, sections, applications: query.application, by, now });
    const day = new Date(now).toISOString().slice(0, 10);
    await reply
      .type(format === 'yaml' ? 'application/yaml; charset=utf-8' : 'application/json; charset=utf-8')
      .header('Content-Disposition', `attachment; filename="gennaker-${day}.${format}"`)
      .header('Cache-Control', 'no-store')
      .send(Readable.from(await started(text)));
  }

  @Serves(importInstallation)
  import(
    @Input() { query, body }: RouteInput<typeof importInstallation>,
    @CalledBy() caller: Caller,
  ): Promise<ImportReport> {
    return this.importer.run(body, optionsOf(query, caller, 'Import'));
  }

  @Serves(importFromSpinnaker)
  async importFromSpinnaker(
    @Input() { query, body }: RouteInput<typeof importFromSpinnaker>,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportReport> {
    const { url, kayentaUrl, headers = {}, applications = [], ...lists } = body;
    const options = optionsOf(query, caller, 'Import from Spinnaker');
    const entries = applications.filter((entry): entry is JsonObject => typeof entry !== 'string');
    if (url === undefined) {
      if (entries.length < applications.length)
        throw new InvalidInputError('gate.no_address', [
          { path: 'url', message: 'is needed with names of applications; or give their entries' },
        ]);
      return this.importer.run({ ...lists, applications: entries }, options);
    }
    if (entries.length > 0 || Object.values(lists).some((list) => list !== undefined))
      throw new InvalidInputError('gate.two_sources', [
        { path: 'url', message: 'leave it out to import the given lists' },
      ]);
    const names = applications.filter((entry) => typeof entry === 'string');
    const { document, notes } = await withTimeLimit(IMPORT_TIMEOUT_MS, whileConnected(reply), (signal) =>
      new SpinnakerSource(
        this.http,
        { url, headers, applications: names, ...(kayentaUrl === undefined ? {} : { kayentaUrl }) },
        signal,
      ).read(),
    );
    return { ...(await this.importer.run(document, options)), sources: notes };
  }
}

/** The text once its first entries are there: what is wrong from the start is answered as an error, not cut off. */
async function started(text: AsyncGenerator<string>): Promise<AsyncIterable<string>> {
  const first: string[] = [];
  for (let size = 0; size < MIN_FIRST_CHARACTERS;) {
    const { value, done } = await text.next();
    if (done === true) break;
    first.push(value);
    size += value.length;
  }
  return (async function* () {
    yield* first;
    yield* text;
  })();
}

interface ImportQuery {
  dryRun: boolean;
  staleCheck: boolean;
  unsupported: 'refuse' | 'disable';
  reason?: string;
}

function optionsOf(query: ImportQuery, caller: Caller, purpose: string): InstallationImportOptions {
  const { dryRun, staleCheck, unsupported, reason } = query;
  const change = { ...changeBy(caller, reason ?? caller.reason ?? purpose), origin: 'import' };
  return { dryRun, staleCheck, unsupported, change };
}
