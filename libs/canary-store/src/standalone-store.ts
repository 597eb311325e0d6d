import {
  evolveStandalone,
  type StandaloneAnalysis,
  type StandaloneEvent,
  type StandaloneRequested,
  standaloneStream,
} from '@gennaker/canary';
import { VersionConflictError } from '@gennaker/event-store';
import { type Clock, NotFoundError } from '@gennaker/kernel';
import type { Journal } from '@gennaker/work';
import { KAYENTA_QUEUE, statusOf } from './canary-store.js';
import { foldStream } from './stream-of.js';

export const STANDALONE_WORK = 'standalone';

/** Runs of judgements without a pipeline. */
export class StandaloneStore {
  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  async request(requested: StandaloneRequested): Promise<string> {
    const { id, application, user } = requested;
    await this.journal.append({
      stream: standaloneStream(id),
      expectedVersion: 0,
      events: [{ type: 'StandaloneRequested', data: requested }],
      meta: { actor: user, correlationId: requested.parentPipelineExecutionId ?? id },
      workItems: {
        open: [
          {
            id: standaloneStream(id),
            queue: KAYENTA_QUEUE,
            kind: STANDALONE_WORK,
            payload: { standalone: id },
            application,
          },
        ],
      },
      statements: [
        {
          text: `insert into kayenta.canary_execution
                   (id, kind, application, canary_config_id, parent_id, status, created_at)
                 values ($1, 'standalone', $2, $3, $4, 'RUNNING', $5)`,
          values: [
            id,
            application,
            requested.canaryConfigId ?? null,
            requested.parentPipelineExecutionId ?? null,
            this.clock.now(),
          ],
        },
      ],
      application,
    });
    return id;
  }

  find(id: string): Promise<StandaloneAnalysis | undefined> {
    return foldStream<StandaloneAnalysis, StandaloneEvent>(
      this.journal,
      standaloneStream(id),
      evolveStandalone,
    );
  }

  /** @throws NotFoundError */
  async get(id: string): Promise<StandaloneAnalysis> {
    const found = await this.find(id);
    if (found === undefined) {
      throw new NotFoundError(
        'kayenta.standalone_not_found',
        `Standalone canary analysis '${id}' was not found.`,
      );
    }
    return found;
  }

  async append(
    analysis: StandaloneAnalysis,
    events: StandaloneEvent[],
    actor = 'kayenta',
  ): Promise<StandaloneAnalysis> {
    const { id, application } = analysis.requested;
    const now = this.clock.now();
    const next = events.reduce<StandaloneAnalysis>(
      (state, event) => evolveStandalone(state, event, now),
      analysis,
    );
    await this.journal.append({
      stream: standaloneStream(id),
      expectedVersion: analysis.version,
      events,
      meta: { actor, correlationId: analysis.requested.parentPipelineExecutionId ?? id },
      workItems: next.endedAt === undefined ? {} : { close: [standaloneStream(id)] },
      statements: [statusOf(id, next.status, next.endedAt)],
      application,
    });
    return next;
  }

  /** Asks a run to stop. False when it has ended already. */
  async cancel(id: string, by: string): Promise<boolean> {
    for (;;) {
      const analysis = await this.get(id);
      if (analysis.endedAt !== undefined) return false;
      if (analysis.cancelRequestedBy !== undefined) return true;
      try {
        await this.append(analysis, [{ type: 'StandaloneCancelRequested', data: { by } }], by);
        await this.journal.wake([standaloneStream(id)]);
        return true;
      } catch (error) {
        if (!(error instanceof VersionConflictError)) throw error;
      }
    }
  }
}
