import type { JsonObject } from '@gennaker/kernel';
import type { Delta, NewTask } from './execution-events.js';
import type { ExecutionState, StagePlanFlags } from './execution-state.js';

/** A synthetic stage that a stage's definition asks for. */
export interface StageDraft {
  type: string;
  name: string;
  context: JsonObject;
  /** Positions, in the list of drafts, of those that must pass before this one starts. */
  requires?: number[];
}

/** What the definition of a stage makes of it. */
export type StagePlan =
  | {
      kind: 'planned';
      /** Keys whose values differ from the configuration, such as evaluated expressions. */
      context?: Delta;
      tasks: NewTask[];
      before: StageDraft[];
      flags: StagePlanFlags;
    }
  | { kind: 'skip'; reason: string }
  /** `hasOnFailure`: the stage's type plans stages that clean up after it, even so. */
  | { kind: 'failed'; exception: JsonObject; context?: Delta; hasOnFailure?: boolean }
  /** The outside world has to be asked first: a work item does it. */
  | { kind: 'deferred' };

export type SyntheticPlan =
  | { kind: 'planned'; stages: StageDraft[] }
  | { kind: 'failed'; exception: JsonObject; context?: Delta }
  | { kind: 'deferred' };

/** Knows the stage types. Pure; the one that the engine settles with. */
export interface StagePlanner {
  /** Tasks and before-stages of a stage that is about to run. */
  plan(state: ExecutionState, stageId: string, now: number): StagePlan;
  /** Stages that follow its tasks. */
  planAfter(state: ExecutionState, stageId: string, now: number): SyntheticPlan;
  /** Stages that clean up after its failure. */
  planOnFailure(state: ExecutionState, stageId: string, now: number): SyntheticPlan;
}
