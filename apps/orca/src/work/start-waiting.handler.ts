import type { WorkItem } from '@gennaker/event-store';
import { decideCancel, nextInLine, streamOf } from '@gennaker/execution';
import { lineOf } from '@gennaker/execution-store';
import type { Platform } from '@gennaker/platform';
import type { WorkHandler, WorkOutcome } from '@gennaker/work';
import { executionIdOf, type OrcaEngine } from './orca-engine.js';

/** Lets the next execution of a configuration start when one of them has ended. */
export class StartWaitingHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'startWaiting';

  constructor(
    private readonly engine: OrcaEngine,
    private readonly platform: Pick<Platform, 'database' | 'journal' | 'items' | 'clock' | 'ids'>,
  ) {}

  async handle(item: WorkItem): Promise<WorkOutcome> {
    const { journal, items } = this.platform;
    const ended = await this.engine.parts.executions.find(executionIdOf(item));
    const config = ended?.pipelineConfigId;
    if (ended !== undefined && config !== undefined) {
      const line = await journal.store.transaction((connection) => lineOf(config, connection));
      const { start, drop } = nextInLine(ended, line.waiting, line.running);
      for (const id of drop) await this.drop(id);
      await journal.wake(await this.itemsOf(start));
    }
    await items.close(item);
    return { done: true };
  }

  private async drop(id: string): Promise<void> {
    const { clock, ids } = this.platform;
    const reason = 'Too many executions of this pipeline were waiting: the newest goes on';
    await this.engine.parts.executions.transact(
      id,
      (state) => ({
        events:
          state.status === 'NOT_STARTED'
            ? decideCancel(state, { user: 'gennaker', reason, now: clock.now(), ids })
            : [],
      }),
      { actor: 'orca' },
    );
  }

  /** The items with which executions wait for their start. */
  private async itemsOf(executionIds: string[]): Promise<string[]> {
    const { rows } = await this.platform.database.pool.query<{ id: string }>(
      `select id from es.work_item where stream_id = any($1) and queue = 'orca' and kind = 'settle'`,
      [executionIds.map(streamOf)],
    );
    return rows.map(({ id }) => id);
  }
}
