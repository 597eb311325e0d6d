import { Catalog } from '@gennaker/catalog';
import {
  type RouteInput,
  listApplicationPipelines,
  listExecutions,
  searchExecutions,
} from '@gennaker/contracts';
import {
  ExecutionQueries,
  type ExecutionFilter,
  type ExecutionSearch,
  type ExecutionSummary,
} from '@gennaker/execution-store';
import { Input, JsonPiece, JsonText, Serves, sortedJson } from '@gennaker/http';
import { InvalidInputError, SharedReads } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { everythingOf, keptOf, summaryView } from './execution-everything.js';
import { linkNext } from '../paging.js';
import { cursorAfter, executionCursor } from './execution-cursor.js';
import { ExecutionReader, statusesOf } from './execution-reader.js';
import { searchFilterOf, searchKept } from './execution-search.js';

const DEFAULT_PER_CONFIG = 10;
const DEFAULT_PAGE = 25;
/** Executions that a search looks through, newest first, before it gives up. */
const SEARCH_DEPTH = 10_000;
const SEARCH_BATCH = 500;

/** Set where a search has run out of time before its page was full; the Link header says where it goes on. */
const INCOMPLETE = 'X-Gennaker-Incomplete';

/** Lists of executions: by configuration, by id, by search. */
@Controller()
export class ExecutionListsController {
  private readonly reads = new SharedReads<JsonText>();

  constructor(
    private readonly catalog: Catalog,
    private readonly reader: ExecutionReader,
    private readonly queries: ExecutionQueries,
  ) {}

  @Serves(listApplicationPipelines)
  async ofApplication(
    @Input() { params, query }: RouteInput<typeof listApplicationPipelines>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonText> {
    const statuses = statusesOf(query.statuses.length === 0 && query.running ? ACTIVE : query.statuses);
    if (query.cursor !== undefined) return this.paged(params.application, { ...query, statuses }, reply);

    const { pipelineNameFilter, pipelineLimit, limit = DEFAULT_PER_CONFIG, expand } = query;
    const asked = [params.application, pipelineNameFilter, pipelineLimit, limit, expand, statuses];
    return this.reads.run(JSON.stringify(asked), async () => {
      const ids = await this.configIds(params.application, pipelineNameFilter, pipelineLimit);
      return this.reader.ofConfigs(ids, { limit, statuses, expand }, params.application);
    });
  }

  @Serves(listExecutions)
  async list(
    @Input() { query }: RouteInput<typeof listExecutions>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonText> {
    const { pipelineConfigIds, executionIds, limit = 1, expand = true } = query;
    const statuses = statusesOf([...query.status, ...query.statuses]);
    if (pipelineConfigIds.length > 0 && executionIds.length > 0) {
      throw new InvalidInputError(
        'gate.ids_and_configs',
        'Only pipelineConfigIds or executionIds can be specified, not both',
      );
    }
    if (executionIds.length > 0) return this.reader.byIds(executionIds, expand);
    if (pipelineConfigIds.length > 0) {
      return this.reader.ofConfigs(pipelineConfigIds, { limit, statuses, expand });
    }
    return this.everything(everythingOf(query, statuses), query, reply);
  }

  /** Executions of all applications, newest first: their summaries, unless more is asked for. */
  private async everything(
    search: ExecutionSearch,
    query: RouteInput<typeof listExecutions>['query'],
    reply: FastifyReply,
  ): Promise<JsonText> {
    const { limit = DEFAULT_PAGE, cursor, expand = false } = query;
    if (limit === 0) return JsonText.list([]);
    const after = cursor === undefined ? {} : { after: executionCursor(cursor) };
    const { found: page, next, incomplete } = await this.queries.search(search, { limit, ...after });
    linkNext(reply, '/executions', keptOf(query), next && cursorAfter(next));
    if (incomplete) void reply.header(INCOMPLETE, 'true');
    return JsonText.list(
      expand
        ? await this.reader.views(page, true)
        : page.map((one) => JsonPiece.of(sortedJson(summaryView(one)))),
    );
  }

  @Serves(searchExecutions)
  async search(
    @Input() { params, query }: RouteInput<typeof searchExecutions>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonText> {
    const search = searchFilterOf(query);
    const filter: ExecutionFilter = {
      type: 'PIPELINE',
      ...(params.application === '*' ? {} : { application: params.application }),
      ...(query.pipelineName === undefined ? {} : { names: [query.pipelineName] }),
      ...(query.triggerTypes.length === 0 ? {} : { triggerTypes: query.triggerTypes }),
      ...(query.statuses.length === 0 ? {} : { statuses: statusesOf(query.statuses) }),
      since: query.triggerTimeStartBoundary,
      until: query.triggerTimeEndBoundary,
    };
    const { found, next } = await this.look(filter, search, query);
    const path = `/applications/${encodeURIComponent(params.application)}/executions/search`;
    linkNext(reply, path, searchKept(query), next);
    return JsonText.list(await this.reader.views(query.reverse ? found.reverse() : found, query.expand));
  }

  /** Looks through executions, newest first, until enough fit. `next` goes on after the last one that was looked at. */
  private async look(
    filter: ExecutionFilter,
    search: ((trigger: object) => boolean) | undefined,
    { size, startIndex, cursor }: { size: number; startIndex: number; cursor?: string },
  ): Promise<{ found: ExecutionSummary[]; next?: string }> {
    const found: ExecutionSummary[] = [];
    let after = cursor === undefined ? undefined : executionCursor(cursor);
    let toSkip = cursor === undefined ? startIndex : 0;
    for (let seen = 0; seen < SEARCH_DEPTH; seen += SEARCH_BATCH) {
      const batch = await this.queries.list(filter, { limit: SEARCH_BATCH, ...(after && { after }) });
      const hits = search === undefined ? batch : await this.matching(batch, search);
      found.push(...hits.slice(toSkip));
      toSkip = Math.max(0, toSkip - hits.length);
      const last = found[size - 1];
      if (found.length > size && last !== undefined)
        return { found: found.slice(0, size), next: cursorAfter(last) };
      if (batch.length < SEARCH_BATCH) return { found };
      after = batch.at(-1);
    }
    return after === undefined || toSkip > 0 ? { found } : { found, next: cursorAfter(after) };
  }

  private async matching(
    batch: ExecutionSummary[],
    search: (trigger: object) => boolean,
  ): Promise<ExecutionSummary[]> {
    const states = await this.reader.states(batch);
    const hits = new Set(states.filter((state) => search(state.trigger)).map((state) => state.id));
    return batch.filter((summary) => hits.has(summary.id));
  }

  /** Our own form: newest first, all executions of the application, with the next page in the Link header. */
  private async paged(
    application: string,
    query: Omit<RouteInput<typeof listApplicationPipelines>['query'], 'statuses'> & {
      statuses: ReturnType<typeof statusesOf>;
    },
    reply: FastifyReply,
  ): Promise<JsonText> {
    const { statuses, expand, limit = DEFAULT_PAGE, cursor = '' } = query;
    const page = await this.reader.page(
      { type: 'PIPELINE', application, ...(statuses.length === 0 ? {} : { statuses }) },
      { limit, cursor, expand },
    );
    const path = `/applications/${encodeURIComponent(application)}/pipelines`;
    linkNext(reply, path, { limit, statuses: statuses.join(','), expand }, page.next);
    return page.list;
  }

  private async configIds(application: string, nameFilter?: string, limit?: number): Promise<string[]> {
    const [pipelines, strategies] = await Promise.all([
      this.catalog.pipelines.heads(application),
      this.catalog.strategies.heads(application),
    ]);
    return [...pipelines, ...strategies]
      .filter(({ name }) => nameFilter === undefined || name.includes(nameFilter))
      .slice(0, limit)
      .map(({ id }) => id);
  }
}

const ACTIVE = ['NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED', 'BUFFERED'] as const;
