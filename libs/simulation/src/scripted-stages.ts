import type { StageState } from '@gennaker/execution';
import {
  defineStage,
  RetryableError,
  type StageDefinition,
  type TaskDefinition,
  type TaskInput,
  type TaskResult,
} from '@gennaker/stages';
import { z } from 'zod';
import type { MadeUpStageType, Outcome } from './simulation-request.js';
import { UntouchedError } from './untouched-ports.js';

const DEFAULT_POLL_MS = 1_000;

/** Counts runs, and says what each of them gives. */
export class Script {
  /** Runs by stage refId and task name. */
  readonly runs: Record<string, Record<string, number>> = {};
  readonly cleanUps: string[] = [];
  private readonly used = new Map<string, number>();
  private readonly underWay = new Map<string, { outcome: Outcome; until: number }>();

  constructor(private readonly outcomes: Record<string, Outcome[]>) {}

  /** Counts a run; the end of one that takes its time is not another. */
  count({ stage, workItemId }: TaskInput, task: string): void {
    if (this.underWay.has(workItemId)) return;
    const runs = (this.runs[stage.refId] ??= {});
    runs[task] = (runs[task] ?? 0) + 1;
  }

  /** The result of this run, or undefined where nothing is scripted and the task may do what it does. */
  next(
    { stage, now, workItemId }: TaskInput,
    { isMadeUp, backsOff }: { isMadeUp: boolean; backsOff: boolean },
  ): TaskResult | undefined {
    const waiting = this.underWay.get(workItemId);
    if (waiting !== undefined) {
      if (now < waiting.until) return { status: 'RUNNING', wakeAt: waiting.until };
      this.underWay.delete(workItemId);
      return give(waiting.outcome);
    }
    const script = this.scriptOf(stage, isMadeUp);
    if (script === undefined) return isMadeUp ? { status: 'SUCCEEDED' } : undefined;
    const index = this.used.get(stage.refId) ?? 0;
    this.used.set(stage.refId, index + 1);
    const outcome = script[Math.min(index, script.length - 1)]!;
    if (outcome.status === 'RUNNING' && outcome.error === undefined) {
      // The last one of a script goes on for ever: until it is judged, patched, cancelled or out of time.
      const last = index >= script.length - 1;
      // Without a duration of its own, the task's back-off says when it is looked at again.
      if (last || (backsOff && outcome.duration === undefined)) return give(outcome);
      return { ...give(outcome), wakeAt: now + (outcome.duration ?? DEFAULT_POLL_MS) };
    }
    const { duration = 0 } = outcome;
    if (duration === 0) return give(outcome);
    this.underWay.set(workItemId, { outcome, until: now + duration });
    return { status: 'RUNNING', wakeAt: now + duration };
  }

  private scriptOf(stage: StageState, isMadeUp: boolean): Outcome[] | undefined {
    for (const key of [stage.refId, stage.name, stage.type]) {
      if (Object.hasOwn(this.outcomes, key)) return this.outcomes[key];
    }
    return isMadeUp ? this.outcomes['*'] : undefined;
  }
}

function give({ status, error, retryable, context, outputs }: Outcome): TaskResult {
  if (error !== undefined) {
    if (retryable === true) throw new RetryableError(error);
    throw new Error(error);
  }
  return { status, ...(context && { context }), ...(outputs && { outputs }) };
}

/** A stage type that runs by the script where there is one, and otherwise as it always does, touching nothing. */
export function scripted(definition: StageDefinition, script: Script, isMadeUp = false): StageDefinition {
  return {
    ...definition,
    tasks: definition.tasks.map((task) => ({
      ...task,
      run: async (input) => {
        script.count(input, task.name);
        const outcome = script.next(input, { isMadeUp, backsOff: task.backoffMs !== undefined });
        if (outcome !== undefined) return outcome;
        try {
          return await task.run(input);
        } catch (error) {
          if (error instanceof UntouchedError) return { status: 'SUCCEEDED' };
          throw error;
        }
      },
    })),
    ...(definition.cleanUp && {
      cleanUp: ({ stage }) => {
        script.cleanUps.push(stage.refId);
        return Promise.resolve({});
      },
    }),
  };
}

/** A stage type that exists only in a simulation. */
export function madeUp(type: string, plan: MadeUpStageType): StageDefinition {
  const drafts = (list: MadeUpStageType['before']) =>
    list.map(({ name, requires, ...draft }) => ({
      ...draft,
      name: name ?? draft.type,
      ...(requires && { requires }),
    }));
  return defineStage({
    type,
    label: type,
    description: 'Made up for a simulation.',
    schema: z.looseObject({}),
    tasks: uniqueTasks(plan),
    plan: () => {
      if (plan.planningError !== undefined) throw new Error(plan.planningError);
      return plan.tasks.map((task) => task.name);
    },
    ...(plan.before.length > 0 && { before: () => drafts(plan.before) }),
    ...(plan.after.length > 0 && { after: () => drafts(plan.after) }),
    ...(plan.onFailure.length > 0 && { onFailure: () => drafts(plan.onFailure) }),
    ...(plan.skippable && { canSkip: () => true }),
    ...(plan.cleanUp && { cleanUp: () => Promise.resolve({}) }),
  });
}

function uniqueTasks(plan: MadeUpStageType): TaskDefinition[] {
  const tasks = new Map<string, TaskDefinition>();
  for (const { name, onTimeout, ...rest } of plan.tasks) {
    tasks.set(name, {
      name,
      run: () => ({ status: 'SUCCEEDED' }),
      ...rest,
      ...(onTimeout && { onTimeout: () => ({ status: onTimeout }) }),
    });
  }
  return [...tasks.values()];
}
