import {
  evolveStandalone,
  type StandaloneAnalysis,
  type StandaloneEvent,
  type StandaloneRequested,
  standaloneStream,
} from '@gennaker/canary';
import type { EventMeta } from '@gennaker/event-store';
import { type Clock, NotFoundError } from '@gennaker/kernel';
import type { Journal } from '@gennaker/work';
import { openedRow, statusRow } from './canary-row.js';
import { type CanaryActor, KAYENTA_QUEUE } from './canary-store.js';
import { foldStream, uncontested } from './stream-of.js';

export const STANDALONE_WORK = 'standalone';

/** Runs of judgements without a pipeline. */
export class StandaloneStore {
  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  /** @param meta from where and why it is asked for */
  async request(requested: StandaloneRequested, meta: EventMeta = {}): Promise<string> {
    const { id, application, user } = requested;
    await this.journal.append({
      stream: standaloneStream(id),
      expectedVersion: 0,
      events: [{ type: 'StandaloneRequested', data: requested }],
      meta: { actor: user, ...meta, correlationId: requested.parentPipelineExecutionId ?? id },
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
        openedRow({
          id,
          kind: 'standalone',
          application,
          configId: requested.canaryConfigId,
          parentId: requested.parentPipelineExecutionId,
          status: 'RUNNING',
          at: this.clock.now(),
        }),
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
    by: CanaryActor = { actor: 'kayenta' },
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
      meta: { ...by, correlationId: analysis.requested.parentPipelineExecutionId ?? id },
      workItems: next.endedAt === undefined ? {} : { close: [standaloneStream(id)] },
      statements: [statusRow(id, next.status, next.endedAt)],
      application,
    });
    return next;
  }

  /** Asks a run to stop. False when it has ended already. */
  cancel(id: string, by: CanaryActor): Promise<boolean> {
    return uncontested(async () => {
      const analysis = await this.get(id);
      if (analysis.endedAt !== undefined) return false;
      if (analysis.cancelRequestedBy !== undefined) return true;
      await this.append(analysis, [{ type: 'StandaloneCancelRequested', data: { by: by.actor } }], by);
      await this.journal.wake([standaloneStream(id)]);
      return true;
    });
  }
}
