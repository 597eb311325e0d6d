import { canonicalJson, IdGenerator } from '@gennaker/kernel';
import { Fold } from './evolve.js';
import type { ExecutionEvent, NewStage } from './execution-events.js';
import type { ExecutionState, PlanPhase } from './execution-state.js';
import type { StageDraft, StagePlan, StagePlanner, SyntheticPlan } from './planner.js';
import { settle } from './settle.js';

/** Where today's code decides otherwise than was recorded. */
export interface Difference {
  /** Version of the recorded event. */
  version: number;
  recorded: string;
  decided: string;
}

/** Events that only the engine makes, from what went before. */
const DERIVED = new Set<ExecutionEvent['type']>(['StageStarted', 'StageCompleted', 'TaskStarted']);

/**
 * Decides a recorded execution again: after each fact (a command, a task's result) the engine settles, with the recorded
 * plans, ids and times, and what it derives is compared with what was recorded. Undefined when all is the same.
 */
export function recheck(events: ExecutionEvent[]): Difference | undefined {
  const fold = new Fold();
  let index = 0;
  while (index < events.length) {
    const next = events[index]!;
    // A timer, or a command that only asked to settle, has no event of its own.
    const isFact = fold.current === undefined || !DERIVED.has(next.type) || isPartOfCancel(fold.state, next);
    if (isFact) {
      fold.apply(next);
      index += 1;
    }
    const derived = deriveAgain(fold.state, events.slice(index), isFact);
    if (derived.length === 0 && !isFact) {
      return { version: index + 1, recorded: nameOf(next), decided: 'nothing' };
    }
    for (const event of derived) {
      const recorded = events[index];
      if (recorded === undefined) return undefined;
      if (!same(event, recorded)) {
        return { version: index + 1, recorded: nameOf(recorded), decided: nameOf(event) };
      }
      fold.apply(recorded);
      index += 1;
    }
  }
  return undefined;
}

/** What the engine makes of a state now. Nothing, where the next recorded fact came before it had settled. */
function deriveAgain(state: ExecutionState, rest: ExecutionEvent[], afterFact: boolean): ExecutionEvent[] {
  const [next] = rest;
  if (next === undefined) return [];
  const derived = settle(state, {
    now: timeOf(next),
    ids: new RecordedIds(rest),
    planner: new RecordedPlans(rest),
  });
  const overtaken =
    afterFact && derived[0] !== undefined && !same(derived[0], next) && !DERIVED.has(next.type);
  return overtaken ? [] : derived;
}

/** A cancelled stage is completed inside a decision that began with another event of it. */
function isPartOfCancel(state: ExecutionState, event: ExecutionEvent): boolean {
  return event.type === 'StageCompleted' && state.canceled;
}

function timeOf(event: ExecutionEvent): number {
  return 'at' in event.data ? event.data.at : 0;
}

function same(a: ExecutionEvent, b: ExecutionEvent): boolean {
  return a.type === b.type && canonicalJson(withoutTime(a)) === canonicalJson(withoutTime(b));
}

function withoutTime({ data }: ExecutionEvent): object {
  const { at: _at, ...rest } = data as { at?: number };
  return JSON.parse(JSON.stringify(rest)) as object;
}

function nameOf({ type, data }: ExecutionEvent): string {
  const of = 'stageId' in data ? ` of ${data.stageId}` : '';
  const status = 'status' in data ? ` ${data.status}` : '';
  return `${type}${of}${status}`;
}

/** The ids that were handed out, in their order. */
class RecordedIds extends IdGenerator {
  private readonly ids: string[];

  constructor(events: ExecutionEvent[]) {
    super();
    this.ids = events.flatMap(idsIn);
  }

  next(): string {
    return this.ids.shift() ?? 'none';
  }
}

function idsIn({ type, data }: ExecutionEvent): string[] {
  switch (type) {
    case 'StagePlanned':
    case 'StageAfterPlanned':
    case 'StageFailurePlanned':
      return data.stages.map(({ id }) => id);
    case 'TaskStarted':
    case 'StagePlanDeferred':
    case 'StageCleanUpStarted':
      return [data.workItemId];
    case 'ExecutionCompleted':
      return data.nextItem === undefined ? [] : [data.nextItem];
    case 'StageRestarted':
      return data.reason === 'retry' && data.notBefore ? [data.notBefore.workItemId] : [];
    default:
      return [];
  }
}

/** What planning has come to, as it was recorded. */
class RecordedPlans implements StagePlanner {
  constructor(private readonly events: ExecutionEvent[]) {}

  plan(_state: ExecutionState, stageId: string): StagePlan {
    for (const { type, data } of this.events) {
      if (!('stageId' in data) || data.stageId !== stageId) continue;
      if (type === 'StagePlanned') {
        const { tasks, flags, context, stages } = data;
        return { kind: 'planned', tasks, flags, before: drafts(stages), ...(context && { context }) };
      }
      if (type === 'StageSkipped') return { kind: 'skip', reason: data.reason };
      if (type === 'StagePlanFailed') return { kind: 'failed', ...data };
      if (type === 'StagePlanDeferred') return { kind: 'deferred' };
    }
    return { kind: 'deferred' };
  }

  planAfter(_state: ExecutionState, stageId: string): SyntheticPlan {
    return this.synthetic(stageId, 'StageAfterPlanned', 'after');
  }

  planOnFailure(_state: ExecutionState, stageId: string): SyntheticPlan {
    return this.synthetic(stageId, 'StageFailurePlanned', 'failure');
  }

  private synthetic(
    stageId: string,
    planned: 'StageAfterPlanned' | 'StageFailurePlanned',
    phase: PlanPhase,
  ): SyntheticPlan {
    for (const { type, data } of this.events) {
      if (!('stageId' in data) || data.stageId !== stageId) continue;
      if (type === planned) return { kind: 'planned', stages: drafts(data.stages) };
      if ('phase' in data && data.phase !== phase) continue;
      if (type === 'StagePlanFailed') return { kind: 'failed', ...data };
      if (type === 'StagePlanDeferred') return { kind: 'deferred' };
    }
    return { kind: 'deferred' };
  }
}

function drafts(stages: NewStage[]): StageDraft[] {
  return stages.map(({ type, name, context, requisiteStageRefIds }) => ({
    type,
    name,
    context,
    requires: requisiteStageRefIds.map((ref) => stages.findIndex(({ refId }) => refId === ref)),
  }));
}
