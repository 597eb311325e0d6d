import type { WorkItem, WorkItems } from '@gennaker/event-store';
import { decideStart, settle } from '@gennaker/execution';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import { doneWith, executionIdOf, type OrcaEngine } from './orca-engine.js';

/** Starts an execution, or carries one on after a command. */
export class SettleHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'settle';

  constructor(
    private readonly engine: OrcaEngine,
    private readonly items: WorkItems,
  ) {}

  async handle(item: WorkItem, { claim }: WorkContext): Promise<WorkOutcome> {
    await this.engine.parts.executions.load(executionIdOf(item));
    let recorded = false;
    const committed = await this.engine.commit(
      item,
      (state, context) => {
        const events = state.status === 'NOT_STARTED' ? decideStart(state, context) : settle(state, context);
        recorded = events.length > 0;
        return events;
      },
      { claim, extra: { close: [item.id] } },
    );
    // There was nothing to carry on: the command that asked for it was overtaken.
    if (!recorded) await this.items.close(item);
    return doneWith(committed);
  }
}
