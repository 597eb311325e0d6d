import { Catalog, attributesOf, toProject } from '@gennaker/catalog';
import { type RouteInput, searchResources } from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { search } from '@gennaker/inventory';
import { InvalidInputError, type JsonObject } from '@gennaker/kernel';
import { Controller, Res, UseInterceptors } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { badCursor, decodeCursor, encodeCursor, linkNext } from '../paging.js';
import { InventoryDatabase } from './inventory-database.js';
import { ReadableAccounts } from './readable-accounts.js';
import { StaleAccountsInterceptor } from './stale-accounts.interceptor.js';

const SHORTEST_QUERY = 3;
const MOST_PAGES = 1_000_000;
const NOT_FILTERS = new Set([
  'q',
  'type',
  'platform',
  'pageSize',
  'page',
  'allowShortQuery',
  'expand',
  'cursor',
]);

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
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const { q = '', type: types, pageSize, cursor } = query;
    if (types.length === 0) {
      throw new InvalidInputError('gate.no_type', [
        { path: 'type', message: 'is required: what to search for' },
      ]);
    }
    if (q.length < SHORTEST_QUERY && !query.allowShortQuery) return [];
    const page = cursor === undefined ? query.page : pageOf(cursor);
    const [accounts, configured] = await Promise.all([
      this.readable.of(principal),
      this.configured(q.toLowerCase(), types),
    ]);
    const names = configured.flatMap(({ type, name }) => (type === 'applications' ? [String(name)] : []));
    const found = await search(this.db, {
      query: q,
      types,
      page,
      pageSize,
      filters: filtersOf(query),
      ...(accounts && { accounts }),
      shownBefore: { applications: new Set(names), count: configured.length },
    });
    const totalMatches = found.totalMatches + configured.length;
    const isLast = page * pageSize >= totalMatches;
    linkNext(
      reply,
      '/search',
      { ...textsOf(query), type: types.join(','), pageSize, page: undefined },
      isLast ? undefined : encodeCursor(['page', String(page + 1)]),
    );
    const start = (page - 1) * pageSize;
    const results = [...configured.slice(start, start + pageSize), ...found.results];
    return [{ ...found, results, totalMatches }];
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

/** @throws InvalidInputError for the cursor of another list */
function pageOf(cursor: string): number {
  const [kind, page] = decodeCursor(cursor, 2);
  const value = Number(page);
  if (kind !== 'page' || !Number.isSafeInteger(value) || value < 1 || value > MOST_PAGES) throw badCursor();
  return value;
}

/** What a request asks for in words, to ask for the next page. */
function textsOf(query: Record<string, unknown>): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([key, value]) =>
      typeof value === 'string' || typeof value === 'boolean' ? [[key, value] as const] : [],
    ),
  );
}

function filtersOf(query: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([key, value]) =>
      NOT_FILTERS.has(key) || typeof value !== 'string' || value === '' ? [] : [[key, value] as const],
    ),
  );
}
