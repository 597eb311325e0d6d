import type { JsonObject } from '@gennaker/kernel';
import type { ExecutionStatus } from './status.js';

export type ExecutionType = 'PIPELINE' | 'ORCHESTRATION';
export type SyntheticStageOwner = 'STAGE_BEFORE' | 'STAGE_AFTER';

export interface Authentication {
  user: string;
  allowedAccounts: string[];
  /** The user's roles at that time; absent where nobody signs in, and for administrators, who may do everything. */
  roles?: string[];
}

export interface Pause {
  pausedBy: string;
  pauseTime: number;
  resumedBy?: string;
  resumeTime?: number;
}

/** What an execution is from the start on. All times are milliseconds since the Unix epoch. */
export interface ExecutionHead {
  id: string;
  type: ExecutionType;
  application: string;
  name?: string;
  description?: string;
  pipelineConfigId?: string;
  rootId?: string;
  /** The request or trigger that it came from: all of its events are marked with it. */
  correlationId?: string;
  buildTime: number;
  startTimeExpiry?: number;
  limitConcurrent: boolean;
  maxConcurrentExecutions: number;
  keepWaitingPipelines: boolean;
  /** Cancelled when it has not completed so many minutes after its start. */
  maxDurationMinutes?: number;
  authentication: Authentication;
  origin: string;
  trigger: JsonObject;
  notifications: JsonObject[];
  initialConfig: JsonObject;
  spelEvaluator?: string;
  /** `lenient` keeps text whose expression fails, as Spinnaker does; `strict` fails the stage. */
  expressions?: 'strict' | 'lenient';
  templateVariables?: JsonObject;
  source?: JsonObject;
  additionalHeaders?: Record<string, string>;
}

export interface ExecutionState extends ExecutionHead {
  /** Number of events that made this state. */
  version: number;
  status: ExecutionStatus;
  startTime?: number;
  endTime?: number;
  canceled: boolean;
  canceledBy?: string;
  cancellationReason?: string;
  pauses: Pause[];
  /** The timer of `maxDurationMinutes`. */
  deadlineItem?: string;
  /** When `maxDurationMinutes` began to count anew: at a restart. Absent: at the start. */
  deadlineFrom?: number;
  /** Work items, of any execution, that wait for this one's end. */
  watchers: string[];
  stages: Record<string, StageState>;
  /** Ids of the stages: as submitted, each followed in time by what was planned. */
  stageOrder: string[];
  systemNotifications: JsonObject[];
}

export interface StageState {
  id: string;
  refId: string;
  requisiteStageRefIds: string[];
  type: string;
  name: string;
  status: ExecutionStatus;
  startTime?: number;
  endTime?: number;
  startTimeExpiry?: number;
  scheduledTime?: number;
  /** As configured: what a new attempt starts from. */
  config: JsonObject;
  context: JsonObject;
  outputs: JsonObject;
  tasks: TaskState[];
  syntheticStageOwner?: SyntheticStageOwner;
  parentStageId?: string;
  lastModified?: Authentication & { lastModifiedTime: number };
  /** 1 for the first. */
  attempt: number;
  /** Attempts that a restart or a retry has ended, oldest first. */
  pastAttempts: PastAttempt[];
  /** What the stage's definition said when it was planned; absent until then. */
  plan?: StagePlanFlags;
  afterPlanned: boolean;
  failurePlanned: boolean;
  /** Planning that waits for the outside world. */
  planItem?: { id: string; phase: PlanPhase };
  /** Clean-up after a cancellation. */
  cleanUpItem?: string;
  planningFailed: boolean;
  /** A retry waits until then. */
  notBefore?: { at: number; workItemId: string };
}

export type PlanPhase = 'start' | 'after' | 'failure';

export interface StagePlanFlags {
  hasAfter: boolean;
  hasOnFailure: boolean;
  hasCleanUp: boolean;
  /** A person may skip the stage while it runs. */
  canSkip?: boolean;
}

export interface PastAttempt {
  attempt: number;
  status: ExecutionStatus;
  startTime?: number;
  endTime?: number;
  endedBy: string;
  reason: 'restart' | 'retry';
  context: JsonObject;
  outputs: JsonObject;
  tasks: TaskState[];
  /** Synthetic stages of that attempt, as they were. */
  stages: StageState[];
}

export interface TaskState {
  /** `1`, `2`, … in the order of the stage's tasks. */
  id: string;
  name: string;
  implementingClass: string;
  status: ExecutionStatus;
  /** What the task itself said, where the stage's failure options made something else of it. */
  originalStatus?: ExecutionStatus;
  startTime?: number;
  endTime?: number;
  stageStart: boolean;
  stageEnd: boolean;
  loopStart: boolean;
  loopEnd: boolean;
  taskExceptionDetails: JsonObject;
  /** The open work item of a running task. */
  workItemId?: string;
  /** How often the task was started in this attempt of the stage: more than once only in a loop. */
  runs: number;
}

export function streamOf(executionId: string): string {
  return `execution-${executionId}`;
}

/** The stage with that id, if there is one; ids may come from outside. */
export function findStage(state: ExecutionState, stageId: string): StageState | undefined {
  return Object.hasOwn(state.stages, stageId) ? state.stages[stageId] : undefined;
}

export function stageOf(state: ExecutionState, stageId: string): StageState {
  const stage = findStage(state, stageId);
  if (stage === undefined) throw new Error(`execution ${state.id} has no stage ${stageId}`);
  return stage;
}

/** All stages, in order. */
export function stagesOf(state: ExecutionState): StageState[] {
  return state.stageOrder.map((id) => stageOf(state, id));
}
