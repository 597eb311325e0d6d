import type { DocumentSection } from '@gennaker/contracts';
import { InvalidInputError, type JsonObject, UnavailableError, isObject, messageOf } from '@gennaker/kernel';
import { type HttpPort, HttpRefusedError } from '@gennaker/stages';
import type { InstallationDocument } from './installation-import.js';

export interface SpinnakerAddress {
  /** Of a Gate or a Front50. */
  url: string;
  /** Of a Kayenta, where `url` is a Front50. */
  kayentaUrl?: string;
  headers: Record<string, string>;
  /** Names of applications; none: all of them. */
  applications: readonly string[];
}

export interface SourceNote {
  section: DocumentSection;
  read: number;
  message?: string;
}

type Paths = Record<Exclude<DocumentSection, 'notifications' | 'canaryConfigs'>, string>;

const GATE: Paths = {
  applications: '/applications',
  pipelines: '/pipelineConfigs',
  strategies: '/strategyConfigs',
  templates: '/v2/pipelineTemplates/versions',
  projects: '/projects',
};
const FRONT50: Paths = {
  applications: '/v2/applications',
  pipelines: '/pipelines',
  strategies: '/strategies',
  templates: '/v2/pipelineTemplates/versions',
  projects: '/v2/projects',
};

const AT_ONCE = 8;
const NOT_FOUND = 404;

/** Reads what people have configured from a running Spinnaker. */
export class SpinnakerSource {
  private readonly notes: SourceNote[] = [];
  private readonly document: InstallationDocument = {};

  constructor(
    private readonly http: HttpPort,
    private readonly address: SpinnakerAddress,
    private readonly signal: AbortSignal,
  ) {}

  /** @throws UnavailableError when nothing of it can be read, InvalidInputError when the address is not allowed */
  async read(): Promise<{ document: InstallationDocument; notes: SourceNote[] }> {
    const front50 = (await this.answer(this.address.url, FRONT50.applications)) !== undefined;
    const paths = front50 ? FRONT50 : GATE;
    await this.list('applications', async () => {
      const listed = await this.answer(this.address.url, paths.applications);
      if (listed === undefined) {
        throw new UnavailableError(
          'gate.no_spinnaker',
          `${hostOf(this.address.url)} is neither a Gate nor a Front50: it answers 404 to ${paths.applications}`,
        );
      }
      return objects(listed).filter((entry) => this.isWanted(nameOf(entry)));
    });
    for (const section of ['pipelines', 'strategies', 'templates', 'projects'] as const)
      await this.optional(section, async () => this.entriesAt(section, paths[section]));
    await this.optional('notifications', async () => this.notifications());
    const canaries = front50 ? this.address.kayentaUrl : this.address.url;
    if (canaries !== undefined)
      await this.optional('canaryConfigs', async () =>
        this.canaryConfigs(canaries, front50 ? '/canaryConfig' : '/v2/canaryConfig'),
      );
    return { document: this.document, notes: this.notes };
  }

  private async list(section: DocumentSection, read: () => Promise<JsonObject[]>): Promise<void> {
    const entries = await read();
    this.document[section] = entries;
    this.notes.push({ section, read: entries.length });
  }

  /** What an installation does not have, or does not show, is said in the report and keeps nothing else out. */
  private async optional(section: DocumentSection, read: () => Promise<JsonObject[]>): Promise<void> {
    try {
      await this.list(section, read);
    } catch (error) {
      if (this.signal.aborted) throw error;
      this.notes.push({ section, read: 0, message: messageOf(error).slice(0, 500) });
    }
  }

  private async entriesAt(section: DocumentSection, path: string): Promise<JsonObject[]> {
    const listed = await this.answer(this.address.url, path);
    if (section === 'templates') {
      if (isObject(listed) && !Array.isArray(listed)) return Object.values(listed).flatMap(objects);
      return objects(await this.answer(this.address.url, '/v2/pipelineTemplates'));
    }
    const entries = objects(listed);
    return section === 'projects'
      ? entries
      : entries.filter(({ application }) => this.isWanted(String(application)));
  }

  private async notifications(): Promise<JsonObject[]> {
    const names = (this.document.applications ?? []).map(nameOf);
    const found = await inTurn(names, async (name) => {
      const path = `/notifications/application/${encodeURIComponent(name)}`;
      const document = await this.answer(this.address.url, path);
      return isObject(document) &&
        Object.values(document).some((value) => Array.isArray(value) && value.length > 0)
        ? { ...document, application: name }
        : undefined;
    });
    return found.filter((document) => document !== undefined);
  }

  private async canaryConfigs(url: string, path: string): Promise<JsonObject[]> {
    const summaries = objects(await this.answer(url, path)).filter(
      ({ applications }) =>
        !Array.isArray(applications) ||
        applications.length === 0 ||
        applications.some((name) => this.isWanted(String(name))),
    );
    const found = await inTurn(summaries, async ({ id }) => {
      const config = await this.answer(url, `${path}/${encodeURIComponent(String(id))}`);
      return isObject(config) ? { ...config, id } : undefined;
    });
    return found.filter((config) => config !== undefined);
  }

  private isWanted(name: string): boolean {
    const { applications } = this.address;
    return (
      applications.length === 0 || applications.some((wanted) => wanted.toLowerCase() === name.toLowerCase())
    );
  }

  /** The JSON at a path; undefined for 404. */
  private async answer(base: string, path: string): Promise<unknown> {
    const host = hostOf(base);
    let response;
    try {
      response = await this.http.request({
        method: 'GET',
        url: `${base.replace(/\/+$/, '')}${path}`,
        headers: { accept: 'application/json', ...this.address.headers },
        signal: this.signal,
      });
    } catch (error) {
      if (error instanceof HttpRefusedError)
        throw new InvalidInputError('gate.address_refused', [{ path: 'url', message: error.message }]);
      throw new UnavailableError(
        'gate.spinnaker_unreachable',
        `${host} cannot be reached: ${messageOf(error)}`,
      );
    }
    if (response.status === NOT_FOUND) return undefined;
    if (response.status !== 200)
      throw new UnavailableError(
        'gate.spinnaker_refuses',
        `${host} answered ${response.status} to GET ${path}`,
      );
    if (response.body === '') return undefined;
    try {
      return JSON.parse(response.body) as unknown;
    } catch {
      throw new UnavailableError(
        'gate.spinnaker_garbled',
        `${host} answered GET ${path} with something that is no JSON`,
      );
    }
  }
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function nameOf(entry: JsonObject): string {
  return typeof entry.name === 'string' ? entry.name.toLowerCase() : '';
}

function hostOf(url: string): string {
  return new URL(url).host;
}

/** Some at a time, so that a big installation is not asked everything at once. */
async function inTurn<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE)
    results.push(...(await Promise.all(all.slice(at, at + AT_ONCE).map(ask))));
  return results;
}
