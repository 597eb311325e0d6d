import { assertNever, type JsonObject } from '@gennaker/kernel';
import type { Delta, EventOf, ExecutionEvent, NewStage } from './execution-events.js';
import {
  type ExecutionState,
  type StagePlanFlags,
  type StageState,
  stageOf,
  type TaskState,
} from './execution-state.js';
import { patched, restarted } from './restarted.js';
import { toStage } from './to-stage.js';

/**
 * Folds one event into an execution's state. Pure and total: the state it is given stays as it is, the same events
 * always give the same state, and no event that was ever recorded makes it throw.
 *
 * Raise {@link FOLD_VERSION} when the same events would give another state: snapshots of the old fold are then ignored.
 */
export function evolve(state: ExecutionState | undefined, event: ExecutionEvent): ExecutionState {
  const fold = new Fold(state);
  fold.apply(event);
  return fold.state;
}

export const FOLD_VERSION = '5';

/** Folds a whole stream. Undefined for an empty one. */
export function replay(events: Iterable<ExecutionEvent>, from?: ExecutionState): ExecutionState | undefined {
  const fold = new Fold(from);
  for (const event of events) fold.apply(event);
  return fold.current;
}

/**
 * Folds events one after the other into a state of its own: that of the start is copied once, not once for each event.
 * Stages and tasks are replaced when they change, so that one read before an event stays as it was.
 */
export class Fold {
  private draft: ExecutionState | undefined;
  private owned = false;

  constructor(from?: ExecutionState) {
    this.draft = from;
  }

  /** The state after the events so far; it changes with the next. Throws when there has been no event at all. */
  get state(): ExecutionState {
    if (this.draft === undefined) throw new Error('there is no execution before ExecutionSubmitted');
    return this.draft;
  }

  /** Like `state`, but undefined before the first event. */
  get current(): ExecutionState | undefined {
    return this.draft;
  }

  apply(event: ExecutionEvent): void {
    if (event.type === 'ExecutionSubmitted') {
      this.draft = submitted(event.data);
    } else {
      if (this.draft === undefined) throw new Error(`${event.type} before ExecutionSubmitted`);
      if (!this.owned) this.draft = { ...this.draft, stages: { ...this.draft.stages } };
      change(this.draft, event);
      this.draft.version += 1;
    }
    this.owned = true;
  }
}

type Exists = Exclude<ExecutionEvent, { type: 'ExecutionSubmitted' }>;

/** Changes a state that nobody else holds. */
function change(draft: ExecutionState, event: Exists): void {
  switch (event.type) {
    case 'ExecutionStarted':
    case 'ExecutionCancelRequested':
    case 'ExecutionPaused':
    case 'ExecutionResumed':
    case 'ExecutionCompleted':
    case 'ExecutionWatched':
      return changeExecution(draft, event);
    case 'StageRestarted':
      return void Object.assign(draft, restarted(draft, event.data));
    case 'StagePlanned':
      replaceStage(draft, event.data.stageId, (stage) => planned(stage, event.data));
      return addStages(draft, event.data.stages);
    case 'StageAfterPlanned':
      replaceStage(draft, event.data.stageId, (stage) => ({
        ...stage,
        afterPlanned: true,
        planItem: undefined,
      }));
      return addStages(draft, event.data.stages);
    case 'StageFailurePlanned':
      return failurePlanned(draft, event.data);
    case 'TaskStarted':
    case 'TaskProgressed':
    case 'TaskCompleted':
      return replaceStage(draft, event.data.stageId, (stage) => changeTask(stage, event));
    default:
      return replaceStage(draft, event.data.stageId, (stage) => changeStage(stage, event));
  }
}

function submitted({ execution, stages }: EventOf<'ExecutionSubmitted'>['data']): ExecutionState {
  const state: ExecutionState = {
    ...execution,
    version: 1,
    status: 'NOT_STARTED',
    canceled: false,
    pauses: [],
    watchers: [],
    stages: {},
    stageOrder: [],
    systemNotifications: [],
  };
  addStages(state, stages);
  return state;
}

type OfExecution = EventOf<
  | 'ExecutionStarted'
  | 'ExecutionCancelRequested'
  | 'ExecutionPaused'
  | 'ExecutionResumed'
  | 'ExecutionCompleted'
  | 'ExecutionWatched'
>;

function changeExecution(draft: ExecutionState, event: OfExecution): void {
  switch (event.type) {
    case 'ExecutionStarted':
      draft.status = 'RUNNING';
      draft.startTime = event.data.at;
      draft.deadlineItem = event.data.deadline?.workItemId;
      draft.deadlineFrom = undefined;
      return;
    case 'ExecutionCancelRequested':
      draft.canceled = true;
      draft.canceledBy = event.data.user;
      draft.cancellationReason = event.data.reason;
      return;
    case 'ExecutionPaused':
      draft.pauses = [...draft.pauses, { pausedBy: event.data.user, pauseTime: event.data.at }];
      return mark(draft, 'RUNNING', 'PAUSED');
    case 'ExecutionResumed': {
      const { user, at } = event.data;
      draft.pauses = draft.pauses.map((pause, index) =>
        index === draft.pauses.length - 1 ? { ...pause, resumedBy: user, resumeTime: at } : pause,
      );
      return mark(draft, 'PAUSED', 'RUNNING');
    }
    case 'ExecutionCompleted': {
      const { at, status } = event.data;
      draft.status = status;
      draft.canceled ||= status === 'CANCELED';
      draft.endTime = at;
      draft.deadlineItem = undefined;
      draft.watchers = [];
      return;
    }
    case 'ExecutionWatched':
      draft.watchers = [...draft.watchers, event.data.workItemId];
      return;
    default:
      return assertNever(event);
  }
}

/** Moves the execution, and everything of it that is in one active status, to the other. */
function mark(draft: ExecutionState, from: 'RUNNING' | 'PAUSED', to: 'RUNNING' | 'PAUSED'): void {
  draft.status = to;
  for (const [id, stage] of Object.entries(draft.stages)) {
    if (stage.status !== from) continue;
    const tasks = stage.tasks.map((task) => (task.status === from ? { ...task, status: to } : task));
    draft.stages[id] = { ...stage, status: to, tasks };
  }
}

type OfOneStage = EventOf<
  | 'StageStarted'
  | 'StagePlanDeferred'
  | 'StagePlanFailed'
  | 'StageSkipped'
  | 'StageCompleted'
  | 'StagePatched'
  | 'StageCleanUpStarted'
  | 'StageCleanUpCompleted'
>;

function changeStage(stage: StageState, event: OfOneStage): StageState {
  switch (event.type) {
    case 'StageStarted':
      return { ...stage, status: 'RUNNING', startTime: event.data.at, notBefore: undefined };
    case 'StagePlanDeferred':
      return { ...stage, planItem: { id: event.data.workItemId, phase: event.data.phase } };
    case 'StagePlanFailed':
      return planFailed(stage, event.data);
    case 'StageSkipped':
      return { ...stage, status: 'SKIPPED', endTime: event.data.at, planItem: undefined };
    case 'StageCompleted':
      return {
        ...stage,
        status: event.data.status,
        endTime: event.data.at,
        planItem: undefined,
        context: merged(stage.context, event.data.context),
      };
    case 'StagePatched': {
      const { user, allowedAccounts, roles, at, context } = event.data;
      return {
        ...stage,
        ...patched(stage, context),
        lastModified: { user, allowedAccounts, ...(roles && { roles }), lastModifiedTime: at },
      };
    }
    case 'StageCleanUpStarted':
      return { ...stage, cleanUpItem: event.data.workItemId };
    case 'StageCleanUpCompleted':
      return {
        ...stage,
        cleanUpItem: undefined,
        context: merged(stage.context, event.data.context),
        outputs: merged(stage.outputs, event.data.outputs),
      };
    default:
      return assertNever(event);
  }
}

function planned(stage: StageState, data: EventOf<'StagePlanned'>['data']): StageState {
  const last = data.tasks.length - 1;
  return {
    ...stage,
    context: merged(stage.context, data.context),
    tasks: data.tasks.map((task, index) => ({
      ...task,
      status: 'NOT_STARTED',
      stageStart: index === 0,
      stageEnd: index === last,
      taskExceptionDetails: {},
      runs: 0,
    })),
    plan: data.flags,
    planItem: undefined,
  };
}

function planFailed(stage: StageState, data: EventOf<'StagePlanFailed'>['data']): StageState {
  return {
    ...stage,
    planItem: undefined,
    planningFailed: true,
    plan: planAfterFailure(stage, data),
    afterPlanned: true,
    context: {
      ...merged(stage.context, data.context),
      // What made the stage fail says more than why nothing cleans up after it.
      exception: (data.phase === 'failure' ? stage.context['exception'] : undefined) ?? data.exception,
      ...(data.phase === 'start' && { beforeStagePlanningFailed: true }),
    },
  };
}

/** Stages that clean up after a failure are planned once: where that fails there are none. */
function planAfterFailure(
  { plan }: StageState,
  { phase, hasOnFailure = false }: EventOf<'StagePlanFailed'>['data'],
): StagePlanFlags {
  const known = plan ?? { hasAfter: false, hasOnFailure, hasCleanUp: false };
  return phase === 'failure' ? { ...known, hasOnFailure: false } : known;
}

/** Failure stages take the place of every synthetic stage that has not started. */
function failurePlanned(draft: ExecutionState, data: EventOf<'StageFailurePlanned'>['data']): void {
  const dropped = new Set(
    draft.stageOrder.filter((id) => {
      const stage = stageOf(draft, id);
      return stage.parentStageId === data.stageId && stage.status === 'NOT_STARTED';
    }),
  );
  draft.stages = Object.fromEntries(Object.entries(draft.stages).filter(([id]) => !dropped.has(id)));
  draft.stageOrder = draft.stageOrder.filter((id) => !dropped.has(id));
  replaceStage(draft, data.stageId, (stage) => ({ ...stage, failurePlanned: true, planItem: undefined }));
  addStages(draft, data.stages);
}

type OfOneTask = EventOf<'TaskStarted' | 'TaskProgressed' | 'TaskCompleted'>;

function changeTask(stage: StageState, event: OfOneTask): StageState {
  switch (event.type) {
    case 'TaskStarted': {
      const { at, taskId, workItemId } = event.data;
      return withTask(stage, taskId, (task) => ({
        ...task,
        status: 'RUNNING',
        startTime: at,
        endTime: undefined,
        workItemId,
        runs: task.runs + 1,
      }));
    }
    case 'TaskProgressed':
      return delivered(stage, event.data);
    case 'TaskCompleted':
      return taskCompleted(delivered(stage, event.data), event.data);
    default:
      return assertNever(event);
  }
}

function taskCompleted(stage: StageState, data: EventOf<'TaskCompleted'>['data']): StageState {
  if (data.status === 'REDIRECT') return rewound(stage, data.taskId, data.at);
  const done = withTask(stage, data.taskId, (task) => ({
    ...task,
    status: data.status,
    endTime: data.at,
    ...(data.originalStatus !== data.status && { originalStatus: data.originalStatus }),
    taskExceptionDetails:
      data.exception === undefined ? task.taskExceptionDetails : { exception: data.exception },
  }));
  return data.exception === undefined
    ? done
    : { ...done, context: { ...done.context, exception: data.exception } };
}

/** The loop that a task ends starts again: its tasks, from the loop's first on, are as if they had not run. */
function rewound(stage: StageState, taskId: string, at: number): StageState {
  const end = stage.tasks.findIndex((task) => task.id === taskId);
  let start = end;
  while (start > 0 && !stage.tasks[start]!.loopStart) start -= 1;
  return {
    ...stage,
    tasks: stage.tasks.map((task, index) =>
      index < start || index > end
        ? task
        : {
            ...task,
            status: 'NOT_STARTED',
            endTime: index === end ? at : task.endTime,
            workItemId: undefined,
          },
    ),
  };
}

function delivered(stage: StageState, data: { context?: Delta; outputs?: Delta }): StageState {
  if (data.context === undefined && data.outputs === undefined) return stage;
  return {
    ...stage,
    context: merged(stage.context, data.context),
    outputs: merged(stage.outputs, data.outputs),
    ...(typeof data.context?.['scheduledTime'] === 'number' && {
      scheduledTime: data.context['scheduledTime'],
    }),
  };
}

function merged(value: JsonObject, delta: Delta | undefined): JsonObject {
  return delta === undefined ? value : { ...value, ...delta };
}

function replaceStage(
  draft: ExecutionState,
  stageId: string,
  update: (stage: StageState) => StageState,
): void {
  draft.stages[stageId] = update(stageOf(draft, stageId));
}

function addStages(draft: ExecutionState, added: NewStage[]): void {
  if (added.length === 0) return;
  for (const stage of added) draft.stages[stage.id] = toStage(stage);
  draft.stageOrder = [...draft.stageOrder, ...added.map((stage) => stage.id)];
}

function withTask(stage: StageState, taskId: string, update: (task: TaskState) => TaskState): StageState {
  return { ...stage, tasks: stage.tasks.map((task) => (task.id === taskId ? update(task) : task)) };
}
