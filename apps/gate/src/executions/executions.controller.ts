import {
  type RouteInput,
  cancelPipeline,
  deleteExecution,
  getExecution,
  invokePipeline,
  invokePipelineV2,
  listExecutionEvents,
  patchStage,
  pausePipeline,
  restartStage,
  resumePipeline,
  startPipeline,
  cancelApplicationPipeline,
  invokePipelineConfigLegacy,
} from '@gennaker/contracts';
import { isTrue, toExecutionView, withoutSecretsIn } from '@gennaker/execution';
import { ExecutionCommands, ExecutionStore } from '@gennaker/execution-store';
import { CalledBy, type Caller, Input, type JsonPiece, Serves } from '@gennaker/http';
import { type JsonObject, NotFoundError } from '@gennaker/kernel';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { commandBy } from '../caller.js';
import { badCursor, decodeCursor, encodeCursor, linkNext } from '../paging.js';
import { ExecutionDeleter } from './execution-deleter.js';
import { ExecutionReader } from './execution-reader.js';
import { ExecutionStarter } from './execution-starter.js';
import { type Moment, momentOf } from './moment.js';

/** Starts executions, shows one, and passes on what people ask of it. */
@Controller()
export class ExecutionsController {
  constructor(
    private readonly starter: ExecutionStarter,
    private readonly reader: ExecutionReader,
    private readonly commands: ExecutionCommands,
    private readonly executions: ExecutionStore,
    private readonly deleter: ExecutionDeleter,
  ) {}

  @Serves(startPipeline)
  async start(
    @Input() { body }: RouteInput<typeof startPipeline>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const { plan, ...pipeline } = body;
    if (plan === true) return toExecutionView(await this.starter.plan(pipeline, caller));
    return { ref: `/pipelines/${(await this.starter.start(pipeline, caller)).id}` };
  }

  @Serves(invokePipeline)
  async invoke(
    @Input() { params, body }: RouteInput<typeof invokePipeline>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const { id } = await this.starter.startStored(params.application, params.nameOrId, body ?? {}, caller);
    return { ref: `/pipelines/${id}` };
  }

  @Serves(invokePipelineConfigLegacy)
  async invokeLegacy(
    @Input() { params, body }: RouteInput<typeof invokePipelineConfigLegacy>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const { id } = await this.starter.startStored(params.application, params.name, body ?? {}, caller);
    return { ref: `/pipelines/${id}` };
  }

  @Serves(invokePipelineV2)
  async invokeV2(
    @Input() { params, body }: RouteInput<typeof invokePipelineV2>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const { id, trigger } = await this.starter.startStored(
      params.application,
      params.nameOrId,
      body ?? {},
      caller,
    );
    return { eventId: trigger.eventId, ref: `/pipelines/${id}` };
  }

  @Serves(getExecution)
  async get(@Input() { params, query }: RouteInput<typeof getExecution>): Promise<JsonPiece | JsonObject> {
    const { at, expand } = query;
    if (at === undefined) return this.reader.view(params.id, 'PIPELINE', expand);
    return toExecutionView(await this.stateAt(params.id, momentOf(at)), { expand });
  }

  @Serves(listExecutionEvents)
  async events(
    @Input() { params, query }: RouteInput<typeof listExecutionEvents>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    await this.reader.get(params.id);
    const after = query.cursor === undefined ? query.after : afterOf(query.cursor);
    const events = await this.executions.events(params.id, { after, limit: query.limit + 1 });
    const page = events.slice(0, query.limit);
    const last = page.at(-1);
    if (events.length > page.length && last !== undefined) {
      const path = `/pipelines/${encodeURIComponent(params.id)}/events`;
      linkNext(reply, path, { limit: query.limit }, encodeCursor(['event', String(last.version)]));
    }
    return page.map(({ version, type, data, meta, recordedAt }) => ({
      version,
      type,
      data: withoutSecretsIn(data),
      meta,
      recordedAt,
    }));
  }

  @Serves(cancelPipeline)
  async cancel(
    @Input() { params, query }: RouteInput<typeof cancelPipeline>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.reader.get(params.id, 'PIPELINE');
    await this.commands.cancel(params.id, commandBy(caller), query.reason);
  }

  @Serves(cancelApplicationPipeline)
  async cancelOf(
    @Input() { params, query }: RouteInput<typeof cancelApplicationPipeline>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.reader.get(params.id, 'PIPELINE');
    await this.commands.cancel(params.id, commandBy(caller), query.reason);
  }

  @Serves(pausePipeline)
  async pause(
    @Input() { params }: RouteInput<typeof pausePipeline>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.reader.get(params.id, 'PIPELINE');
    await this.commands.pause(params.id, commandBy(caller));
  }

  @Serves(resumePipeline)
  async resume(
    @Input() { params }: RouteInput<typeof resumePipeline>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.reader.get(params.id, 'PIPELINE');
    await this.commands.resume(params.id, commandBy(caller));
  }

  @Serves(deleteExecution)
  async delete(
    @Input() { params }: RouteInput<typeof deleteExecution>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.deleter.delete(await this.reader.get(params.id, 'PIPELINE'), caller);
  }

  @Serves(patchStage)
  async patchStage(
    @Input() { params, body }: RouteInput<typeof patchStage>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    await this.reader.get(params.id, 'PIPELINE');
    return toExecutionView(
      await this.commands.patchStage(params.id, params.stageId, body, commandBy(caller)),
    );
  }

  @Serves(restartStage)
  async restartStage(
    @Input() { params, body }: RouteInput<typeof restartStage>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    await this.reader.get(params.id, 'PIPELINE');
    const changes = {
      stages: Array.isArray(body?.stages) ? (body.stages as unknown[]) : [],
      skip: isTrue(body?.skip),
    };
    const state = await this.commands.restartStage(params.id, params.stageId, commandBy(caller), changes);
    return toExecutionView(state);
  }

  private async stateAt(id: string, moment: Moment) {
    await this.reader.get(id, 'PIPELINE');
    const state =
      moment.kind === 'version'
        ? await this.executions.at(id, moment.version)
        : await this.executions.atTime(id, moment.time);
    if (state !== undefined) return state;
    throw new NotFoundError('gate.not_yet', `Pipeline execution ${id} had not been submitted by then`);
  }
}

function afterOf(cursor: string): number {
  const [kind, version] = decodeCursor(cursor, 2);
  const after = Number(version);
  if (kind !== 'event' || !Number.isSafeInteger(after)) throw badCursor();
  return after;
}
