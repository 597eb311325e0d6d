import type { WorkItem, WorkItems } from '@gennaker/event-store';
import {
  admission,
  decideCancel,
  decideStart,
  type ExecutionEvent,
  type ExecutionState,
  isLimited,
  MOST_WAITING,
  type Others,
  settle,
} from '@gennaker/execution';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import { doneWith, executionIdOf, type OrcaEngine } from './orca-engine.js';

/** One that waits in line is woken when it is its turn; it also looks by itself so often, in milliseconds. */
const LOOK_AGAIN_MS = 60_000;

/** Starts an execution, or carries one on after a command. */
export class SettleHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'settle';

  constructor(
    private readonly engine: OrcaEngine,
    private readonly items: WorkItems,
  ) {}

  async handle(item: WorkItem, { claim }: WorkContext): Promise<WorkOutcome> {
    const known = await this.known(executionIdOf(item));
    if (known.status === 'NOT_STARTED' && !known.canceled && isLimited(known))
      return this.startInLine(item, claim);
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

  /**
   * What is remembered will do for a start: that always records something, and what is out of date is refused then. To
   * carry on, what has been asked for must be seen.
   */
  private async known(id: string): Promise<ExecutionState> {
    const { executions } = this.engine.parts;
    const remembered = await executions.recall(id);
    return remembered.status === 'NOT_STARTED' ? remembered : executions.load(id);
  }

  /** Starts an execution of a configuration that limits how many of them run, if there is room for it. */
  private async startInLine(item: WorkItem, claim: WorkContext['claim']): Promise<WorkOutcome> {
    let waits = false;
    const committed = await this.engine.parts.executions.transactInLine(
      executionIdOf(item),
      (state, others) => {
        const admitted = admission(state, others);
        waits = state.status === 'NOT_STARTED' && admitted === 'wait';
        return { events: waits ? [] : this.decide(state, others), claim, close: [item.id] };
      },
      { actor: 'orca', cause: item.id },
    );
    if (waits) return { retryAt: this.engine.parts.clock.now() + LOOK_AGAIN_MS };
    await this.items.close(item);
    return doneWith(committed);
  }

  private decide(state: ExecutionState, others: Others): ExecutionEvent[] {
    const context = this.engine.settleContext();
    if (state.status !== 'NOT_STARTED') return [];
    if (admission(state, others) === 'start') return decideStart(state, context);
    const reason = `More than ${MOST_WAITING} executions of this pipeline are waiting already`;
    return decideCancel(state, { user: 'gennaker', reason, now: context.now, ids: context.ids });
  }
}
