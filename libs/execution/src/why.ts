import { isObject } from '@gennaker/kernel';
import type { ExecutionEvent } from './execution-events.js';
import { type ExecutionState, stageOf, type StageState } from './execution-state.js';
import { descendantsOf, requisitesOf, topLevel } from './graph.js';
import { isPassed } from './status.js';

/** An event as it was recorded, as far as an explanation needs it. */
export interface ExplainedEvent {
  version: number;
  event: ExecutionEvent;
  actor?: string | undefined;
  /** Milliseconds since the Unix epoch. */
  recordedAt: number;
}

export interface Reason {
  version: number;
  /** Milliseconds since the Unix epoch. */
  at: number;
  event: string;
  /** In words. */
  text: string;
  by?: string;
}

export interface Why {
  stage: { id: string; refId: string; name: string; status: string; attempt: number };
  /** Stages that must pass before this one starts, and have not. */
  waitsFor: { id: string; refId: string; name: string; status: string }[];
  /** What led here, in order: the trigger, those before it, approvals, its own effects and their results. */
  because: Reason[];
}

/**
 * Explains a stage's state from the events of its execution: what started it all, how the stages that it requires have
 * ended, what people did, which tasks ran under which work item, and what came of them.
 */
export function explainStage(state: ExecutionState, stageId: string, events: ExplainedEvent[]): Why {
  const stage = stageOf(state, stageId);
  const top = topLevel(state, stage);
  const requisites = [...new Set([...requisitesOf(state, stage), ...requisitesOf(state, top)])];
  const own = new Set([stageId, top.id, ...descendantsOf(state, stageId).map(({ id }) => id)]);
  const before = new Set(requisites.map(({ id }) => id));
  const because = events.flatMap((recorded) => {
    const text = textOf(state, recorded.event, own, before);
    if (text === undefined) return [];
    const { version, recordedAt, actor } = recorded;
    return [
      {
        version,
        at: recordedAt,
        event: recorded.event.type,
        text,
        ...(actor !== undefined && { by: actor }),
      },
    ];
  });
  return {
    stage: { ...brief(stage), attempt: stage.attempt },
    waitsFor:
      stage.status === 'NOT_STARTED' ? requisites.filter(({ status }) => !isPassed(status)).map(brief) : [],
    because,
  };
}

function brief({ id, refId, name, status }: StageState) {
  return { id, refId, name, status };
}

function textOf(
  state: ExecutionState,
  event: ExecutionEvent,
  own: Set<string>,
  before: Set<string>,
): string | undefined {
  if (!('stageId' in event.data)) return ofExecution(event);
  const { stageId } = event.data;
  const name = state.stages[stageId]?.name ?? stageId;
  if (before.has(stageId)) return ofRequisite(event, name);
  if (own.has(stageId) || (event.type === 'StageRestarted' && event.data.resets.some((id) => own.has(id))))
    return ofStage(event, name);
  return undefined;
}

function ofExecution(event: ExecutionEvent): string | undefined {
  switch (event.type) {
    case 'ExecutionSubmitted': {
      const { trigger, authentication, origin } = event.data.execution;
      return `triggered by ${String(trigger['type'])} (${authentication.user}, ${origin})`;
    }
    case 'ExecutionStarted':
      return 'the execution started';
    case 'ExecutionCancelRequested':
      return `${event.data.user} cancelled the execution${reason(event.data.reason)}`;
    case 'ExecutionPaused':
      return `${event.data.user} paused the execution`;
    case 'ExecutionResumed':
      return `${event.data.user} resumed the execution`;
    case 'ExecutionCompleted':
      return `the execution ended ${event.data.status}`;
    default:
      return undefined;
  }
}

function ofRequisite(event: ExecutionEvent, name: string): string | undefined {
  if (event.type === 'StageCompleted') return `${name}, which it requires, ended ${event.data.status}`;
  if (event.type === 'StageSkipped') return `${name}, which it requires, was skipped: ${event.data.reason}`;
  if (event.type === 'StagePatched') return patched(event, name);
  return undefined;
}

function ofStage(event: ExecutionEvent, name: string): string | undefined {
  switch (event.type) {
    case 'StageStarted':
      return `${name} started`;
    case 'StagePlanDeferred':
      return `planning ${name} asks the outside world (work item ${event.data.workItemId})`;
    case 'StagePlanned':
      return `${name} was planned: ${event.data.tasks.length} tasks, ${event.data.stages.length} stages before them`;
    case 'StagePlanFailed':
      return `${name} could not be planned${exception(event.data.exception)}`;
    case 'StageSkipped':
      return `${name} was skipped: ${event.data.reason}`;
    case 'StagePatched':
      return patched(event, name);
    case 'StageRestarted':
      return event.data.reason === 'retry' ? `${name} tries again` : `${event.data.user} restarted ${name}`;
    case 'TaskStarted':
      return `task ${event.data.taskId} of ${name} started (work item ${event.data.workItemId})`;
    case 'TaskCompleted': {
      const { taskId, originalStatus, status } = event.data;
      const became = originalStatus === status ? '' : `, which its failure options make ${status}`;
      return `task ${taskId} of ${name} gave ${originalStatus}${became}${exception(event.data.exception)}`;
    }
    case 'StageCompleted':
      return `${name} ended ${event.data.status}`;
    default:
      return undefined;
  }
}

function patched(event: Extract<ExecutionEvent, { type: 'StagePatched' }>, name: string): string {
  const { judgmentStatus, manualSkip } = event.data.context;
  if (typeof judgmentStatus === 'string') return `${event.data.user} judged ${name}: ${judgmentStatus}`;
  if (manualSkip === true) return `${event.data.user} skipped ${name}`;
  return `${event.data.user} changed ${Object.keys(event.data.context).join(', ')} of ${name}`;
}

function reason(text: string | undefined): string {
  return text === undefined ? '' : `: ${text}`;
}

function exception(value: unknown): string {
  const details = isObject(value) && isObject(value['details']) ? value['details'] : {};
  return typeof details['error'] === 'string' ? `: ${details['error']}` : '';
}
