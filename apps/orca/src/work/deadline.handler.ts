import type { WorkItem, WorkItems } from '@gennaker/event-store';
import { deadlineAt, decideCancel, type ExecutionState } from '@gennaker/execution';
import type { WorkHandler, WorkOutcome } from '@gennaker/work';
import { doneWith, executionIdOf, type OrcaEngine } from './orca-engine.js';

/** Ends an execution that has taken longer than its `maxDurationMinutes`; pauses and halts do not count. */
export class DeadlineHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'deadline';

  constructor(
    private readonly engine: OrcaEngine,
    private readonly items: WorkItems,
  ) {}

  async handle(item: WorkItem): Promise<WorkOutcome> {
    const { clock, executions, halts } = this.engine.parts;
    const state = await executions.load(executionIdOf(item));
    const held = await halts.spans(item, state.startTime ?? state.buildTime);
    const end = deadlineAt(state, clock.now(), held);
    if (state.deadlineItem === item.id && end > clock.now()) return { retryAt: end };
    return this.cancel(state, item);
  }

  private async cancel({ maxDurationMinutes }: ExecutionState, item: WorkItem): Promise<WorkOutcome> {
    let recorded = false;
    const reason = `it took longer than ${maxDurationMinutes} minutes`;
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
