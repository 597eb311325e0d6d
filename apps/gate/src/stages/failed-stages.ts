import { type ExecutionState, isFailure, type StageState, stagesOf } from '@gennaker/execution';
import { type JsonObject, isObject } from '@gennaker/kernel';

/** Executions that a search for failures looks into at most. */
const MAX_EXECUTIONS = 100;

/**
 * Stages that failed, as Orca tells of them: a stage that ran another pipeline stands for the failed stages of that one.
 * Breadth first, at most `limit`.
 *
 * @param find undefined for an execution that is not there
 */
export async function failedStages(
  executionId: string,
  { limit, deckOrigin }: { limit: number; deckOrigin?: string },
  find: (id: string) => Promise<ExecutionState | undefined>,
): Promise<JsonObject[]> {
  const failed: JsonObject[] = [];
  const queue = [executionId];
  for (let at = 0; at < queue.length && at < MAX_EXECUTIONS && failed.length < limit; at += 1) {
    const execution = await find(queue[at] ?? '');
    if (execution === undefined) continue;
    for (const [index, stage] of stagesOf(execution).entries()) {
      if (!isFailure(stage.status)) continue;
      const child = childOf(stage);
      if (child !== undefined) queue.push(child);
      else if (failed.length < limit) failed.push(described(execution, stage, { index, deckOrigin }));
    }
  }
  return failed;
}

function childOf({ type, context }: StageState): string | undefined {
  const { executionId } = context;
  return type === 'pipeline' && typeof executionId === 'string' ? executionId : undefined;
}

function described(
  execution: ExecutionState,
  stage: StageState,
  { index, deckOrigin }: { index: number; deckOrigin?: string },
): JsonObject {
  const parent = isObject(execution.trigger['parentExecution']) ? execution.trigger['parentExecution'] : {};
  const { id, name, application } = execution;
  return {
    parentPipelineExecutionId: parent.id ?? null,
    parentPipelineExecutionName: parent.name ?? null,
    parentPipelineApplication: parent.application ?? null,
    parentPipelineExecutionUrl:
      typeof parent.id === 'string' && typeof parent.application === 'string'
        ? urlOf(deckOrigin, parent.application, parent.id)
        : null,
    pipelineExecutionId: id,
    pipelineExecutionName: name ?? null,
    pipelineApplication: application,
    pipelineExecutionUrl: `${urlOf(deckOrigin, application, id)}?stage=${index}`,
    stageId: stage.id,
    stageName: stage.name,
    stageType: stage.type,
    stageStatus: stage.status,
    stageException: exceptionOf(stage),
    childPipelineExecutionId: null,
    childPipelineExecutionName: null,
    childPipelineApplication: null,
    childPipelineExecutionUrl: null,
  };
}

/** Where the web UI shows an execution; without an origin only the part after it. */
function urlOf(origin: string | undefined, application: string, id: string): string {
  const path = `/#/applications/${encodeURIComponent(application)}/executions/details/${encodeURIComponent(id)}`;
  return `${(origin ?? '').replace(/\/+$/, '')}${path}`;
}

function exceptionOf({ context }: StageState): string | null {
  const details = isObject(context.exception) ? context.exception.details : undefined;
  const errors = isObject(details) ? details.errors : undefined;
  return Array.isArray(errors) && errors.length > 0 ? errors.map(String).join('; ') : null;
}
