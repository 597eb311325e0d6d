import type { JsonObject } from '@gennaker/kernel';
import type {
  Authentication,
  ExecutionHead,
  PlanPhase,
  StagePlanFlags,
  SyntheticStageOwner,
  TaskState,
} from './execution-state.js';
import type { ExecutionStatus } from './status.js';

/** A stage as it enters an execution. */
export interface NewStage {
  id: string;
  refId: string;
  requisiteStageRefIds: string[];
  type: string;
  name: string;
  context: JsonObject;
  startTimeExpiry?: number;
  syntheticStageOwner?: SyntheticStageOwner;
  parentStageId?: string;
}

export type NewTask = Pick<TaskState, 'id' | 'name' | 'implementingClass' | 'loopStart' | 'loopEnd'>;

/** Keys to set in a stage's context or outputs. A value replaces the former one whole. */
export type Delta = JsonObject;

interface OfStage {
  stageId: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
}

interface OfTask extends OfStage {
  taskId: string;
}

/** Everything that can happen to an execution. Times, ids and replies are recorded here, so that a replay asks nobody. */
export type ExecutionEvent =
  | { type: 'ExecutionSubmitted'; data: { execution: ExecutionHead; stages: NewStage[] } }
  | { type: 'ExecutionStarted'; data: { at: number; deadline?: { at: number; workItemId: string } } }
  | { type: 'ExecutionCancelRequested'; data: { at: number; user: string; reason?: string } }
  | { type: 'ExecutionPaused'; data: { at: number; user: string } }
  | { type: 'ExecutionResumed'; data: { at: number; user: string } }
  /** `nextItem` lets the next one of its configuration start, where that limits how many run. */
  | { type: 'ExecutionCompleted'; data: { at: number; status: ExecutionStatus; nextItem?: string } }
  /** Somebody waits for this execution's end, and is woken by it. */
  | { type: 'ExecutionWatched'; data: { at: number; workItemId: string } }
  | { type: 'StageStarted'; data: OfStage }
  | { type: 'StagePlanDeferred'; data: OfStage & { phase: PlanPhase; workItemId: string } }
  | {
      type: 'StagePlanned';
      data: OfStage & { context?: Delta; tasks: NewTask[]; stages: NewStage[]; flags: StagePlanFlags };
    }
  | { type: 'StageAfterPlanned'; data: OfStage & { stages: NewStage[] } }
  | { type: 'StageFailurePlanned'; data: OfStage & { stages: NewStage[] } }
  | {
      type: 'StagePlanFailed';
      data: OfStage & { phase: PlanPhase; exception: JsonObject; context?: Delta; hasOnFailure?: boolean };
    }
  | { type: 'StageSkipped'; data: OfStage & { reason: string } }
  | { type: 'StageCompleted'; data: OfStage & { status: ExecutionStatus; context?: Delta } }
  | { type: 'StagePatched'; data: OfStage & Authentication & { context: Delta } }
  | {
      type: 'StageRestarted';
      data: OfStage & {
        user: string;
        reason: 'restart' | 'retry';
        resets: string[];
        details: JsonObject;
        /** The execution takes its place in line again: others of its configuration may be running. */
        queued?: boolean;
        /** An execution that had ended may take as long again. */
        deadline?: { at: number; workItemId: string };
        /** The new attempt begins at this time, when the work item fires. */
        notBefore?: { at: number; workItemId: string };
      };
    }
  | { type: 'StageCleanUpStarted'; data: OfStage & { workItemId: string } }
  | {
      type: 'StageCleanUpCompleted';
      data: OfStage & { context?: Delta; outputs?: Delta; exception?: JsonObject };
    }
  | { type: 'TaskStarted'; data: OfTask & { workItemId: string } }
  | { type: 'TaskProgressed'; data: OfTask & { context?: Delta; outputs?: Delta } }
  | {
      type: 'TaskCompleted';
      data: OfTask & {
        status: ExecutionStatus;
        /** What the task said, before the stage's failure options were applied. */
        originalStatus: ExecutionStatus;
        context?: Delta;
        outputs?: Delta;
        exception?: JsonObject;
      };
    };

export type ExecutionEventType = ExecutionEvent['type'];
export type EventOf<T extends ExecutionEventType> = Extract<ExecutionEvent, { type: T }>;
