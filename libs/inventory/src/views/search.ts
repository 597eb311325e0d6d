import { applicationNames } from './applications.js';
import {
  accountsClause,
  fullNameOf,
  kindOfRow,
  type Queryable,
  type ViewRow,
  viewColumns,
  type VisibleAccounts,
} from './view-row.js';

export interface SearchRequest {
  query: string;
  types: readonly string[];
  accounts?: VisibleAccounts;
  /** From 1. */
  page: number;
  pageSize: number;
  /** Applications (in lower case) that the caller shows itself, on the first pages, together with other things that it knows. */
  shownBefore?: { applications: ReadonlySet<string>; count: number };
  /** `account`, `namespace`, `region`, `application`, `cluster`, `kubernetesKind`, `name`: equal, without regard to case. */
  filters?: Readonly<Record<string, string>>;
}

export interface SearchResult {
  provider: 'kubernetes';
  type: string;
  [field: string]: string | undefined;
}

export interface SearchResultSet {
  totalMatches: number;
  pageNumber: number;
  pageSize: number;
  platform: 'kubernetes';
  query: string;
  results: SearchResult[];
}

const RESOURCE_TYPES = [
  'serverGroups',
  'serverGroupManagers',
  'instances',
  'loadBalancers',
  'securityGroups',
  'configs',
  'unclassified',
];
/** What is counted at most; a search that finds more is not one. */
const MOST = 10_000;

/**
 * Finds resources, clusters and applications whose name holds the text, without regard to case; and everything of the
 * applications whose names hold it.
 */
export async function search(db: Queryable, request: SearchRequest): Promise<SearchResultSet> {
  const { types, page, pageSize } = request;
  const { applications: shown = new Set<string>(), count = 0 } = request.shownBefore ?? {};
  const start = (page - 1) * pageSize - count;
  const [offset, end] = [Math.max(0, start), Math.max(0, start + pageSize)];
  const named = (await applicationNames(db, request.accounts)).filter((name) =>
    name.toLowerCase().includes(request.query.toLowerCase()),
  );
  const found: SearchResult[] = [];
  if (types.includes('applications')) {
    found.push(
      ...named
        .filter(
          (name) => !shown.has(name.toLowerCase()) && matches({ application: name, name }, request.filters),
        )
        .map(applicationResult),
    );
  }
  if (types.includes('clusters')) found.push(...(await searchClusters(db, request, named)));
  const kinds = types.filter((type) => RESOURCE_TYPES.includes(type));
  const skipped = Math.max(0, offset - found.length);
  const first = found.slice(offset, end);
  const resources = await searchResources(db, request, kinds, named, {
    offset: skipped,
    limit: end - offset - first.length,
  });
  return {
    totalMatches: found.length + resources.total,
    pageNumber: page,
    pageSize,
    platform: 'kubernetes',
    query: request.query,
    results: [...first, ...resources.results],
  };
}

async function searchResources(
  db: Queryable,
  request: SearchRequest,
  kinds: readonly string[],
  applications: readonly string[],
  window: { offset: number; limit: number },
): Promise<{ total: number; results: SearchResult[] }> {
  if (kinds.length === 0) return { total: 0, results: [] };
  const filters = request.filters ?? {};
  const hit = `
    (lower(r.name) like $2 escape '\\' or r.application = any($3)) and r.spinnaker_kind = any($4) ${accountsClause(1)}
    and ($5::text is null or lower(r.account) = $5) and ($6::text is null or lower(r.namespace) = $6)
    and ($7::text is null or lower(r.application) = $7) and ($8::text is null or lower(r.cluster) = $8)
    and ($9::text is null or lower(r.kind) = $9) and ($10::text is null or lower(r.name) = $10)`;
  const lower = (name: string): string | null => filters[name]?.toLowerCase() ?? null;
  const values = [
    request.accounts,
    `%${request.query.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`,
    applications,
    kinds,
    lower('account'),
    lower('namespace') ?? lower('region'),
    lower('application'),
    lower('cluster'),
    lower('kubernetesKind'),
    lower('name'),
  ];
  const counted = await db.query<{ total: number }>(
    `select count(*)::int as total from (select 1 from clouddriver.resource r where ${hit} limit ${MOST}) h`,
    values,
  );
  const { rows } = await db.query<ViewRow>(
    `select ${viewColumns()} from clouddriver.resource r where ${hit}
     order by r.name, r.account, r.namespace, r.kind offset $11 limit $12`,
    [...values, window.offset, Math.max(0, window.limit)],
  );
  return { total: counted.rows[0]?.total ?? 0, results: rows.map(resourceResult) };
}

async function searchClusters(
  db: Queryable,
  request: SearchRequest,
  applications: readonly string[],
): Promise<SearchResult[]> {
  const { rows } = await db.query<{ account: string; application: string; cluster: string }>(
    `select distinct r.account, r.application, r.cluster from clouddriver.resource r
     where r.spinnaker_kind in ('serverGroups', 'serverGroupManagers') and r.application is not null
       and (strpos(lower(r.cluster), $2) > 0 or r.application = any($3)) ${accountsClause(1)}
     order by 3, 1, 2 limit ${MOST}`,
    [request.accounts, request.query.toLowerCase(), applications],
  );
  return rows
    .filter((row) => matches({ ...row, name: row.cluster }, request.filters))
    .map((row) => ({ provider: 'kubernetes', type: 'clusters', ...row, name: row.cluster }));
}

function matches(fields: Record<string, string>, filters: SearchRequest['filters'] = {}): boolean {
  return FILTERS.every((name) => {
    const wanted = filters[name];
    return wanted === undefined || fields[name]?.toLowerCase() === wanted.toLowerCase();
  });
}

const FILTERS = ['account', 'namespace', 'region', 'application', 'cluster', 'kubernetesKind', 'name'];

function applicationResult(name: string): SearchResult {
  return { provider: 'kubernetes', type: 'applications', application: name, name };
}

function resourceResult(row: ViewRow): SearchResult {
  const name = fullNameOf(row);
  return {
    provider: 'kubernetes',
    type: row.spinnaker_kind,
    kubernetesKind: kindOfRow(row),
    group: row.api_group,
    account: row.account,
    namespace: row.namespace,
    region: row.namespace,
    name,
    displayName: row.name,
    application: row.application ?? undefined,
    cluster: row.cluster ?? undefined,
    ...idField(row, name),
  };
}

/** The field by which each type's own page finds it. */
function idField(row: ViewRow, name: string): Record<string, string> {
  switch (row.spinnaker_kind) {
    case 'serverGroups':
      return { serverGroup: name };
    case 'loadBalancers':
      return { loadBalancer: name };
    case 'instances':
      return { instanceId: row.uid };
    case 'securityGroups':
      return { id: name };
    default:
      return {};
  }
}
