import {
  deadlineAt,
  decideCancel,
  decideChangedRestart,
  decidePatchStage,
  decidePause,
  decideResume,
  decideStart,
  decideTaskOutcome,
  effectsOf,
  type ExecutionEvent,
  type ExecutionState,
  type ExecutionStatus,
  isComplete,
  type PlanPhase,
  replay,
  settle,
  type SettleContext,
  settleDeferredPlan,
  stagesOf,
  taskOf,
  type WorkItemDraft,
} from '@gennaker/execution';
import { GennakerError, type IdGenerator, InvalidInputError, NotFoundError } from '@gennaker/kernel';
import {
  type PlanWithNeeds,
  RegistryPlanner,
  runStageTask,
  type StagePorts,
  withEffects,
} from '@gennaker/stages';
import type { Operation } from './simulation-request.js';

interface SimulatedItem extends WorkItemDraft {
  dueAt: number;
  order: number;
}

/** A stage's start or end, in the order in which they happened. */
export interface StageMoment {
  at: number;
  event: 'start' | 'end';
  refId: string;
  name: string;
  status: ExecutionStatus;
}

export interface SimulationParts {
  planner: RegistryPlanner;
  ports: StagePorts;
  ids: IdGenerator;
  /** Milliseconds since the Unix epoch. */
  now: number;
}

const NEVER = Number.POSITIVE_INFINITY;
/** More steps than any pipeline needs: one that takes more goes round in circles. */
const MOST_STEPS = 200_000;

/** An execution on a virtual clock: the engine's own decisions, with a list in memory in place of Postgres. */
export class Simulation {
  readonly events: ExecutionEvent[] = [];
  readonly moments: StageMoment[] = [];
  /** Operations that were refused, with why. */
  readonly refusals: { op: string; at: number; message: string; status: number }[] = [];
  now: number;
  private readonly items = new Map<string, SimulatedItem>();
  private order = 0;

  constructor(
    public state: ExecutionState,
    private readonly parts: SimulationParts,
  ) {
    this.now = parts.now;
  }

  /** Starts the execution, as soon as the clock runs. */
  start(): void {
    this.open({ id: this.parts.ids.next(), kind: 'settle', payload: {} });
  }

  /** Runs until nothing is due any more, or until `until` (milliseconds since the Unix epoch). */
  async run(operations: { at: number; operation: Operation }[] = [], until = NEVER): Promise<void> {
    const pending = [...operations].sort((a, b) => a.at - b.at);
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      const item = this.nextItem();
      const operation = pending[0];
      const dueAt = Math.min(item?.dueAt ?? NEVER, operation?.at ?? NEVER);
      if (dueAt === NEVER || dueAt > until) return;
      this.now = Math.max(this.now, dueAt);
      if (operation !== undefined && operation.at < (item?.dueAt ?? NEVER)) {
        pending.shift();
        this.operate(operation.operation);
      } else if (item !== undefined) {
        await this.handle(item);
      }
    }
    throw new InvalidInputError('simulation.endless', `the execution takes more than ${MOST_STEPS} steps`);
  }

  private nextItem(): SimulatedItem | undefined {
    let next: SimulatedItem | undefined;
    for (const item of this.items.values()) {
      if (
        next === undefined ||
        item.dueAt < next.dueAt ||
        (item.dueAt === next.dueAt && item.order < next.order)
      )
        next = item;
    }
    return next !== undefined && next.dueAt < NEVER ? next : undefined;
  }

  /** Applies one command of a person, at the time that it is now. A refused one is noted. */
  operate(operation: Operation): void {
    try {
      this.commit(this.decide(operation), true);
    } catch (error) {
      if (!(error instanceof GennakerError)) throw error;
      this.refusals.push({ op: operation.op, at: this.now, message: error.message, status: error.status });
    }
  }

  private decide(operation: Operation): ExecutionEvent[] {
    const { now } = this;
    const user = operation.user ?? this.state.authentication.user;
    const patch = (refId: string, context: Record<string, unknown>, roles?: string[]): ExecutionEvent[] =>
      decidePatchStage(this.state, {
        stageId: this.stageId(refId),
        context,
        authentication: { user, allowedAccounts: [] },
        now,
        judge: { roles },
      });
    switch (operation.op) {
      case 'cancel':
        return decideCancel(this.state, { user, reason: operation.reason, now });
      case 'pause':
        return decidePause(this.state, { user, now });
      case 'resume':
        return decideResume(this.state, { user, now });
      case 'restart':
        return decideChangedRestart(
          this.state,
          {
            stageId: this.stageId(operation.stage),
            authentication: { user, allowedAccounts: [] },
            now,
            ids: this.parts.ids,
          },
          operation,
        );
      case 'skip':
        return patch(operation.stage, { manualSkip: true });
      case 'patch':
        return patch(operation.stage, operation.context);
      case 'judge':
        return patch(
          operation.stage,
          {
            judgmentStatus: operation.judgment,
            ...(operation.input !== undefined && { judgmentInput: operation.input }),
          },
          operation.roles,
        );
    }
  }

  private stageId(refId: string): string {
    const stage = stagesOf(this.state).find((candidate) => candidate.refId === refId);
    if (stage === undefined)
      throw new NotFoundError('simulation.no_stage', `there is no stage ${refId} by now`);
    return stage.id;
  }

  private async handle(item: SimulatedItem): Promise<void> {
    switch (item.kind) {
      case 'settle':
        this.items.delete(item.id);
        return this.commit(
          this.state.status === 'NOT_STARTED' ? decideStart(this.state, this.context()) : [],
          true,
        );
      case 'plan':
        return this.plan(item);
      case 'task':
        return this.runTask(item);
      case 'cleanUp':
        return this.cleanUp(item);
      case 'startWaiting':
        this.items.delete(item.id);
        return;
      case 'deadline': {
        item.dueAt = deadlineAt(this.state, this.now);
        if (item.dueAt > this.now) return;
        this.items.delete(item.id);
        const reason = `it took longer than ${this.state.maxDurationMinutes} minutes`;
        return this.commit(decideCancel(this.state, { user: 'gennaker', reason, now: this.now }), true);
      }
    }
  }

  private async plan(item: SimulatedItem): Promise<void> {
    const { stageId, phase } = item.payload as { stageId: string; phase: PlanPhase };
    const { planner, ports } = this.parts;
    const options = { application: this.state.application, signal: new AbortController().signal };
    const given = await withEffects(
      ports,
      (effects): Partial<PlanWithNeeds> =>
        phase === 'start' ? planner.plan(this.state, stageId, this.now, effects) : {},
      options,
    );
    const result =
      phase === 'start'
        ? { phase, plan: planner.plan(this.state, stageId, this.now, given.effects) }
        : {
            phase,
            plan: planner[phase === 'after' ? 'planAfter' : 'planOnFailure'](this.state, stageId, this.now),
          };
    this.commit(settleDeferredPlan(this.state, stageId, result, this.context()), false);
  }

  private async runTask(item: SimulatedItem): Promise<void> {
    const { stageId, taskId } = item.payload as { stageId: string; taskId: string };
    const found = taskOf(this.state, { stageId, taskId, workItemId: item.id });
    if (found === undefined || this.state.status === 'PAUSED') {
      item.dueAt = NEVER;
      return;
    }
    const { planner, ports } = this.parts;
    const run = await runStageTask(planner, {
      ...found,
      state: this.state,
      workItemId: item.id,
      now: this.now,
      ports,
      signal: new AbortController().signal,
    });
    if (run.status === 'RUNNING') item.dueAt = run.nextRunAt ?? NEVER;
    this.commit(decideTaskOutcome(this.state, { stageId, taskId, now: this.now }, run), true);
  }

  private async cleanUp(item: SimulatedItem): Promise<void> {
    const { stageId } = item.payload as { stageId: string };
    const { planner, ports } = this.parts;
    const definition = planner.definitionOf(this.state, stageId);
    const input = planner.input(this.state, stageId, definition, this.now);
    const signal = new AbortController().signal;
    const result = (await definition.cleanUp?.({ ...input, ports, workItemId: item.id, signal })) ?? {};
    this.commit([{ type: 'StageCleanUpCompleted', data: { stageId, at: this.now, ...result } }], false);
  }

  private context(): SettleContext {
    const { ids, planner } = this.parts;
    return { now: this.now, ids, planner };
  }

  private commit(events: ExecutionEvent[], settles: boolean): void {
    const before = this.state;
    const decided = replay(events, before) ?? before;
    const all = settles ? [...events, ...settle(decided, this.context())] : events;
    const effects = effectsOf(before, all);
    for (const event of all) this.record(event);
    for (const id of effects.close) this.items.delete(id);
    for (const id of effects.wake) {
      const item = this.items.get(id);
      if (item !== undefined) item.dueAt = Math.min(item.dueAt, this.now);
    }
    for (const item of effects.open) this.open(item);
  }

  private record(event: ExecutionEvent): void {
    const before = this.state;
    this.events.push(event);
    this.state = replay([event], before)!;
    if (!('stageId' in event.data)) return;
    const { stageId } = event.data;
    const was = before.stages[stageId];
    const is = this.state.stages[stageId];
    if (was === undefined || is === undefined) return;
    const { refId, name, status } = is;
    if (event.type === 'StageStarted')
      this.moments.push({ at: this.now, event: 'start', refId, name, status });
    else if (!isComplete(was.status) && isComplete(status))
      this.moments.push({ at: this.now, event: 'end', refId, name, status });
  }

  private open(item: WorkItemDraft): void {
    this.order += 1;
    this.items.set(item.id, { ...item, dueAt: item.dueAt ?? this.now, order: this.order });
  }
}
