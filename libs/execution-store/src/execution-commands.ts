import type { EventMeta } from '@gennaker/event-store';
import {
  type Authentication,
  decideCancel,
  decidePatchStage,
  decidePause,
  decideRestart,
  decideResume,
  type Delta,
  type ExecutionState,
  isTrue,
  replay,
  settle,
  type StagePlanner,
} from '@gennaker/execution';
import type { Clock, IdGenerator } from '@gennaker/kernel';
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

  async restartStage(id: string, stageId: string, by: CommandBy): Promise<ExecutionState> {
    const command = { stageId, user: by.authentication.user, now: this.clock.now() };
    return this.commit(id, by, (state) => decideRestart(state, command), true);
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
