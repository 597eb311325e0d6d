import { assertNever, type JsonObject } from '@gennaker/kernel';
import type { Delta, EventOf, ExecutionEvent, NewStage } from './execution-events.js';
import { type ExecutionState, type StageState, stageOf, type TaskState } from './execution-state.js';
import { restarted } from './restarted.js';
import { toStage } from './to-stage.js';

/**
 * Folds one event into an execution's state. Pure and total: the state it is given stays as it is, the same events
 * always give the same state, and no event that was ever recorded makes it throw.
 *
 * Raise {@link FOLD_VERSION} when the same events would give another state: snapshots of the old fold are then ignored.
 */
export function evolve(state: ExecutionState | undefined, event: ExecutionEvent): ExecutionState {
  if (event.type === 'ExecutionSubmitted') return submitted(event.data);
  if (state === undefined) throw new Error(`${event.type} before ExecutionSubmitted`);
  return { ...change(state, event), version: state.version + 1 };
}

export const FOLD_VERSION = '2';

/** Folds a whole stream. Undefined for an empty one. */
export function replay(events: Iterable<ExecutionEvent>, from?: ExecutionState): ExecutionState | undefined {
  let state = from;
  for (const event of events) state = evolve(state, event);
  return state;
}

type Exists = Exclude<ExecutionEvent, { type: 'ExecutionSubmitted' }>;

function change(state: ExecutionState, event: Exists): ExecutionState {
  switch (event.type) {
    case 'ExecutionStarted':
    case 'ExecutionCancelRequested':
    case 'ExecutionPaused':
    case 'ExecutionResumed':
    case 'ExecutionCompleted':
    case 'ExecutionWatched':
      return changeExecution(state, event);
    case 'StageRestarted':
      return restarted(state, event.data);
    case 'StagePlanned':
      return withStages(
        withStage(state, event.data.stageId, (stage) => planned(stage, event.data)),
        event.data.stages,
      );
    case 'StageAfterPlanned':
      return withStages(
        withStage(state, event.data.stageId, (stage) => ({
          ...stage,
          afterPlanned: true,
          planItem: undefined,
        })),
        event.data.stages,
      );
    case 'StageFailurePlanned':
      return failurePlanned(state, event.data);
    case 'TaskStarted':
    case 'TaskProgressed':
    case 'TaskCompleted':
      return changeTask(state, event);
    default:
      return withStage(state, event.data.stageId, (stage) => changeStage(stage, event));
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
  return withStages(state, stages);
}

type OfExecution = EventOf<
  | 'ExecutionStarted'
  | 'ExecutionCancelRequested'
  | 'ExecutionPaused'
  | 'ExecutionResumed'
  | 'ExecutionCompleted'
  | 'ExecutionWatched'
>;

function changeExecution(state: ExecutionState, event: OfExecution): ExecutionState {
  switch (event.type) {
    case 'ExecutionStarted': {
      const { at, deadline } = event.data;
      return { ...state, status: 'RUNNING', startTime: at, deadlineItem: deadline?.workItemId };
    }
    case 'ExecutionCancelRequested': {
      const { user, reason } = event.data;
      return { ...state, canceled: true, canceledBy: user, cancellationReason: reason };
    }
    case 'ExecutionPaused': {
      const pause = { pausedBy: event.data.user, pauseTime: event.data.at };
      return mark({ ...state, pauses: [...state.pauses, pause] }, 'RUNNING', 'PAUSED');
    }
    case 'ExecutionResumed': {
      const { user, at } = event.data;
      const pauses = state.pauses.map((pause, index) =>
        index === state.pauses.length - 1 ? { ...pause, resumedBy: user, resumeTime: at } : pause,
      );
      return mark({ ...state, pauses }, 'PAUSED', 'RUNNING');
    }
    case 'ExecutionCompleted': {
      const { at, status } = event.data;
      return {
        ...state,
        status,
        canceled: state.canceled || status === 'CANCELED',
        endTime: at,
        deadlineItem: undefined,
        watchers: [],
      };
    }
    case 'ExecutionWatched':
      return { ...state, watchers: [...state.watchers, event.data.workItemId] };
    default:
      return assertNever(event);
  }
}

/** Moves the execution, and everything of it that is in one active status, to the other. */
function mark(state: ExecutionState, from: 'RUNNING' | 'PAUSED', to: 'RUNNING' | 'PAUSED'): ExecutionState {
  const stages: Record<string, StageState> = {};
  for (const [id, stage] of Object.entries(state.stages)) {
    stages[id] =
      stage.status === from
        ? {
            ...stage,
            status: to,
            tasks: stage.tasks.map((task) => (task.status === from ? { ...task, status: to } : task)),
          }
        : stage;
  }
  return { ...state, status: to, stages };
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
      const { user, allowedAccounts, at, context } = event.data;
      return {
        ...stage,
        context: merged(stage.context, context),
        lastModified: { user, allowedAccounts, lastModifiedTime: at },
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
    plan: stage.plan ?? { hasAfter: false, hasOnFailure: false, hasCleanUp: false },
    afterPlanned: true,
    context: {
      ...merged(stage.context, data.context),
      exception: data.exception,
      ...(data.phase === 'start' && { beforeStagePlanningFailed: true }),
    },
  };
}

/** Failure stages take the place of every synthetic stage that has not started. */
function failurePlanned(state: ExecutionState, data: EventOf<'StageFailurePlanned'>['data']): ExecutionState {
  const dropped = new Set(
    state.stageOrder.filter((id) => {
      const stage = stageOf(state, id);
      return stage.parentStageId === data.stageId && stage.status === 'NOT_STARTED';
    }),
  );
  const stages = Object.fromEntries(Object.entries(state.stages).filter(([id]) => !dropped.has(id)));
  const kept = { ...state, stages, stageOrder: state.stageOrder.filter((id) => !dropped.has(id)) };
  return withStages(
    withStage(kept, data.stageId, (stage) => ({ ...stage, failurePlanned: true, planItem: undefined })),
    data.stages,
  );
}

type OfOneTask = EventOf<'TaskStarted' | 'TaskProgressed' | 'TaskCompleted'>;

function changeTask(state: ExecutionState, event: OfOneTask): ExecutionState {
  const { stageId, taskId } = event.data;
  return withStage(state, stageId, (stage) => {
    switch (event.type) {
      case 'TaskStarted': {
        const { at, workItemId } = event.data;
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
  });
}

function taskCompleted(stage: StageState, data: EventOf<'TaskCompleted'>['data']): StageState {
  if (data.status === 'REDIRECT') return rewound(stage, data.taskId, data.at);
  const done = withTask(stage, data.taskId, (task) => ({
    ...task,
    status: data.status,
    endTime: data.at,
    workItemId: undefined,
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

function withStage(
  state: ExecutionState,
  stageId: string,
  update: (stage: StageState) => StageState,
): ExecutionState {
  return { ...state, stages: { ...state.stages, [stageId]: update(stageOf(state, stageId)) } };
}

function withStages(state: ExecutionState, added: NewStage[]): ExecutionState {
  if (added.length === 0) return state;
  const stages = { ...state.stages };
  for (const stage of added) stages[stage.id] = toStage(stage);
  return { ...state, stages, stageOrder: [...state.stageOrder, ...added.map((stage) => stage.id)] };
}

function withTask(stage: StageState, taskId: string, update: (task: TaskState) => TaskState): StageState {
  return { ...stage, tasks: stage.tasks.map((task) => (task.id === taskId ? update(task) : task)) };
}
