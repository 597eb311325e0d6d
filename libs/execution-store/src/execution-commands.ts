import type { EventMeta } from '@gennaker/event-store';
import {
  type Authentication,
  decideCancel,
  decideChangedRestart,
  decidePatchStage,
  decidePause,
  decideResume,
  type Delta,
  type ExecutionState,
  isComplete,
  isTrue,
  replay,
  type RestartChanges,
  settle,
  type StagePlanner,
} from '@gennaker/execution';
import type { Clock, IdGenerator, JsonObject } from '@gennaker/kernel';
import type { ExecutionStore } from './execution-store.js';

/** Who asks for something, and where it came from. */
export interface CommandBy {
  authentication: Authentication;
  /** What a judgment may ask of the one who gives it. */
  roles?: readonly string[];
  isAdmin?: boolean;
  meta?: EventMeta;
}

/** Cancelling asks no stage definition anything. */
const NO_PLANNER: StagePlanner = {
  plan: () => ({ kind: 'deferred' }),
  planAfter: () => ({ kind: 'deferred' }),
  planOnFailure: () => ({ kind: 'deferred' }),
};

/**
 * What people and other services may ask of an execution. Each command is an event when the promise resolves; what
 * follows from it is settled by orchestration's workers.
 */
export class ExecutionCommands {
  constructor(
    private readonly store: ExecutionStore,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
  ) {}

  /** Cancels at once: when the promise resolves, no stage of the execution runs any more. */
  async cancel(id: string, by: CommandBy, reason?: string): Promise<ExecutionState> {
    const now = this.clock.now();
    const { user } = by.authentication;
    const { state } = await this.store.transact(
      id,
      (before) => {
        const events = decideCancel(before, { user, reason, now, ids: this.ids });
        const asked = replay(events, before)!;
        return { events: [...events, ...settle(asked, { now, ids: this.ids, planner: NO_PLANNER })] };
      },
      metaOf(by),
    );
    return state;
  }

  async pause(id: string, by: CommandBy): Promise<ExecutionState> {
    const command = { user: by.authentication.user, now: this.clock.now() };
    return this.commit(id, by, (state) => decidePause(state, command), false);
  }

  async resume(id: string, by: CommandBy): Promise<ExecutionState> {
    const command = { user: by.authentication.user, now: this.clock.now() };
    return this.commit(id, by, (state) => decideResume(state, command), true);
  }

  /** Merges keys into a stage's context, and wakes the task that may wait for them. */
  async patchStage(id: string, stageId: string, context: Delta, by: CommandBy): Promise<ExecutionState> {
    const { authentication, roles, isAdmin } = by;
    const command = { stageId, context, authentication, now: this.clock.now(), judge: { roles, isAdmin } };
    const skips = isTrue(context['manualSkip']);
    return this.commit(id, by, (state) => decidePatchStage(state, command), skips);
  }

  /**
   * Restarts a stage. A pipeline that has waited for this execution, and has ended, follows it again: its stage is
   * restarted, too, and watches this execution instead of starting another.
   *
   * @throws NotSkippableError where `skip` is asked for a stage that people may not skip
   */
  async restartStage(
    id: string,
    stageId: string,
    by: CommandBy,
    changes: RestartChanges = {},
  ): Promise<ExecutionState> {
    const state = await this.restart(id, stageId, by, changes);
    await this.restartParent(state, by);
    return state;
  }

  private restart(
    id: string,
    stageId: string,
    by: CommandBy,
    { details, ...changes }: RestartChanges & { details?: JsonObject },
  ): Promise<ExecutionState> {
    const { authentication } = by;
    const command = {
      stageId,
      authentication,
      now: this.clock.now(),
      ids: this.ids,
      ...(details && { details }),
    };
    return this.commit(id, by, (state) => decideChangedRestart(state, command, changes), true);
  }

  private async restartParent({ id, name, trigger }: ExecutionState, by: CommandBy): Promise<void> {
    const { parentPipelineId: parentId, parentPipelineStageId: stageId } = trigger;
    if (typeof parentId !== 'string' || typeof stageId !== 'string') return;
    const parent = await this.store.find(parentId);
    const stage = parent?.stages[stageId];
    if (
      parent === undefined ||
      stage === undefined ||
      !isComplete(parent.status) ||
      !isComplete(stage.status)
    )
      return;
    // A parent that does not wait has nothing to follow.
    if (stage.type !== 'pipeline' || stage.config['waitForCompletion'] === false) return;
    const details = { _skipPipelineRestart: true, executionId: id, executionName: name };
    await this.restartParent(await this.restart(parentId, stageId, by, { details }), by);
  }

  private async commit(
    id: string,
    by: CommandBy,
    decide: (state: ExecutionState) => ReturnType<typeof decidePause>,
    settleAfter: boolean,
  ): Promise<ExecutionState> {
    // A command answers what it saw, so it must see the newest.
    await this.store.load(id);
    const { state } = await this.store.transact(
      id,
      (before) => ({ events: decide(before), settle: settleAfter }),
      metaOf(by),
    );
    return state;
  }
}

function metaOf(by: CommandBy): EventMeta {
  return { actor: by.authentication.user, ...by.meta };
}
