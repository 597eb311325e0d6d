import type { IdGenerator } from '@gennaker/kernel';
import { executionStatus, failureStatus, stageStatus } from './aggregate.js';
import { isLimited } from './concurrency.js';
import { isTrue } from './context.js';
import { Fold } from './evolve.js';
import { expressionErrors, hasFailedExpressions } from './expression-errors.js';
import type { ExecutionEvent, NewStage } from './execution-events.js';
import {
  type ExecutionState,
  type PlanPhase,
  stageOf,
  type StageState,
  type SyntheticStageOwner,
  type TaskState,
} from './execution-state.js';
import {
  afterStages,
  beforeStages,
  childrenOf,
  requisitesOf,
  requisitesPassed,
  topLevelStages,
} from './graph.js';
import type { StageDraft, StagePlan, StagePlanner, SyntheticPlan } from './planner.js';
import { retryOf } from './retry.js';
import { type ExecutionStatus, isActive, isComplete, isHalt, isPassed } from './status.js';

export interface SettleContext {
  /** Milliseconds since the Unix epoch. */
  now: number;
  ids: IdGenerator;
  planner: StagePlanner;
}

/**
 * Derives every transition that needs no outside effect, and repeats until nothing moves: stages start when their
 * requisites have passed, tasks follow each other, stages and the execution complete. Returns the events; one append
 * commits them all.
 */
export function settle(state: ExecutionState, context: SettleContext): ExecutionEvent[] {
  const settling = new Settling(state, context);
  settling.run();
  return settling.events;
}

/** Records the result of planning that had to ask the outside world, and settles on from there. */
export function settleDeferredPlan(
  state: ExecutionState,
  stageId: string,
  result: { phase: 'start'; plan: StagePlan } | { phase: 'after' | 'failure'; plan: SyntheticPlan },
  context: SettleContext,
): ExecutionEvent[] {
  const settling = new Settling(state, context);
  if (result.phase === 'start') settling.applyPlan(stageId, result.plan);
  else settling.applySynthetic(stageId, result.phase, result.plan);
  settling.run();
  return settling.events;
}

class Settling {
  readonly events: ExecutionEvent[] = [];

  private readonly fold: Fold;

  constructor(
    state: ExecutionState,
    private readonly context: SettleContext,
  ) {
    this.fold = new Fold(state);
  }

  private get state(): ExecutionState {
    return this.fold.state;
  }

  run(): void {
    if (this.state.status !== 'RUNNING' && !(this.state.status === 'PAUSED' && this.state.canceled)) return;
    if (this.state.canceled) return this.complete('CANCELED');
    let settled = -1;
    while (settled !== this.events.length && this.state.status === 'RUNNING') {
      settled = this.events.length;
      for (const stage of topLevelStages(this.state)) this.advance(stage.id);
      this.advanceExecution();
    }
  }

  private emit(event: ExecutionEvent): void {
    this.events.push(event);
    this.fold.apply(event);
  }

  /** Moves one stage, and what it consists of, as far as it goes. */
  private advance(stageId: string): void {
    const stage = stageOf(this.state, stageId);
    if (stage.status === 'NOT_STARTED') {
      if (requisitesPassed(this.state, stage)) this.start(stage);
    }
    if (stageOf(this.state, stageId).status === 'RUNNING') this.progress(stageId);
  }

  private start(stage: StageState): void {
    const { now } = this.context;
    if (stage.notBefore !== undefined && now < stage.notBefore.at) return;
    if (stage.startTimeExpiry !== undefined && now > stage.startTimeExpiry) {
      this.emit({
        type: 'StageSkipped',
        data: { stageId: stage.id, at: now, reason: 'its start time has expired' },
      });
      return;
    }
    const plan = this.context.planner.plan(this.state, stage.id, now);
    const of = { stageId: stage.id, at: now };
    if (plan.kind !== 'skip') this.emit({ type: 'StageStarted', data: of });
    this.applyPlan(stage.id, plan);
  }

  /** Records what came of planning a stage. */
  applyPlan(stageId: string, plan: StagePlan): void {
    const of = { stageId, at: this.context.now };
    switch (plan.kind) {
      case 'planned':
        this.emit({
          type: 'StagePlanned',
          data: {
            ...of,
            ...(plan.context && { context: plan.context }),
            tasks: plan.tasks,
            stages: this.synthetic(stageId, plan.before, 'STAGE_BEFORE'),
            flags: plan.flags,
          },
        });
        break;
      case 'skip':
        this.emit({ type: 'StageSkipped', data: { ...of, reason: plan.reason } });
        break;
      case 'failed':
        this.planFailed(stageId, 'start', plan);
        break;
      case 'deferred':
        this.defer(stageId, 'start');
        break;
    }
  }

  private defer(stageId: string, phase: PlanPhase): void {
    const { now, ids } = this.context;
    this.emit({ type: 'StagePlanDeferred', data: { stageId, at: now, phase, workItemId: ids.next() } });
  }

  private planFailed(
    stageId: string,
    phase: PlanPhase,
    plan: { exception: object; context?: object; hasOnFailure?: boolean },
  ): void {
    const { now } = this.context;
    this.emit({
      type: 'StagePlanFailed',
      data: {
        stageId,
        at: now,
        phase,
        exception: { ...plan.exception },
        ...(plan.context && { context: { ...plan.context } }),
        ...(plan.hasOnFailure === true && { hasOnFailure: true }),
      },
    });
  }

  private progress(stageId: string): void {
    const stage = stageOf(this.state, stageId);
    if (stage.plan?.canSkip === true && isTrue(stage.context['manualSkip'])) return this.skip(stageId);
    if (stage.planItem !== undefined || stage.plan === undefined) return;
    if (stage.failurePlanned) {
      for (const after of afterStages(this.state, stageId)) this.advance(after.id);
      return this.endIfEnded(stageId);
    }
    if (this.hasEnded(stage)) return this.end(stageId);
    if (!this.advanceAll(stageId, beforeStages)) return this.end(stageId);
    if (!beforeStages(this.state, stageId).every((before) => isPassed(before.status)))
      return this.endIfEnded(stageId);
    if (!this.tasksDone(stageId)) return;
    this.advanceAfter(stageId);
  }

  private endIfEnded(stageId: string): void {
    const stage = stageOf(this.state, stageId);
    if (this.hasEnded(stage)) this.end(stageId);
  }

  /** Starts the next task if none runs. True when all tasks are done. */
  private tasksDone(stageId: string): boolean {
    const { tasks } = stageOf(this.state, stageId);
    const next = tasks.find((task) => !isComplete(task.status));
    if (next === undefined) return true;
    if (next.status === 'NOT_STARTED') {
      const { now, ids } = this.context;
      this.emit({ type: 'TaskStarted', data: { stageId, taskId: next.id, at: now, workItemId: ids.next() } });
    }
    return false;
  }

  private advanceAfter(stageId: string): void {
    const stage = stageOf(this.state, stageId);
    if (!stage.afterPlanned && !stage.failurePlanned) {
      if (stage.plan?.hasAfter === true) this.planSynthetic(stageId, 'after');
      else this.emit({ type: 'StageAfterPlanned', data: { stageId, at: this.context.now, stages: [] } });
      if (stageOf(this.state, stageId).planItem !== undefined) return;
    }
    this.advanceAll(stageId, afterStages);
    this.endIfEnded(stageId);
  }

  /** Moves synthetic stages one by one; false, without starting the rest, as soon as one of them ends the stage. */
  private advanceAll(stageId: string, which: typeof beforeStages): boolean {
    for (const child of which(this.state, stageId)) {
      this.advance(child.id);
      if (this.endsParent(stageOf(this.state, child.id))) return false;
    }
    return true;
  }

  /** Whether nothing of the stage may run any more: all has passed, or a part of it has failed. */
  private hasEnded(stage: StageState): boolean {
    if (stage.failurePlanned) return this.failureStagesEnded(stage);
    if (stage.planningFailed) return true;
    if (stage.tasks.some(endsStage)) return true;
    const children = childrenOf(this.state, stage.id);
    if (children.some((child) => this.endsParent(child))) return true;
    return (
      stage.afterPlanned &&
      stage.tasks.every((task) => isComplete(task.status)) &&
      children.every((child) => isComplete(child.status))
    );
  }

  private failureStagesEnded(stage: StageState): boolean {
    const after = afterStages(this.state, stage.id);
    return after.every((child) => isComplete(child.status)) || this.stuck(after);
  }

  /** A failure stage that failed holds up those that wait for it. */
  private stuck(after: StageState[]): boolean {
    return after.every(
      (child) =>
        isComplete(child.status) ||
        (child.status === 'NOT_STARTED' &&
          requisitesOf(this.state, child).some((other) => isHalt(other.status))),
    );
  }

  private endsParent(child: StageState): boolean {
    if (isHalt(child.status)) return true;
    return (
      child.status === 'FAILED_CONTINUE' && !isTrue(child.context['allowSiblingStagesToContinueOnFailure'])
    );
  }

  private end(stageId: string): void {
    const stage = stageOf(this.state, stageId);
    const status = this.endStatus(stage);
    if (this.wantsFailureStages(stage, status)) {
      this.cancelWithin(stageId);
      this.planSynthetic(stageId, 'failure');
      return this.progress(stageId);
    }
    this.completeStage(stageId, status);
  }

  /** A person skips the stage: what it consists of and has not ended is skipped with it. */
  private skip(stageId: string): void {
    const { now } = this.context;
    const reason = 'skipped by hand';
    this.endTasks(stageId, 'SKIPPED');
    for (const child of childrenOf(this.state, stageId)) if (!isComplete(child.status)) this.skip(child.id);
    this.emit({ type: 'StageSkipped', data: { stageId, at: now, reason } });
    this.cleanUp(stageId);
  }

  private endStatus(stage: StageState): ExecutionStatus {
    if (isTrue(stage.context['failOnFailedExpressions']) && hasFailedExpressions(stage)) return 'TERMINAL';
    const empty = stage.tasks.length === 0 && childrenOf(this.state, stage.id).length === 0;
    if (empty && !stage.planningFailed) return 'SKIPPED';
    const status = stageStatus(this.state, stage);
    // What ends a stage early may leave parts of it running: they are cancelled, and do not decide.
    return status === 'RUNNING' || status === 'NOT_STARTED' ? failureStatus(stage) : status;
  }

  private wantsFailureStages(stage: StageState, status: ExecutionStatus): boolean {
    return (
      stage.plan?.hasOnFailure === true &&
      !stage.failurePlanned &&
      (status === 'TERMINAL' || status === 'STOPPED')
    );
  }

  private planSynthetic(stageId: string, phase: 'after' | 'failure'): void {
    const { planner, now } = this.context;
    const plan =
      phase === 'after'
        ? planner.planAfter(this.state, stageId, now)
        : planner.planOnFailure(this.state, stageId, now);
    this.applySynthetic(stageId, phase, plan);
  }

  /** Records what came of planning the stages that follow a stage's tasks, or its failure. */
  applySynthetic(stageId: string, phase: 'after' | 'failure', plan: SyntheticPlan): void {
    const { now } = this.context;
    switch (plan.kind) {
      case 'planned': {
        const drafts = phase === 'after' ? plan.stages : linear(plan.stages);
        const stages = this.synthetic(stageId, drafts, 'STAGE_AFTER');
        this.emit({
          type: phase === 'after' ? 'StageAfterPlanned' : 'StageFailurePlanned',
          data: { stageId, at: now, stages },
        });
        break;
      }
      case 'failed':
        this.planFailed(stageId, phase, plan);
        break;
      case 'deferred':
        this.defer(stageId, phase);
        break;
    }
  }

  private completeStage(stageId: string, status: ExecutionStatus): void {
    if (isHalt(status) || status === 'FAILED_CONTINUE') this.cancelWithin(stageId);
    const { now } = this.context;
    const context = expressionErrors(stageOf(this.state, stageId), now);
    this.emit({ type: 'StageCompleted', data: { stageId, at: now, status, ...(context && { context }) } });
    if (isHalt(status)) this.cleanUp(stageId);
    const retry = retryOf(stageOf(this.state, stageId), status, this.context);
    if (retry !== undefined) this.emit(retry);
  }

  /** Cancels what still runs inside a stage that has ended for other reasons. */
  private cancelWithin(stageId: string): void {
    this.endTasks(stageId, 'CANCELED');
    for (const child of childrenOf(this.state, stageId))
      if (isActive(child.status)) this.cancelStage(child.id);
  }

  private endTasks(stageId: string, status: ExecutionStatus): void {
    for (const { id: taskId } of stageOf(this.state, stageId).tasks.filter((task) => isActive(task.status))) {
      const data = { stageId, taskId, at: this.context.now, status, originalStatus: status };
      this.emit({ type: 'TaskCompleted', data });
    }
  }

  private cancelStage(stageId: string): void {
    this.cancelWithin(stageId);
    this.emit({ type: 'StageCompleted', data: { stageId, at: this.context.now, status: 'CANCELED' } });
    this.cleanUp(stageId);
  }

  /** The stage's own clean-up runs beside, and does not hold anything up. */
  private cleanUp(stageId: string): void {
    const stage = stageOf(this.state, stageId);
    if (stage.plan?.hasCleanUp !== true || stage.cleanUpItem !== undefined) return;
    const { now, ids } = this.context;
    this.emit({ type: 'StageCleanUpStarted', data: { stageId, at: now, workItemId: ids.next() } });
  }

  private advanceExecution(): void {
    const status = executionStatus(this.state);
    if (isComplete(status)) this.complete(status);
  }

  private complete(status: ExecutionStatus): void {
    for (const stage of topLevelStages(this.state)) if (isActive(stage.status)) this.cancelStage(stage.id);
    const { now, ids } = this.context;
    const next = isLimited(this.state) ? { nextItem: ids.next() } : {};
    this.emit({ type: 'ExecutionCompleted', data: { at: now, status, ...next } });
  }

  private synthetic(parentStageId: string, drafts: StageDraft[], owner: SyntheticStageOwner): NewStage[] {
    const parent = stageOf(this.state, parentStageId);
    const existing = childrenOf(this.state, parentStageId).filter(
      (child) => child.syntheticStageOwner === owner,
    ).length;
    const refOf = (index: number): string =>
      `${parent.refId}${owner === 'STAGE_BEFORE' ? '<' : '>'}${existing + index + 1}`;
    return drafts.map((draft, index) => ({
      id: this.context.ids.next(),
      refId: refOf(index),
      requisiteStageRefIds: (draft.requires ?? []).map(refOf),
      type: draft.type,
      name: draft.name,
      context: draft.context,
      syntheticStageOwner: owner,
      parentStageId,
    }));
  }
}

/** A task's end that ends its stage at once: a halt, or a failure that the stage's options turned into a pass. */
function endsStage(task: TaskState): boolean {
  return isHalt(task.status) || (task.status === 'FAILED_CONTINUE' && task.originalStatus !== undefined);
}

function linear(drafts: StageDraft[]): StageDraft[] {
  return drafts.map((draft, index) => ({ ...draft, requires: index === 0 ? [] : [index - 1] }));
}
