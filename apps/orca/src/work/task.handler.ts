import type { WorkItem } from '@gennaker/event-store';
import { decideTaskOutcome, type ExecutionState, taskOf } from '@gennaker/execution';
import { withFreshLogContext } from '@gennaker/observability';
import { runStageTask, type TaskRun } from '@gennaker/stages';
import type { WorkContext, WorkHandler, WorkOutcome } from '@gennaker/work';
import { doneWith, type OrcaEngine } from './orca-engine.js';

interface TaskPayload {
  stageId: string;
  taskId: string;
}

/** When an item with nothing to wait for but a wake is looked at again: never, in practice. */
const FAR_FUTURE = Date.UTC(9000, 0);

/** Runs one task once, and records what came of it. */
export class TaskHandler implements WorkHandler {
  readonly queue = 'orca';
  readonly kind = 'task';

  constructor(private readonly engine: OrcaEngine) {}

  async handle(item: WorkItem, context: WorkContext): Promise<WorkOutcome> {
    const asks = (state: ExecutionState): boolean => taskOf(state, this.target(item)) !== undefined;
    const state = await this.engine.stateFor(item, asks);
    // The task has ended: so has its item, in the append that ended it.
    if (!asks(state)) return { done: true };
    if (state.status === 'PAUSED') return { retryAt: FAR_FUTURE };
    const run = await this.run(state, item, context);
    return run.status === 'RUNNING' ? this.goOn(item, run) : this.finish(item, run, context);
  }

  private target(item: WorkItem) {
    return { ...(item.payload as TaskPayload), workItemId: item.id };
  }

  private run(state: ExecutionState, item: WorkItem, { signal }: WorkContext): Promise<TaskRun> {
    const { clock, halts, planner, ports } = this.engine.parts;
    const { stage, task } = taskOf(state, this.target(item))!;
    const heldSince = (from: number) => halts.spans(item, from);
    const run = {
      state,
      stage,
      task,
      workItemId: item.id,
      now: clock.now(),
      ports,
      signal,
      isRepeated: item.attempts > 1,
      heldSince,
    };
    const { id: executionId, type: executionType, application, correlationId } = state;
    const about = {
      executionId,
      executionType,
      application,
      correlationId,
      stageId: stage.id,
      taskId: task.id,
    };
    return withFreshLogContext({ ...about, workItemId: item.id, service: 'orca' }, () =>
      runStageTask(planner, run),
    );
  }

  private async goOn(item: WorkItem, run: TaskRun): Promise<WorkOutcome> {
    const { stageId, taskId } = item.payload as TaskPayload;
    const retryAt = run.nextRunAt ?? FAR_FUTURE;
    const reschedule = [{ id: item.id, epoch: item.epoch, seenWakes: item.wakes, dueAt: retryAt }];
    let recorded = false;
    await this.engine.commit(
      item,
      (state, { now }) => {
        const open = taskOf(state, this.target(item)) !== undefined;
        const events = open ? decideTaskOutcome(state, { stageId, taskId, now }, run) : [];
        recorded = events.length > 0;
        return events;
      },
      { extra: { reschedule } },
    );
    return recorded ? { rescheduled: true } : { retryAt };
  }

  private async finish(item: WorkItem, run: TaskRun, { claim }: WorkContext): Promise<WorkOutcome> {
    const { stageId, taskId } = item.payload as TaskPayload;
    const committed = await this.engine.commit(
      item,
      (state, { now }) => {
        // The result of a task that has been cancelled or restarted meanwhile counts no more.
        if (taskOf(state, this.target(item)) === undefined) return [];
        return decideTaskOutcome(state, { stageId, taskId, now }, run);
      },
      { claim },
    );
    return doneWith(committed);
  }
}
