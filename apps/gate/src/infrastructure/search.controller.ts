import { Catalog, attributesOf, toProject } from '@gennaker/catalog';
import { type RouteInput, searchResources } from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { search } from '@gennaker/inventory';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import { Controller, UseInterceptors } from '@nestjs/common';
import { InventoryDatabase } from './inventory-database.js';
import { ReadableAccounts } from './readable-accounts.js';
import { StaleAccountsInterceptor } from './stale-accounts.interceptor.js';

const SHORTEST_QUERY = 3;
const NOT_FILTERS = new Set(['q', 'type', 'platform', 'pageSize', 'page', 'allowShortQuery', 'expand']);

/** Search over what runs and what is configured. */
@Controller()
@UseInterceptors(StaleAccountsInterceptor)
export class SearchController {
  constructor(
    private readonly db: InventoryDatabase,
    private readonly catalog: Catalog,
    private readonly readable: ReadableAccounts,
  ) {}

  @Serves(searchResources)
  async search(
    @Input() { query }: RouteInput<typeof searchResources>,
    @CalledBy() { principal }: Caller,
  ): Promise<JsonObject[]> {
    const { q = '', type: types, page, pageSize } = query;
    if (types.length === 0) {
      throw new InvalidInputError('gate.no_type', [
        { path: 'type', message: 'is required: what to search for' },
      ]);
    }
    if (q.length < SHORTEST_QUERY && !query.allowShortQuery) return [];
    const accounts = await this.readable.of(principal);
    const found = await search(this.db, {
      query: q,
      types,
      page,
      pageSize,
      filters: filtersOf(query),
      ...(accounts && { accounts }),
    });
    const configured = await this.configured(q.toLowerCase(), types);
    const known = new Set(configured.map(identityOf));
    const results = [...configured, ...found.results.filter((result) => !known.has(identityOf(result)))];
    const doubled = found.results.length + configured.length - results.length;
    return [
      {
        ...found,
        results: page === 1 ? results.slice(0, pageSize) : found.results,
        totalMatches: found.totalMatches + configured.length - doubled,
      },
    ];
  }

  private async configured(text: string, types: readonly string[]): Promise<JsonObject[]> {
    const [applications, projects] = await Promise.all([
      types.includes('applications') ? this.catalog.applications.list() : [],
      types.includes('projects') ? this.catalog.projects.list() : [],
    ]);
    return [
      ...applications
        .filter((item) => item.id.includes(text))
        .map((item) => ({
          ...attributesOf(item),
          type: 'applications',
          application: item.name,
          provider: 'kubernetes',
        })),
      ...projects
        .filter((item) => item.name.toLowerCase().includes(text))
        .map((item) => ({ ...toProject(item), type: 'projects', project: item.name })),
    ];
  }
}

function identityOf(result: JsonObject): string {
  return result.type === 'applications'
    ? `application ${String(result.application).toLowerCase()}`
    : JSON.stringify(result);
}

function filtersOf(query: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([key, value]) =>
      NOT_FILTERS.has(key) || typeof value !== 'string' || value === '' ? [] : [[key, value] as const],
    ),
  );
}
