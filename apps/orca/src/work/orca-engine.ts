import type { NewWorkItem, WorkItem } from '@gennaker/event-store';
import {
  type ExecutionEvent,
  type ExecutionState,
  replay,
  settle,
  type SettleContext,
  streamOf,
} from '@gennaker/execution';
import type { Committed, Decision, ExecutionStore } from '@gennaker/execution-store';
import type { Halts } from '@gennaker/halt';
import type { Clock, IdGenerator } from '@gennaker/kernel';
import type { RegistryPlanner, StagePorts, StageRegistry } from '@gennaker/stages';
import type { WorkContext, WorkOutcome } from '@gennaker/work';

/** What every handler of orchestration's work needs. */
export interface EngineParts {
  executions: ExecutionStore;
  registry: StageRegistry;
  planner: RegistryPlanner;
  ports: StagePorts;
  halts: Pick<Halts, 'spans'>;
  clock: Clock;
  ids: IdGenerator;
}

/** The id of the execution whose stream a work item belongs to. */
export function executionIdOf(item: WorkItem): string {
  const prefix = streamOf('');
  if (!item.streamId.startsWith(prefix)) throw new Error(`work item ${item.id} belongs to ${item.streamId}`);
  return item.streamId.slice(prefix.length);
}

/** Decides, settles and commits; the shell around the pure engine. */
export class OrcaEngine {
  constructor(readonly parts: EngineParts) {}

  settleContext(): SettleContext {
    const { clock, ids, planner } = this.parts;
    return { now: clock.now(), ids, planner };
  }

  /**
   * The state to handle an item with. On its first run it is the one remembered, which costs nothing, if that `asks` for
   * the item already: another process may have opened it since. Else it is read anew.
   */
  async stateFor(item: WorkItem, asks: (state: ExecutionState) => boolean): Promise<ExecutionState> {
    const { executions } = this.parts;
    const id = executionIdOf(item);
    if (item.epoch === 1 && item.attempts === 1) {
      const remembered = await executions.recall(id);
      if (asks(remembered)) return remembered;
    }
    return executions.load(id);
  }

  /**
   * Commits the events that `decide` gives for the current state, and all that follows from them. `close` is closed
   * with them, even when there is nothing to record.
   */
  commit(
    item: WorkItem,
    decide: (state: ExecutionState, context: SettleContext) => ExecutionEvent[],
    options: { claim?: NonNullable<NewWorkItem['claim']>; extra?: Partial<Decision> } = {},
  ): Promise<Committed> {
    const meta = { actor: 'orca', cause: item.id };
    return this.parts.executions.transact(
      executionIdOf(item),
      (state) => {
        const context = this.settleContext();
        const events = decide(state, context);
        if (events.length === 0) return { events: [] };
        const after = replay(events, state)!;
        return {
          events: [...events, ...settle(after, context)],
          ...(options.claim && { claim: options.claim }),
          ...options.extra,
        };
      },
      meta,
    );
  }
}

/** The outcome of an item that a commit has closed, carrying on with the item that the commit kept. */
export function doneWith(committed: Committed): WorkOutcome {
  return { done: true, ...(committed.claimed && { next: [committed.claimed] }) };
}

export type { WorkContext };
