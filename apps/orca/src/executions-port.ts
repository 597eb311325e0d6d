import { randomUUID } from 'node:crypto';
import { type Catalog, isTemplated, PipelineTemplates, toConfig } from '@gennaker/catalog';
import type { EvaluationEnvironment } from '@gennaker/expression';
import {
  decideWatch,
  type ExecutionState,
  isComplete,
  isFailure,
  mergedOutputs,
  stagesOf,
  submitExecution,
} from '@gennaker/execution';
import { ConflictError, InvalidInputError, isObject, type JsonObject, NotFoundError } from '@gennaker/kernel';
import type { Platform } from '@gennaker/platform';
import { WorkClosedError } from '@gennaker/work';
import {
  executionArtifacts,
  type ExecutionReport,
  type ExecutionsPort,
  prepareSubmission,
  type StartChild,
} from '@gennaker/stages';

/** Other executions, as the stages of one see them. */
export class ChildExecutions implements ExecutionsPort {
  private readonly templates: PipelineTemplates;

  constructor(
    private readonly platform: Platform,
    private readonly catalog: Catalog,
    private readonly isKnownStageType: (type: string) => boolean,
  ) {
    this.templates = new PipelineTemplates(catalog.templates, () => this.environment());
  }

  async start(child: StartChild): Promise<{ id: string; name?: string | undefined }> {
    const { executions, clock, ids } = this.platform;
    const existing = await executions.find(child.id);
    if (existing !== undefined) return existing;
    const item = await this.catalog.pipelines.findByNameOrId(child.application, child.pipeline);
    if (item === undefined) {
      const where = `application ${child.application}`;
      throw new NotFoundError('orca.no_such_pipeline', `There is no pipeline ${child.pipeline} in ${where}`);
    }
    if (item.body['disabled'] === true) {
      throw new InvalidInputError('orca.pipeline_disabled', `The pipeline "${item.name}" is disabled`);
    }
    const config = toConfig(item);
    const pipeline = isTemplated(config) ? await this.templates.plan(config) : config;
    const trigger = { ...triggerOf(child), expectedArtifactIds: expectedFrom(pipeline, child) };
    const { rootId } = child.parent.execution;
    const prepared = await prepareSubmission(
      { ...pipeline, executionId: child.id, rootId, trigger },
      {
        environment: this.environment(),
        priorArtifacts: (id) => this.priorArtifacts(id),
      },
    );
    const event = submitExecution(prepared, {
      type: 'PIPELINE',
      now: clock.now(),
      ids,
      authentication: child.authentication,
      origin: child.parent.execution.origin,
      isKnownStageType: this.isKnownStageType,
    });
    const { id: parentId, correlationId } = child.parent.execution;
    const meta = {
      actor: child.authentication.user,
      cause: `execution ${parentId}`,
      ...(correlationId !== undefined && { correlationId }),
    };
    try {
      // A cancel that closes the work item that asks finds a child, or there never is one.
      return await executions.submit(event, meta, { whileOpen: child.askedBy });
    } catch (error) {
      if (error instanceof ConflictError && !(error instanceof WorkClosedError))
        return executions.load(child.id);
      throw error;
    }
  }

  /** Time and chance for expressions. */
  private environment(): EvaluationEnvironment {
    return { now: this.platform.clock.now(), random: Math.random, uuid: randomUUID };
  }

  private async priorArtifacts(pipelineConfigId: string): Promise<JsonObject[]> {
    const filter = { type: 'PIPELINE' as const, pipelineConfigIds: [pipelineConfigId] };
    const [newest] = await this.platform.executionQueries.list(filter, { limit: 1 });
    const state = newest && (await this.platform.executions.find(newest.id));
    return state === undefined ? [] : executionArtifacts(state).map(({ artifact }) => artifact);
  }

  async watch(id: string, workItemId: string): Promise<ExecutionReport | undefined> {
    const { executions, clock } = this.platform;
    const state = await executions.find(id);
    if (state === undefined) return undefined;
    if (isComplete(state.status)) return reportOf(state);
    const watched = await executions.transact(
      id,
      (current) => ({ events: decideWatch(current, { workItemId, now: clock.now() }) }),
      { actor: 'orca', cause: workItemId },
    );
    return reportOf(watched.state);
  }

  async cancel(id: string, { user, reason }: { user: string; reason: string }): Promise<void> {
    const state = await this.platform.executions.find(id);
    if (state === undefined || isComplete(state.status)) return;
    await this.platform.executionCommands.cancel(
      id,
      { authentication: { user, allowedAccounts: [] } },
      reason,
    );
  }

  async latest({ pipelineConfigId, statuses, exclude }: Parameters<ExecutionsPort['latest']>[0]) {
    const found = await this.platform.executionQueries.list(
      { type: 'PIPELINE', pipelineConfigIds: [pipelineConfigId], statuses },
      { limit: 2 },
    );
    const [newest] = found.filter(({ id }) => id !== exclude);
    const state = newest && (await this.platform.executions.find(newest.id));
    return state && reportOf(state);
  }
}

/** The parent is named, not embedded: its stages stay where they are. */
function triggerOf({ parent, parameters, artifacts, authentication }: StartChild): JsonObject {
  const { execution, stageId } = parent;
  const { id, type, application, name, pipelineConfigId, status, buildTime, startTime, trigger } = execution;
  return {
    type: 'pipeline',
    user: authentication.user,
    parameters,
    artifacts,
    isPipeline: true,
    ...(trigger['dryRun'] === true && { dryRun: true }),
    parentExecution: {
      id,
      type,
      application,
      ...(name !== undefined && { name }),
      ...(pipelineConfigId !== undefined && { pipelineConfigId }),
      status,
      buildTime,
      ...(startTime !== undefined && { startTime }),
      trigger,
      stages: [],
    },
    parentPipelineId: id,
    parentPipelineStageId: stageId,
    correlationId: `${id}_${stageId}_${execution.stages[stageId]?.attempt ?? 1}`,
  };
}

/** What the child's triggers on its parent expect of it. */
function expectedFrom({ triggers }: JsonObject, { parent }: StartChild): unknown[] {
  const { pipelineConfigId } = parent.execution;
  const fitting = (Array.isArray(triggers) ? triggers.filter(isObject) : []).filter(
    ({ type, pipeline }) => type === 'pipeline' && pipeline !== undefined && pipeline === pipelineConfigId,
  );
  return fitting.flatMap(({ expectedArtifactIds: ids }): unknown[] => (Array.isArray(ids) ? ids : []));
}

function reportOf(state: ExecutionState): ExecutionReport {
  const { id, name, application, status, cancellationReason } = state;
  return {
    id,
    name,
    application,
    status,
    complete: isComplete(status),
    outputs: mergedOutputs(state),
    errors: stagesOf(state)
      .filter((stage) => isFailure(stage.status))
      .flatMap((stage) => errorsOf(stage.context).map((message) => `${stage.name}: ${message}`)),
    artifacts: executionArtifacts(state),
    ...(cancellationReason !== undefined && { reason: cancellationReason }),
  };
}

function errorsOf({ exception }: JsonObject): string[] {
  const details = isObject(exception) && isObject(exception['details']) ? exception['details'] : {};
  const { errors } = details;
  return Array.isArray(errors) ? errors.map(String) : [];
}
