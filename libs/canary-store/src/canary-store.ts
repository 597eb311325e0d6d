import {
  type CanaryEvent,
  type CanaryExecution,
  type CanaryRequested,
  type CanaryStatus,
  canaryStream,
  evolveCanary,
  isEndedCanary,
  standaloneStream,
} from '@gennaker/canary';
import {
  type EventMeta,
  type SqlStatement,
  VersionConflictError,
  type WorkItemChanges,
} from '@gennaker/event-store';
import { type Clock, NotFoundError } from '@gennaker/kernel';
import type { Journal } from '@gennaker/work';
import type pg from 'pg';
import { openedRow, statusRow } from './canary-row.js';
import { foldStream, uncontested } from './stream-of.js';

export const KAYENTA_QUEUE = 'kayenta';
export const ANALYSIS_WORK = 'analysis';

/** A place in the list of an application's analyses. */
export interface CanaryPosition {
  /** Milliseconds since the Unix epoch. */
  createdAt: number;
  id: string;
}

export interface CanaryFilter {
  application: string;
  statuses?: readonly CanaryStatus[];
  limit: number;
  /** From 1. */
  page?: number;
  /** Goes before the page: only what is listed behind this place. */
  after?: CanaryPosition;
}

export interface CanaryPage {
  executions: CanaryExecution[];
  /** The place where the next page begins; absent on the last one. */
  next?: CanaryPosition;
}

/** Who asks for something; from where and why, where that is known. */
export type CanaryActor = EventMeta & { actor: string };

/** Asks for canary analyses and reads them; the same for all services. */
export class CanaryStore {
  constructor(
    private readonly journal: Journal,
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
  ) {}

  /**
   * Records the analysis and opens its work. The id is the idempotency key: asking again changes nothing.
   *
   * @param options.whileOpen the work item that asks: once it is closed, no analysis is recorded
   * @param options.meta from where and why it is asked for
   * @throws WorkClosedError
   */
  async request(
    requested: CanaryRequested,
    options: { whileOpen?: string; meta?: EventMeta } = {},
  ): Promise<{ id: string; created: boolean }> {
    const { id, application, pipelineConfigId: pipeline } = requested;
    const { whileOpen, meta } = options;
    try {
      const request = {
        stream: canaryStream(id),
        expectedVersion: 0,
        events: [{ type: 'CanaryRequested', data: requested }],
        meta: {
          ...meta,
          actor: requested.user,
          correlationId: requested.parentPipelineExecutionId ?? id,
          ...(requested.replyTo === undefined ? {} : { cause: requested.replyTo }),
        },
        workItems: {
          open: [
            {
              id: canaryStream(id),
              queue: KAYENTA_QUEUE,
              kind: ANALYSIS_WORK,
              payload: { canary: id },
              application,
              ...(pipeline === undefined ? {} : { pipeline }),
            },
          ],
        },
        statements: [
          openedRow({
            id,
            kind: 'analysis',
            application,
            configId: requested.canaryConfigId,
            parentId: requested.parentPipelineExecutionId,
            status: 'NOT_STARTED',
            at: this.clock.now(),
          }),
        ],
        application,
      };
      await (whileOpen === undefined
        ? this.journal.append(request)
        : this.journal.appendWhileOpen(request, whileOpen));
      return { id, created: true };
    } catch (error) {
      if (error instanceof VersionConflictError) return { id, created: false };
      throw error;
    }
  }

  find(id: string): Promise<CanaryExecution | undefined> {
    return foldStream<CanaryExecution, CanaryEvent>(this.journal, canaryStream(id), evolveCanary);
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<CanaryExecution> {
    const found = await this.find(id);
    if (found === undefined) {
      throw new NotFoundError('kayenta.canary_not_found', `Canary execution '${id}' was not found.`);
    }
    return found;
  }

  /** Analyses of an application, newest first. */
  async list({ application, statuses = [], limit, page = 1, after }: CanaryFilter): Promise<CanaryPage> {
    const { rows } = await this.pool.query<{ id: string; created_at: string }>(
      `select id, created_at from kayenta.canary_execution
       where kind = 'analysis' and application = $1 and ($2::text[] = '{}' or status = any($2::text[]))
         and ($3::bigint is null or created_at < $3::bigint or (created_at = $3::bigint and id > $4::text))
       order by created_at desc, id limit $5 offset $6`,
      [
        application,
        statuses,
        after?.createdAt ?? null,
        after?.id ?? null,
        limit + 1,
        after === undefined ? (page - 1) * limit : 0,
      ],
    );
    const listed = rows.slice(0, limit);
    const found = await Promise.all(listed.map(({ id }) => this.find(id)));
    const executions = found.filter((execution) => execution !== undefined);
    const last = listed.at(-1);
    if (rows.length <= limit || last === undefined) return { executions };
    return { executions, next: { createdAt: Number(last.created_at), id: last.id } };
  }

  /**
   * Appends what happened to an analysis as it was loaded; the end also closes its work and wakes who asked.
   *
   * @param options.statements what is stored in the same commit
   */
  async append(
    execution: CanaryExecution,
    events: CanaryEvent[],
    { by = { actor: 'kayenta' }, statements = [] }: { by?: CanaryActor; statements?: SqlStatement[] } = {},
  ): Promise<CanaryExecution> {
    const { id, replyTo, application } = execution.requested;
    const now = this.clock.now();
    const next = events.reduce<CanaryExecution>((state, event) => evolveCanary(state, event, now), execution);
    const ended = isEndedCanary(next) && !isEndedCanary(execution);
    const workItems: WorkItemChanges = ended
      ? { close: [canaryStream(id)], wake: replyTo === undefined ? [] : [replyTo] }
      : {};
    await this.journal.append({
      stream: canaryStream(id),
      expectedVersion: execution.version,
      events,
      meta: { ...by, correlationId: execution.requested.parentPipelineExecutionId ?? id },
      workItems,
      statements: [statusRow(id, next.status, next.endTime), ...statements],
      application,
    });
    return next;
  }

  /** Asks an analysis to stop. False when it has ended already; asking twice is as good as once. */
  cancel(id: string, by: CanaryActor): Promise<boolean> {
    return uncontested(async () => {
      const execution = await this.get(id);
      if (isEndedCanary(execution)) return false;
      if (execution.cancelRequestedBy !== undefined) return true;
      const { actor, reason } = by;
      const data = { by: actor, ...(reason === undefined ? {} : { reason }) };
      await this.append(execution, [{ type: 'CanaryCancelRequested', data }], { by });
      await this.journal.wake([canaryStream(id)]);
      return true;
    });
  }

  /** Forgets up to `limit` analyses and runs that ended before that time, events included. Returns how many. */
  async deleteOlderThan(time: number, limit: number): Promise<number> {
    const { rows } = await this.pool.query<{ count: string }>(
      `with gone as (
         delete from kayenta.canary_execution where id in
           (select id from kayenta.canary_execution where ended_at < $1 order by ended_at limit $2)
         returning case kind when 'standalone' then $4 || id else $3 || id end as stream_id),
       events as (delete from es.event using gone where event.stream_id = gone.stream_id)
       select count(*) from gone`,
      [time, limit, canaryStream(''), standaloneStream('')],
    );
    return Number(rows[0]?.count ?? 0);
  }
}
