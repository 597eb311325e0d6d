import type { ExecutionStatus, ExecutionType } from '@gennaker/execution';
import type pg from 'pg';
import {
  type ExecutionSearch,
  type SearchPage,
  type SearchPlace,
  searchStatement,
  sliceStatement,
} from './execution-search.js';

/** What lists need to know of an execution. Times are milliseconds since the Unix epoch. */
export interface ExecutionSummary {
  id: string;
  type: ExecutionType;
  application: string;
  name?: string;
  pipelineConfigId?: string;
  status: ExecutionStatus;
  buildTime: number;
  startTime?: number;
  endTime?: number;
  canceled: boolean;
  user: string;
  origin: string;
  triggerType: string;
  /** Of the stream when it last changed the summary; of an execution that has ended, the latest. */
  version: number;
}

export interface ExecutionFilter {
  type?: ExecutionType;
  application?: string;
  pipelineConfigIds?: string[];
  /** Only executions that were started without a stored configuration. */
  withoutConfig?: boolean;
  names?: string[];
  statuses?: ExecutionStatus[];
  user?: string;
  triggerTypes?: string[];
  correlationId?: string;
  parentId?: string;
  /** Only executions built at this time or later. */
  since?: number;
  /** Only executions built at this time or earlier. */
  until?: number;
}

/** Goes on after this execution, in the order of a list: newest first. */
export interface ExecutionCursor {
  buildTime: number;
  id: string;
}

interface Row {
  id: string;
  type: ExecutionType;
  application: string;
  name: string | null;
  config_id: string | null;
  status: ExecutionStatus;
  build_time: string;
  start_time: string | null;
  end_time: string | null;
  canceled: boolean;
  username: string;
  origin: string;
  trigger_type: string;
  version: number;
}

const COLUMNS = `id, type, application, name, config_id, status, build_time, start_time, end_time, canceled, username,
  origin, trigger_type, version`;

/** The statuses of the partial indexes: written into a query, they let it use one. */
const UNDER_WAY: readonly ExecutionStatus[] = ['NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED', 'BUFFERED'];

/** How long a search may take, and what it does then. */
export interface SearchBudget {
  /** Milliseconds for the whole search; 0: it is not tried. */
  wholeMs: number;
  /** Milliseconds after which no further slice is looked through. */
  slicesMs: number;
  /** Executions of a slice. */
  slice: number;
}

/** Together less than the 50 ms that a search may take. */
const SEARCH_BUDGET: SearchBudget = { wholeMs: 25, slicesMs: 12, slice: 2_000 };

export interface SearchResult {
  /** Newest first. */
  found: ExecutionSummary[];
  /** Where the search goes on; absent when there is no more. */
  next?: SearchPlace;
  /** The search has run out of time: what is not found may lie behind `next`. */
  incomplete: boolean;
}

/** Lists executions by their summary rows. Every list has a limit. */
export class ExecutionQueries {
  constructor(
    private readonly pool: pg.Pool,
    private readonly budget: SearchBudget = SEARCH_BUDGET,
  ) {}

  /** Newest first. */
  async list(
    filter: ExecutionFilter,
    page: { limit: number; after?: ExecutionCursor; offset?: number },
  ): Promise<ExecutionSummary[]> {
    const where = new Where(filter);
    if (page.after !== undefined) {
      where.add('(build_time, id) < (?, ?)', page.after.buildTime, page.after.id);
    }
    const { rows } = await this.pool.query<Row>(
      `select ${COLUMNS} from orca.execution ${where.text}
       order by build_time desc, id desc limit ${where.parameter(page.limit)} offset ${where.parameter(page.offset ?? 0)}`,
      where.values,
    );
    return rows.map(toSummary);
  }

  /**
   * Executions of all applications that fit, newest first. A search that would take long, since what it asks for is
   * common and seldom together, looks through as much as it has time for and says where it goes on.
   */
  async search(search: ExecutionSearch, page: SearchPage): Promise<SearchResult> {
    const started = performance.now();
    const rows = await this.whole(search, { ...page, limit: page.limit + 1 });
    if (rows !== undefined) return pageOf(rows.map(toSummary), page.limit);
    const found: ExecutionSummary[] = [];
    let after = page.after;
    do {
      const slice = await this.slice(search, {
        limit: page.limit + 1 - found.length,
        ...(after && { after }),
      });
      found.push(...slice.found);
      if (found.length > page.limit || slice.end === undefined) return pageOf(found, page.limit);
      after = slice.end;
    } while (performance.now() - started < this.budget.wholeMs + this.budget.slicesMs);
    return { found, next: after, incomplete: true };
  }

  /** Undefined when it takes longer than it may. */
  private async whole(search: ExecutionSearch, page: SearchPage): Promise<Row[] | undefined> {
    const { wholeMs } = this.budget;
    if (wholeMs === 0) return undefined;
    const connection = await this.pool.connect();
    try {
      await connection.query(`begin read only; set local statement_timeout = ${wholeMs}`);
      const { rows } = await connection.query<Row>(searchStatement(search, page, COLUMNS));
      return rows;
    } catch (error) {
      if ((error as { code?: unknown }).code === STATEMENT_CANCELED) return undefined;
      throw error;
    } finally {
      await connection.query('rollback').catch(() => undefined);
      connection.release();
    }
  }

  private async slice(
    search: ExecutionSearch,
    page: SearchPage,
  ): Promise<{ found: ExecutionSummary[]; end?: SearchPlace }> {
    const { slice } = this.budget;
    const { rows } = await this.pool.query<
      Partial<Row> & { seen: string; last_time: string; last_id: string }
    >(sliceStatement(search, { ...page, slice }, COLUMNS));
    const [first] = rows;
    const found = rows.filter((row): row is typeof row & Row => row.id !== null).map(toSummary);
    if (first === undefined || Number(first.seen) < slice) return { found };
    return { found, end: { buildTime: Number(first.last_time), id: first.last_id } };
  }

  /** At most `limit` per pipeline config, newest first. Reads no more than that of each, however much has run. */
  async listPerConfig(
    { pipelineConfigIds, ...filter }: ExecutionFilter & { pipelineConfigIds: string[] },
    limit: number,
  ): Promise<ExecutionSummary[]> {
    const where = new Where(filter);
    where.add('config_id = wanted.id');
    const underWay = filter.statuses?.every((status) => UNDER_WAY.includes(status)) === true;
    if (underWay) where.add(`status in (${UNDER_WAY.map((status) => `'${status}'`).join(', ')})`);
    const { rows } = await this.pool.query<Row>(
      `select found.* from unnest(${where.parameter([...new Set(pipelineConfigIds)])}::text[]) as wanted (id)
       cross join lateral (
         select ${COLUMNS} from orca.execution ${where.text}
         order by build_time desc, id desc limit ${where.parameter(limit)}) found
       order by build_time desc, id desc`,
      where.values,
    );
    return rows.map(toSummary);
  }

  /** False for an execution that never was, or that has been deleted. */
  async exists(id: string): Promise<boolean> {
    const { rowCount } = await this.pool.query({
      name: 'orca-execution-exists',
      text: 'select 1 from orca.execution where id = $1',
      values: [id],
    });
    return rowCount === 1;
  }

  /** How many events each of the executions has; without those that have none. */
  async versions(ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.pool.query<{ id: string; version: number }>({
      name: 'orca-execution-versions',
      text: `select wanted.id, last.version from unnest($1::text[]) as wanted (id)
             cross join lateral (
               select version from es.event where stream_id = 'execution-' || wanted.id
               order by version desc limit 1) last`,
      values: [ids],
    });
    return new Map(rows.map(({ id, version }) => [id, version]));
  }

  /** Executions that are not complete although nothing is open that could carry them on. Should be none, always. */
  async stranded(limit = 100): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      `select id from orca.execution e
       where status in ('NOT_STARTED', 'RUNNING')
         and not exists (select 1 from es.work_item w where w.stream_id = 'execution-' || e.id)
       limit $1`,
      [limit],
    );
    return rows.map((row) => row.id);
  }
}

/** What Postgres says of a statement that has run out of time. */
const STATEMENT_CANCELED = '57014';

/** @param found one more than the page takes, where there are more */
function pageOf(found: ExecutionSummary[], limit: number): SearchResult {
  const page = found.slice(0, limit);
  const last = page.at(-1);
  if (found.length <= limit || last === undefined) return { found: page, incomplete: false };
  return { found: page, next: { buildTime: last.buildTime, id: last.id }, incomplete: false };
}

class Where {
  readonly values: unknown[] = [];
  private readonly conditions: string[] = [];

  constructor(filter: ExecutionFilter) {
    if (filter.type !== undefined) this.add('type = ?', filter.type);
    if (filter.application !== undefined) this.add('application = ?', filter.application);
    if (filter.pipelineConfigIds !== undefined) this.add('config_id = any(?)', filter.pipelineConfigIds);
    if (filter.withoutConfig === true) this.add('config_id is null');
    if (filter.names !== undefined) this.add('name = any(?)', filter.names);
    if (filter.statuses !== undefined) this.add('status = any(?)', filter.statuses);
    if (filter.user !== undefined) this.add('username = ?', filter.user);
    if (filter.triggerTypes !== undefined) this.add('trigger_type = any(?)', filter.triggerTypes);
    if (filter.correlationId !== undefined) this.add('correlation_id = ?', filter.correlationId);
    if (filter.parentId !== undefined) this.add('parent_id = ?', filter.parentId);
    if (filter.since !== undefined) this.add('build_time >= ?', filter.since);
    if (filter.until !== undefined) this.add('build_time <= ?', filter.until);
  }

  get text(): string {
    return this.conditions.length === 0 ? '' : `where ${this.conditions.join(' and ')}`;
  }

  add(condition: string, ...values: unknown[]): void {
    let index = 0;
    this.conditions.push(
      condition.replace(/\?/g, () => {
        index += 1;
        return this.parameter(values[index - 1]);
      }),
    );
  }

  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

function toSummary(row: Row): ExecutionSummary {
  return {
    id: row.id,
    type: row.type,
    application: row.application,
    ...(row.name !== null && { name: row.name }),
    ...(row.config_id !== null && { pipelineConfigId: row.config_id }),
    status: row.status,
    buildTime: Number(row.build_time),
    ...(row.start_time !== null && { startTime: Number(row.start_time) }),
    ...(row.end_time !== null && { endTime: Number(row.end_time) }),
    canceled: row.canceled,
    user: row.username,
    origin: row.origin,
    triggerType: row.trigger_type,
    version: row.version,
  };
}
