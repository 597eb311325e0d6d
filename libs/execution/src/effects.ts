import { deadlineAt } from './deadline.js';
import { Fold } from './evolve.js';
import type { ExecutionEvent } from './execution-events.js';
import { type ExecutionState, stageOf, type StageState } from './execution-state.js';
import { descendantsOf } from './graph.js';
import { isActive } from './status.js';

/** The kinds of work that an execution asks of orchestration's workers. */
export const ORCA_WORK = ['settle', 'plan', 'task', 'cleanUp', 'deadline', 'startWaiting'] as const;
export type OrcaWork = (typeof ORCA_WORK)[number];

export interface WorkItemDraft {
  id: string;
  kind: OrcaWork;
  payload: object;
  /** Milliseconds since the Unix epoch. Absent: at once. */
  dueAt?: number;
}

export interface Effects {
  open: WorkItemDraft[];
  close: string[];
  wake: string[];
}

/** The work items that events open, close and wake, so that they can commit with them; and the state after them. */
export function effectsOf(
  before: ExecutionState,
  events: ExecutionEvent[],
): Effects & { after: ExecutionState } {
  const open = new Map<string, WorkItemDraft>();
  const close = new Set<string>();
  const wake = new Set<string>();
  const fold = new Fold(before);
  for (const event of events) {
    for (const id of closedBy(fold.state, event)) {
      // Opened and closed by the same append: nobody needs to hear of it.
      if (!open.delete(id)) close.add(id);
    }
    for (const id of woken(fold.state, event)) wake.add(id);
    for (const item of opened(event)) open.set(item.id, item);
    fold.apply(event);
  }
  return {
    open: [...open.values()],
    close: [...close],
    wake: [...wake].filter((id) => !open.has(id)),
    after: fold.state,
  };
}

function opened(event: ExecutionEvent): WorkItemDraft[] {
  switch (event.type) {
    case 'TaskStarted': {
      const { stageId, taskId, workItemId } = event.data;
      return [{ id: workItemId, kind: 'task', payload: { stageId, taskId } }];
    }
    case 'StagePlanDeferred': {
      const { stageId, phase, workItemId } = event.data;
      return [{ id: workItemId, kind: 'plan', payload: { stageId, phase } }];
    }
    case 'StageCleanUpStarted':
      return [{ id: event.data.workItemId, kind: 'cleanUp', payload: { stageId: event.data.stageId } }];
    case 'StageRestarted': {
      const { notBefore, deadline } = event.data;
      return [...timer('settle', notBefore), ...timer('deadline', deadline)];
    }
    case 'ExecutionCompleted': {
      const { nextItem } = event.data;
      return nextItem === undefined ? [] : [{ id: nextItem, kind: 'startWaiting', payload: {} }];
    }
    case 'ExecutionStarted': {
      return timer('deadline', event.data.deadline);
    }
    default:
      return [];
  }
}

function timer(kind: OrcaWork, at: { at: number; workItemId: string } | undefined): WorkItemDraft[] {
  return at === undefined ? [] : [{ id: at.workItemId, kind, payload: {}, dueAt: at.at }];
}

/** Events after which a stage's planning waits for nothing any more. */
const PLANNING_ENDS = new Set<ExecutionEvent['type']>([
  'StagePlanDeferred',
  'StagePlanned',
  'StageAfterPlanned',
  'StageFailurePlanned',
  'StagePlanFailed',
  'StageSkipped',
  'StageCompleted',
]);

function closedBy(state: ExecutionState, event: ExecutionEvent): string[] {
  if (PLANNING_ENDS.has(event.type) && 'stageId' in event.data)
    return present(stageOf(state, event.data.stageId).planItem?.id);
  switch (event.type) {
    case 'TaskCompleted': {
      const task = stageOf(state, event.data.stageId).tasks.find(({ id }) => id === event.data.taskId);
      return present(task?.workItemId);
    }
    case 'StageCleanUpCompleted':
      return present(stageOf(state, event.data.stageId).cleanUpItem);
    case 'StageRestarted':
      return itemsOfReset(state, event.data.resets);
    case 'StageStarted':
      return present(stageOf(state, event.data.stageId).notBefore?.workItemId);
    case 'ExecutionCompleted':
      return timersOf(state);
    default:
      return [];
  }
}

function itemsOfReset(state: ExecutionState, resets: string[]): string[] {
  return resets
    .flatMap((id) => [stageOf(state, id), ...descendantsOf(state, id)])
    .flatMap((stage) => openItemsOfStage(stage).map((item) => item.id));
}

function timersOf(state: ExecutionState): string[] {
  const retries = Object.values(state.stages).flatMap((stage) => present(stage.notBefore?.workItemId));
  return [...present(state.deadlineItem), ...retries];
}

/** Who waits for what this event says: running tasks that a person, or the execution itself, has answered. */
function woken(state: ExecutionState, event: ExecutionEvent): string[] {
  switch (event.type) {
    case 'StagePatched': {
      const { stageId } = event.data;
      return [stageOf(state, stageId), ...descendantsOf(state, stageId)].flatMap(taskItems);
    }
    case 'ExecutionCompleted':
      return state.watchers;
    case 'ExecutionResumed':
      return [...Object.values(state.stages).flatMap(taskItems), ...present(state.deadlineItem)];
    default:
      return [];
  }
}

function taskItems(stage: StageState): string[] {
  return stage.tasks.flatMap((task) => (isActive(task.status) ? present(task.workItemId) : []));
}

function openItemsOfStage(stage: StageState): WorkItemDraft[] {
  const items: WorkItemDraft[] = [];
  for (const task of stage.tasks) {
    if (task.workItemId !== undefined && isActive(task.status)) {
      items.push({ id: task.workItemId, kind: 'task', payload: { stageId: stage.id, taskId: task.id } });
    }
  }
  if (stage.planItem !== undefined) {
    const { id, phase } = stage.planItem;
    items.push({ id, kind: 'plan', payload: { stageId: stage.id, phase } });
  }
  if (stage.notBefore !== undefined) {
    const { at, workItemId } = stage.notBefore;
    items.push({ id: workItemId, kind: 'settle', payload: {}, dueAt: at });
  }
  if (stage.cleanUpItem !== undefined) {
    items.push({ id: stage.cleanUpItem, kind: 'cleanUp', payload: { stageId: stage.id } });
  }
  return items;
}

/**
 * The items that must be open for this state. What the invariant is checked against, and healed from: a database
 * restored from an odd moment gets back what it lacks.
 */
export function openItemsOf(state: ExecutionState, now: number): WorkItemDraft[] {
  const deadline = present(state.deadlineItem).map((id): WorkItemDraft => ({
    id,
    kind: 'deadline',
    payload: {},
    dueAt: deadlineAt(state, now),
  }));
  return [...Object.values(state.stages).flatMap(openItemsOfStage), ...deadline];
}

function present(id: string | undefined): string[] {
  return id === undefined ? [] : [id];
}
