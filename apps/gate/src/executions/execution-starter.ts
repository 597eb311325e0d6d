import { randomUUID } from 'node:crypto';
import { Catalog, type CatalogItem, isTemplated, PipelineTemplates, toConfig } from '@gennaker/catalog';
import { type ExecutionState, evolve, submitExecution, type SubmissionContext } from '@gennaker/execution';
import type { Caller } from '@gennaker/http';
import { GennakerError, InvalidInputError, type JsonObject, NotFoundError, isObject } from '@gennaker/kernel';
import { Injectable } from '@nestjs/common';
import { authenticationOf, metaOf } from '../caller.js';
import { executionArtifacts, prepareSubmission, stageConfigProblems } from '@gennaker/stages';
import { Infrastructure } from '../infrastructure/infrastructure.js';
import { StageTypes } from '../stage-types.js';
import { ExecutionServices } from './execution-services.js';

/** The pipeline could not be started; the cause's status stands, and the message says which pipeline it was. */
class TriggerError extends GennakerError {
  override readonly status: number;

  constructor(application: string, nameOrId: string, cause: GennakerError) {
    super(
      cause.code,
      `Unable to trigger pipeline (application: ${application}, pipelineNameOrId: ${nameOrId}). Error: ${cause.message}`,
      { cause, details: cause.details },
    );
    this.status = cause.status;
  }
}

/** Turns requests into executions. Everything is checked before anything is stored. */
@Injectable()
export class ExecutionStarter {
  constructor(
    private readonly catalog: Catalog,
    private readonly executions: ExecutionServices,
    private readonly templates: PipelineTemplates,
    private readonly stageTypes: StageTypes,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** Starts a stored pipeline with a trigger as clients send it, plain or under `trigger`. */
  async startStored(
    application: string,
    nameOrId: string,
    given: JsonObject,
    caller: Caller,
  ): Promise<ExecutionState> {
    try {
      const config = await this.runnable(application, nameOrId);
      const trigger = triggerOf(given, caller);
      const pipeline: JsonObject = {
        ...config,
        ...(typeof trigger.executionId === 'string' ? { executionId: trigger.executionId } : {}),
        trigger,
        notifications: [...listOf(config.notifications), ...listOf(trigger.notifications)],
      };
      return await this.start(pipeline, caller);
    } catch (error) {
      throw error instanceof GennakerError ? new TriggerError(application, nameOrId, error) : error;
    }
  }

  /** Starts a pipeline that comes whole. */
  async start(given: JsonObject, caller: Caller): Promise<ExecutionState> {
    const pipeline = await this.resolve(given);
    const existing = await this.correlated(pipeline);
    if (existing !== undefined) return existing;
    const prepared = await this.prepare(pipeline);
    const event = submitExecution(prepared, this.context('PIPELINE', caller));
    await this.checkStages(prepared.stages);
    return this.executions.store.submit(event, metaOf(caller));
  }

  /** The execution that `start` would make; nothing is stored. */
  async plan(given: JsonObject, caller: Caller): Promise<ExecutionState> {
    const pipeline = await this.prepare(await this.resolve(given));
    return evolve(undefined, submitExecution(pipeline, this.context('PIPELINE', caller)));
  }

  /** Starts an ad-hoc task: jobs that run one after the other. */
  async startTask(task: JsonObject & { job: JsonObject[] }, caller: Caller): Promise<ExecutionState> {
    const { job, ...rest } = task;
    const trigger = isObject(task.trigger) ? task.trigger : {};
    const submission = {
      ...rest,
      trigger: { ...trigger, type: trigger.type ?? 'manual', user: caller.principal.username },
      stages: job.map(({ refId: _refId, requisiteStageRefIds: _requires, ...stage }) => stage),
    };
    try {
      const event = submitExecution(submission, this.context('ORCHESTRATION', caller));
      await this.checkStages(submission.stages);
      return await this.executions.store.submit(event, metaOf(caller));
    } catch (error) {
      throw error instanceof InvalidInputError ? inTermsOfJobs(error) : error;
    }
  }

  /** What can be told of the stages before they run: wrong fields, accounts that do not exist. */
  private async checkStages(stages: unknown): Promise<void> {
    const accounts = await this.infrastructure.accountNames();
    const problems = stageConfigProblems(stages, this.stageTypes.registry, { accounts });
    if (problems.length > 0) throw new InvalidInputError('execution.invalid', problems);
  }

  private async runnable(application: string, nameOrId: string): Promise<JsonObject> {
    const item = await this.catalog.pipelines.findByNameOrId(application, nameOrId);
    if (item === undefined) {
      throw new NotFoundError('gate.no_such_pipeline', `Pipeline configuration not found (id: ${nameOrId})`);
    }
    refuseDisabled(item);
    return toConfig(item);
  }

  private async prepare(pipeline: JsonObject): Promise<JsonObject> {
    return prepareSubmission(pipeline, {
      environment: { now: this.executions.clock.now(), random: Math.random, uuid: randomUUID },
      priorArtifacts: async (pipelineConfigId) => {
        const filter = { type: 'PIPELINE' as const, pipelineConfigIds: [pipelineConfigId] };
        const [newest] = await this.executions.queries.list(filter, { limit: 1 });
        const state = newest && (await this.executions.store.find(newest.id));
        return state === undefined ? [] : executionArtifacts(state).map(({ artifact }) => artifact);
      },
    });
  }

  private async resolve(pipeline: JsonObject): Promise<JsonObject> {
    return isTemplated(pipeline) ? this.templates.plan(pipeline) : pipeline;
  }

  /** A correlation id that is at work already means that somebody asks a second time for the same thing. */
  private async correlated(pipeline: JsonObject): Promise<ExecutionState | undefined> {
    const correlationId = isObject(pipeline.trigger) ? pipeline.trigger.correlationId : undefined;
    if (typeof correlationId !== 'string' || correlationId === '') return undefined;
    const [active] = await this.executions.queries.list(
      { correlationId, statuses: ['NOT_STARTED', 'RUNNING', 'PAUSED', 'SUSPENDED', 'BUFFERED'] },
      { limit: 1 },
    );
    return active === undefined ? undefined : this.executions.store.find(active.id);
  }

  private context(type: SubmissionContext['type'], caller: Caller): SubmissionContext {
    return {
      type,
      now: this.executions.clock.now(),
      ids: this.executions.ids,
      authentication: authenticationOf(caller),
      origin: caller.origin,
      isKnownStageType: (stageType) => this.stageTypes.has(stageType),
      additionalHeaders: { 'X-SPINNAKER-REQUEST-ID': caller.requestId },
    };
  }
}

function refuseDisabled({ name, body }: CatalogItem): void {
  if (body.disabled !== true) return;
  throw new InvalidInputError(
    'gate.pipeline_disabled',
    `The pipeline "${name}" is disabled: enable it first`,
  );
}

/**
 * Old clients send the trigger as the body, newer ones under the key `trigger`. Both are meant; with both, the nested
 * one wins key by key.
 */
export function triggerOf(body: JsonObject, caller: Caller): JsonObject {
  const { trigger: nested, ...flat } = body;
  const trigger: JsonObject = isObject(nested) ? { ...flat, ...nested } : { ...flat };
  return {
    ...trigger,
    type: typeof trigger.type === 'string' && trigger.type !== '' ? trigger.type : 'manual',
    user: caller.principal.username,
    eventId: typeof trigger.eventId === 'string' ? trigger.eventId : randomUUID(),
    notifications: listOf(trigger.notifications),
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A task's client knows of jobs, not of stages. */
function inTermsOfJobs(error: InvalidInputError): InvalidInputError {
  return new InvalidInputError(
    error.code,
    error.problems.map(({ path, message }) => ({ path: path.replace(/^stages\b/, 'job'), message })),
  );
}
