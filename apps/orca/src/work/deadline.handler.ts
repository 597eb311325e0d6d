import type { WorkItem, WorkItems } from '@gennaker/event-store';
import { decideCancel } from '@gennaker/execution';
import type { WorkHandler, WorkOutcome } from '@gennaker/work';
import { doneWith, executionIdOf, type OrcaEngine } from './orca-engine.js';

/** Ends an execution that has taken longer than its `maxDurationMinutes`. */
export class DeadlineHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'deadline';

  constructor(
    private readonly engine: OrcaEngine,
    private readonly items: WorkItems,
  ) {}

  async handle(item: WorkItem): Promise<WorkOutcome> {
    const state = await this.engine.parts.executions.load(executionIdOf(item));
    let recorded = false;
    const reason = `it took longer than ${state.maxDurationMinutes} minutes`;
    const committed = await this.engine.commit(item, (current, { now }) => {
      const events =
        current.deadlineItem === item.id ? decideCancel(current, { user: 'gennaker', reason, now }) : [];
      recorded = events.length > 0;
      return events;
    });
    if (!recorded) await this.items.close(item);
    return doneWith(committed);
  }
}
