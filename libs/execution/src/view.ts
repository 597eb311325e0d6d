import { isObject, type JsonObject } from '@gennaker/kernel';
import { type ExecutionState, type StageState, stagesOf, type TaskState } from './execution-state.js';

export interface ViewOptions {
  /** False leaves out what is big: contexts (but for `group`), outputs and tasks. Default true. */
  expand?: boolean;
}

/** An execution in the shape that Spinnaker's clients read. Fields without a value are left out. */
export function toExecutionView(state: ExecutionState, { expand = true }: ViewOptions = {}): JsonObject {
  return {
    type: state.type,
    id: state.id,
    ...(state.rootId !== undefined && { rootId: state.rootId }),
    application: state.application,
    name: state.name,
    description: state.description,
    pipelineConfigId: state.pipelineConfigId,
    status: state.status,
    buildTime: state.buildTime,
    startTime: state.startTime,
    endTime: state.endTime,
    startTimeExpiry: state.startTimeExpiry,
    canceled: state.canceled,
    canceledBy: state.canceledBy,
    cancellationReason: state.cancellationReason,
    limitConcurrent: state.limitConcurrent,
    maxConcurrentExecutions: state.maxConcurrentExecutions,
    keepWaitingPipelines: state.keepWaitingPipelines,
    maxDurationMinutes: state.maxDurationMinutes,
    origin: state.origin,
    spelEvaluator: state.spelEvaluator,
    expressions: state.expressions,
    source: state.source,
    templateVariables: state.templateVariables,
    initialConfig: state.initialConfig,
    notifications: state.notifications,
    systemNotifications: state.systemNotifications,
    additionalHeaders: state.additionalHeaders ?? {},
    authentication: state.authentication,
    ...pausedView(state),
    trigger: expand ? state.trigger : withoutParentStages(state.trigger),
    stages: stagesOf(state).map((stage) => toStageView(stage, expand)),
    version: state.version,
  };
}

/** Spinnaker keeps the latest pause; ours has every one in `pauses`. */
function pausedView(state: ExecutionState): JsonObject {
  const last = state.pauses.at(-1);
  if (last === undefined) return {};
  const pausedMs = last.resumeTime === undefined ? 0 : last.resumeTime - last.pauseTime;
  return { paused: { ...last, paused: last.resumeTime === undefined, pausedMs }, pauses: state.pauses };
}

function withoutParentStages(trigger: JsonObject): JsonObject {
  const parent = trigger['parentExecution'];
  if (typeof parent !== 'object' || parent === null) return trigger;
  return { ...trigger, parentExecution: { ...parent, stages: [] } };
}

function toStageView(stage: StageState, expand: boolean): JsonObject {
  const { group } = stage.context;
  return {
    id: stage.id,
    refId: stage.refId,
    type: stage.type,
    name: stage.name,
    status: stage.status,
    startTime: stage.startTime,
    endTime: stage.endTime,
    startTimeExpiry: stage.startTimeExpiry,
    scheduledTime: stage.scheduledTime,
    requisiteStageRefIds: stage.requisiteStageRefIds,
    parentStageId: stage.parentStageId,
    syntheticStageOwner: stage.syntheticStageOwner,
    context: expand ? withoutSecrets(stage.context) : group === undefined ? {} : { group },
    outputs: expand ? stage.outputs : {},
    tasks: expand ? stage.tasks.map(toTaskView) : [],
    lastModified: stage.lastModified,
    attempt: stage.attempt,
    ...(expand && stage.pastAttempts.length > 0 && { pastAttempts: stage.pastAttempts.map(toAttemptView) }),
  };
}

const SECRET_HEADER = /authori[sz]ation|cookie|token|secret|password|api-?key/i;

/** Headers that hold secrets are shown by name only. */
function withoutSecrets(context: JsonObject): JsonObject {
  const { customHeaders } = context;
  if (!isObject(customHeaders)) return context;
  const shown = Object.entries(customHeaders).map(([name, value]) => [
    name,
    SECRET_HEADER.test(name) ? '****' : value,
  ]);
  return { ...context, customHeaders: Object.fromEntries(shown) as JsonObject };
}

function toAttemptView({ stages, tasks, ...attempt }: StageState['pastAttempts'][number]): JsonObject {
  return {
    ...attempt,
    tasks: tasks.map(toTaskView),
    stages: stages.map((stage) => toStageView({ ...stage, pastAttempts: [] }, true)),
  };
}

function toTaskView(task: TaskState): JsonObject {
  const { workItemId: _item, runs: _runs, originalStatus: _original, ...view } = task;
  return view;
}

/**
 * Milliseconds that an execution was paused between two times, every pause counted, one that still lasts included.
 */
export function pausedMsBetween(state: ExecutionState, from: number, to: number): number {
  let paused = 0;
  for (const { pauseTime, resumeTime } of state.pauses) {
    const start = Math.max(from, pauseTime);
    const end = Math.min(to, resumeTime ?? to);
    if (end > start) paused += end - start;
  }
  return paused;
}

/** What an ad-hoc task looks like to Spinnaker's clients: an orchestration with its contexts flattened. */
export function toTaskListView(state: ExecutionState): JsonObject {
  const variables = new Map<string, unknown>();
  for (const stage of stagesOf(state)) {
    for (const [key, value] of Object.entries(stage.context)) {
      if (!isEmpty(value) || !variables.has(key)) variables.set(key, value);
    }
  }
  return {
    id: state.id,
    name: state.description ?? state.name,
    application: state.application,
    status: state.status,
    variables: [...variables].map(([key, value]) => ({ key, value })),
    steps: stagesOf(state).flatMap((stage) => stage.tasks.map(toTaskView)),
    buildTime: state.buildTime,
    startTime: state.startTime,
    endTime: state.endTime,
    execution: toExecutionView(state),
  };
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
