import {
  type CanaryEvent,
  type CanaryExecution,
  type CanaryRequested,
  type CanaryStatus,
  canaryStream,
  evolveCanary,
  isEndedCanary,
} from '@gennaker/canary';
import { VersionConflictError, type WorkItemChanges } from '@gennaker/event-store';
import { type Clock, NotFoundError } from '@gennaker/kernel';
import type { Journal } from '@gennaker/work';
import type pg from 'pg';
import { openedRow, statusRow } from './canary-row.js';
import { foldStream, uncontested } from './stream-of.js';

export const KAYENTA_QUEUE = 'kayenta';
export const ANALYSIS_WORK = 'analysis';

export interface CanaryFilter {
  application: string;
  statuses?: readonly CanaryStatus[];
  limit: number;
  /** From 1. */
  page: number;
}

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
   * @throws WorkClosedError
   */
  async request(
    requested: CanaryRequested,
    options: { whileOpen?: string } = {},
  ): Promise<{ id: string; created: boolean }> {
    const { id, application, pipelineConfigId: pipeline } = requested;
    const { whileOpen } = options;
    try {
      const request = {
        stream: canaryStream(id),
        expectedVersion: 0,
        events: [{ type: 'CanaryRequested', data: requested }],
        meta: {
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
  async list({ application, statuses = [], limit, page }: CanaryFilter): Promise<CanaryExecution[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      `select id from kayenta.canary_execution
       where kind = 'analysis' and application = $1 and ($2::text[] = '{}' or status = any($2::text[]))
       order by created_at desc, id limit $3 offset $4`,
      [application, statuses, limit, (page - 1) * limit],
    );
    const found = await Promise.all(rows.map(({ id }) => this.find(id)));
    return found.filter((execution) => execution !== undefined);
  }

  /** Appends what happened to an analysis as it was loaded; the end also closes its work and wakes who asked. */
  async append(
    execution: CanaryExecution,
    events: CanaryEvent[],
    actor = 'kayenta',
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
      meta: { actor, correlationId: execution.requested.parentPipelineExecutionId ?? id },
      workItems,
      statements: [statusRow(id, next.status, next.endTime)],
      application,
    });
    return next;
  }

  /** Asks an analysis to stop. False when it has ended already; asking twice is as good as once. */
  cancel(id: string, by: string, reason?: string): Promise<boolean> {
    return uncontested(async () => {
      const execution = await this.get(id);
      if (isEndedCanary(execution)) return false;
      if (execution.cancelRequestedBy !== undefined) return true;
      const data = { by, ...(reason === undefined ? {} : { reason }) };
      await this.append(execution, [{ type: 'CanaryCancelRequested', data }], by);
      await this.journal.wake([canaryStream(id)]);
      return true;
    });
  }

  /** Forgets up to `limit` analyses that ended before that time. Returns how many. */
  async deleteOlderThan(time: number, limit: number): Promise<number> {
    const { rowCount } = await this.pool.query(
      `delete from kayenta.canary_execution where id in
         (select id from kayenta.canary_execution where ended_at < $1 order by ended_at limit $2)`,
      [time, limit],
    );
    return rowCount ?? 0;
  }
}
