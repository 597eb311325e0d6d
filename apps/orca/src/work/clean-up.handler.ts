import type { WorkItem } from '@gennaker/event-store';
import type { ExecutionEvent, ExecutionState } from '@gennaker/execution';
import { messageOf } from '@gennaker/kernel';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import { doneWith, type OrcaEngine } from './orca-engine.js';

/** A clean-up that keeps failing is given up after so many tries, and says so in the execution. */
const MOST_ATTEMPTS = 10;

/** Runs a stage's own clean-up after it ended halted. */
export class CleanUpHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'cleanUp';

  constructor(private readonly engine: OrcaEngine) {}

  async handle(item: WorkItem, { signal }: WorkContext): Promise<WorkOutcome> {
    const { stageId } = item.payload as { stageId: string };
    const asks = ({ stages }: ExecutionState): boolean => stages[stageId]?.cleanUpItem === item.id;
    const state = await this.engine.stateFor(item, asks);
    if (!asks(state)) return { done: true };
    const result = await this.cleanUp(state, stageId, item, signal);
    const committed = await this.engine.commit(item, (current, { now }): ExecutionEvent[] =>
      current.stages[stageId]?.cleanUpItem === item.id
        ? [{ type: 'StageCleanUpCompleted', data: { stageId, at: now, ...result } }]
        : [],
    );
    return doneWith(committed);
  }

  private async cleanUp(state: ExecutionState, stageId: string, item: WorkItem, signal: AbortSignal) {
    const { planner, ports, clock } = this.engine.parts;
    try {
      const definition = planner.definitionOf(state, stageId);
      const input = planner.input(state, stageId, definition, clock.now());
      return (await definition.cleanUp?.({ ...input, ports, workItemId: item.id, signal })) ?? {};
    } catch (error) {
      if (item.attempts < MOST_ATTEMPTS) throw error;
      return { exception: { message: `the clean-up failed: ${messageOf(error)}` } };
    }
  }
}
