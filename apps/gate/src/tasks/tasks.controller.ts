import {
  type RouteInput,
  cancelApplicationTask,
  cancelTask,
  cancelTasks,
  createApplicationTask,
  createTask,
  deleteTask,
  getApplicationTask,
  getApplicationTaskDetails,
  getTask,
  getTaskDetails,
  listApplicationTasks,
} from '@gennaker/contracts';
import { toTaskListView } from '@gennaker/execution';
import { CalledBy, type Caller, Input, Serves, validateInput } from '@gennaker/http';
import { type JsonObject } from '@gennaker/kernel';
import { OperationStore, taskView } from '@gennaker/operation';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { commandBy } from '../caller.js';
import { ExecutionDeleter } from '../executions/execution-deleter.js';
import { ExecutionReader, HISTORY_MS, statusesOf } from '../executions/execution-reader.js';
import { ExecutionServices } from '../executions/execution-services.js';
import { ExecutionStarter } from '../executions/execution-starter.js';
import { badCursor, decodeCursor, encodeCursor, linkNext } from '../paging.js';

/** Ad-hoc tasks: what clients do outside of pipelines. */
@Controller()
export class TasksController {
  constructor(
    private readonly starter: ExecutionStarter,
    private readonly reader: ExecutionReader,
    private readonly executions: ExecutionServices,
    private readonly deleter: ExecutionDeleter,
    private readonly operations: OperationStore,
  ) {}

  @Serves(createTask)
  async create(
    @Input() { body }: RouteInput<typeof createTask>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    return { ref: `/tasks/${(await this.starter.startTask(body, caller)).id}` };
  }

  @Serves(createApplicationTask)
  async createOf(
    @Input() { params, body }: RouteInput<typeof createApplicationTask>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const whole = { ...body, application: params.application };
    const checked = validateInput(createTask, { params: undefined, query: undefined, body: whole });
    return {
      ref: `/tasks/${(await this.starter.startTask(checked.body as typeof whole & { job: JsonObject[] }, caller)).id}`,
    };
  }

  @Serves(getTask)
  async get(@Input() { params }: RouteInput<typeof getTask>): Promise<JsonObject> {
    return toTaskListView(await this.reader.get(params.id, 'ORCHESTRATION'));
  }

  @Serves(getApplicationTask)
  async getOf(@Input() { params }: RouteInput<typeof getApplicationTask>): Promise<JsonObject> {
    return toTaskListView(await this.reader.get(params.id, 'ORCHESTRATION'));
  }

  @Serves(listApplicationTasks)
  async list(
    @Input() { params, query }: RouteInput<typeof listApplicationTasks>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<JsonObject[]> {
    const { page, limit, cursor } = query;
    if (limit === 0) return [];
    const statuses = statusesOf(query.statuses);
    const filter = {
      type: 'ORCHESTRATION' as const,
      application: params.application,
      ...(statuses.length === 0 ? {} : { statuses }),
      since: this.executions.clock.now() - HISTORY_MS,
    };
    const from = cursor === undefined ? { offset: (page - 1) * limit } : { after: taskCursor(cursor) };
    const summaries = await this.executions.queries.list(filter, { limit: limit + 1, ...from });
    const shown = summaries.slice(0, limit);
    const last = shown.at(-1);
    if (summaries.length > shown.length && last !== undefined) {
      const path = `/applications/${encodeURIComponent(params.application)}/tasks`;
      const next = encodeCursor(['task', String(last.buildTime), last.id]);
      linkNext(reply, path, { limit, statuses: statuses.join(',') }, next);
    }
    return (await this.reader.states(shown)).map(toTaskListView);
  }

  @Serves(cancelTask)
  async cancel(
    @Input() { params, query }: RouteInput<typeof cancelTask>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.cancelOne(params.id, query.reason, caller);
  }

  @Serves(cancelApplicationTask)
  async cancelOf(
    @Input() { params, query }: RouteInput<typeof cancelApplicationTask>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.cancelOne(params.id, query.reason, caller);
  }

  @Serves(cancelTasks)
  async cancelSeveral(
    @Input() { query }: RouteInput<typeof cancelTasks>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    for (const id of query.ids) await this.cancelOne(id, query.reason, caller);
  }

  @Serves(deleteTask)
  async delete(
    @Input() { params }: RouteInput<typeof deleteTask>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    await this.deleter.delete(await this.reader.get(params.id, 'ORCHESTRATION'), caller);
  }

  @Serves(getTaskDetails)
  async details(@Input() { params }: RouteInput<typeof getTaskDetails>) {
    return taskView(await this.operations.get(params.taskDetailsId), 'gate');
  }

  @Serves(getApplicationTaskDetails)
  async detailsOf(@Input() { params }: RouteInput<typeof getApplicationTaskDetails>) {
    return taskView(await this.operations.get(params.taskDetailsId), 'gate');
  }

  private async cancelOne(id: string, reason: string | undefined, caller: Caller): Promise<void> {
    await this.reader.get(id, 'ORCHESTRATION');
    await this.executions.commands.cancel(id, commandBy(caller), reason);
  }
}

function taskCursor(cursor: string) {
  const [kind, buildTime, id] = decodeCursor(cursor, 3);
  const time = Number(buildTime);
  if (kind !== 'task' || id === undefined || !Number.isSafeInteger(time)) throw badCursor();
  return { buildTime: time, id };
}
