import { diffJson } from '@gennaker/catalog';
import {
  type RouteInput,
  diffExecution,
  explainStage as explainStageRoute,
  getStageType,
  listPreconfiguredJobs,
  listPreconfiguredWebhooks,
  listStageTypes,
  simulatePipeline,
} from '@gennaker/contracts';
import { explainStage, findStage, toExecutionView } from '@gennaker/execution';
import { ExecutionStore, toExecutionEvent } from '@gennaker/execution-store';
import { CalledBy, type Caller, Input, Serves } from '@gennaker/http';
import { Clock, type JsonObject, NotFoundError } from '@gennaker/kernel';
import { simulate, type SimulationRequest } from '@gennaker/simulation';
import {
  jobMetadata,
  mayUseWebhook,
  type StageDefinition,
  stageJsonSchema,
  webhookMetadata,
} from '@gennaker/stages';
import { Controller, HttpCode } from '@nestjs/common';
import { ExecutionReader } from '../executions/execution-reader.js';
import { StageTypes } from '../stage-types.js';

/** What stages are, what a pipeline of them would do, and why one of them is as it is. */
@Controller()
export class StagesController {
  constructor(
    private readonly stageTypes: StageTypes,
    private readonly reader: ExecutionReader,
    private readonly executions: ExecutionStore,
    private readonly clock: Clock,
  ) {}

  @Serves(listStageTypes)
  list(): JsonObject[] {
    return this.stageTypes.registry.definitions.map((definition) => ({
      ...describe(definition),
      schema: stageJsonSchema(definition),
    }));
  }

  @Serves(getStageType)
  get(@Input() { params }: RouteInput<typeof getStageType>): JsonObject {
    const definition = this.stageTypes.registry.find(params.type);
    if (definition === undefined) {
      throw new NotFoundError('gate.no_such_stage_type', `There is no stage type "${params.type}"`);
    }
    return { ...describe(definition), schema: stageJsonSchema(definition) };
  }

  @Serves(listPreconfiguredWebhooks)
  webhooks(@CalledBy() { principal }: Caller): JsonObject[] {
    const roles = principal.anonymous || principal.isAdmin ? undefined : principal.roles;
    return this.stageTypes.operators.webhooks
      .filter((webhook) => webhook.enabled && mayUseWebhook(webhook, 'READ', roles))
      .map(webhookMetadata);
  }

  @Serves(listPreconfiguredJobs)
  jobs(): JsonObject[] {
    return this.stageTypes.operators.jobs.filter(({ enabled }) => enabled).map(jobMetadata);
  }

  @HttpCode(200)
  @Serves(simulatePipeline)
  async simulate(
    @Input() { body }: RouteInput<typeof simulatePipeline>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const { events: _events, ...result } = await simulate(body as SimulationRequest, {
      now: this.clock.now(),
      user: caller.principal.username,
      definitions: [...this.stageTypes.registry.definitions],
    });
    return result;
  }

  @Serves(explainStageRoute)
  async why(@Input() { params }: RouteInput<typeof explainStageRoute>): Promise<JsonObject> {
    const state = await this.reader.get(params.id, 'PIPELINE');
    if (findStage(state, params.stageId) === undefined) {
      throw new NotFoundError('gate.no_such_stage', `Execution ${params.id} has no stage ${params.stageId}`);
    }
    const events = await this.executions.events(params.id);
    return {
      ...explainStage(
        state,
        params.stageId,
        events.map((event) => ({
          version: event.version,
          event: toExecutionEvent(event),
          actor: event.meta.actor,
          recordedAt: event.recordedAt,
        })),
      ),
    };
  }

  @Serves(diffExecution)
  async diff(@Input() { params, query }: RouteInput<typeof diffExecution>): Promise<JsonObject> {
    const { version } = await this.reader.get(params.id, 'PIPELINE');
    const to = Math.min(query.to, version);
    const from = Math.min(query.from, to);
    const [before, after] = await Promise.all([
      this.executions.at(params.id, from),
      this.executions.at(params.id, to),
    ]);
    return {
      from,
      to,
      changes: diffJson(before && toExecutionView(before), after && toExecutionView(after)),
    };
  }
}

function describe({ type, aliases, label, description, tasks }: StageDefinition): JsonObject {
  return { type, aliases: aliases ?? [], label, description, tasks: tasks.map(({ name }) => name) };
}
