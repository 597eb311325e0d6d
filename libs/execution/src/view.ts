import type { JsonObject } from '@gennaker/kernel';
import { type ExecutionState, type StageState, stagesOf, type TaskState } from './execution-state.js';
import { withoutSecrets, withoutSecretsIn } from './secrets.js';

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
    initialConfig: withoutSecretsIn(state.initialConfig),
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

/** From a time to a time, in milliseconds since the Unix epoch; without an end it still lasts. */
export interface TimeSpan {
  from: number;
  to?: number | undefined;
}

/**
 * Milliseconds between two times that do not count for time-outs: every pause, one that still lasts included, and the
 * time during which the execution's work was `held` back. What overlaps counts once.
 */
export function pausedMsBetween(
  state: ExecutionState,
  from: number,
  to: number,
  held: readonly TimeSpan[] = [],
): number {
  const pauses = state.pauses.map(({ pauseTime, resumeTime }) => ({ from: pauseTime, to: resumeTime }));
  let paused = 0;
  let counted = from;
  for (const span of [...pauses, ...held].sort((a, b) => a.from - b.from)) {
    const start = Math.max(counted, span.from);
    const end = Math.min(to, span.to ?? to);
    if (end > start) paused += end - start;
    counted = Math.max(counted, end);
  }
  return paused;
}

/** What an ad-hoc task looks like to Spinnaker's clients: an orchestration with its contexts flattened. */
export function toTaskListView(state: ExecutionState): JsonObject {
  const variables = new Map<string, unknown>();
  for (const stage of stagesOf(state)) {
    for (const [key, value] of Object.entries(withoutSecrets(stage.context))) {
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
