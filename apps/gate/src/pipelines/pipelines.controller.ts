import { Catalog, type PipelineProblem, StaleWriteError, toConfig } from '@gennaker/catalog';
import {
  type RouteInput,
  bulkSavePipelines,
  deletePipeline,
  movePipeline,
  renamePipeline,
  savePipeline,
} from '@gennaker/contracts';
import { CalledBy, type Caller, Input, Serves, expectedVersionOf } from '@gennaker/http';
import {
  ConflictError,
  GennakerError,
  InvalidInputError,
  type JsonObject,
  NotFoundError,
  messageOf,
} from '@gennaker/kernel';
import { Controller, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { changeBy } from '../caller.js';

/** Writes of pipeline configurations. Each is one version in the catalogue when the answer is sent. */
@Controller()
export class PipelinesController {
  constructor(private readonly catalog: Catalog) {}

  @Serves(savePipeline)
  async save(
    @Input() { query, body }: RouteInput<typeof savePipeline>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Warned | undefined> {
    const options = { staleCheck: query.staleCheck, expectedVersion: expectedVersionOf(ifMatch) };
    try {
      const { version } = await this.catalog.pipelines.save(body, changeBy(caller), options);
      void reply.header('ETag', `"${version}"`);
      return this.warned(body);
    } catch (error) {
      throw asSaveError(error, query.staleCheck);
    }
  }

  @Serves(deletePipeline)
  async delete(
    @Input() { params }: RouteInput<typeof deletePipeline>,
    @CalledBy() caller: Caller,
  ): Promise<void> {
    const item = await this.catalog.pipelines.findByNameOrId(params.application, params.nameOrId);
    if (item !== undefined) await this.catalog.pipelines.delete(item.id, changeBy(caller));
  }

  @Serves(renamePipeline)
  async update(
    @Input() { params, body }: RouteInput<typeof renamePipeline>,
    @CalledBy() caller: Caller,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<JsonObject> {
    if (body.id !== undefined && body.id !== null && body.id !== params.id) {
      throw new InvalidInputError('gate.other_id', [{ path: 'id', message: 'must be the id in the path' }]);
    }
    await this.catalog.pipelines.get(params.id);
    const expectedVersion = expectedVersionOf(ifMatch);
    try {
      const pipeline = { ...body, id: params.id };
      const saved = await this.catalog.pipelines.save(pipeline, changeBy(caller), { expectedVersion });
      return { ...toConfig(saved), ...this.warned(body) };
    } catch (error) {
      throw asSaveError(error, false);
    }
  }

  /** Each pipeline is saved by itself; those that cannot be are named, the others stand. */
  @Serves(bulkSavePipelines)
  async bulkSave(
    @Input() { body }: RouteInput<typeof bulkSavePipelines>,
    @CalledBy() caller: Caller,
  ): Promise<JsonObject> {
    const successful: string[] = [];
    const failed: JsonObject[] = [];
    const warnings: JsonObject[] = [];
    for (const pipeline of body) {
      try {
        const { name } = await this.catalog.pipelines.save(pipeline, changeBy(caller));
        successful.push(name);
        const warned = this.warned(pipeline)?.warnings ?? [];
        warnings.push(...warned.map((warning) => ({ pipeline: name, ...warning })));
      } catch (error) {
        if (!(error instanceof GennakerError)) throw error;
        failed.push({ ...pipeline, errorMsg: messageOf(error) });
      }
    }
    return {
      successful_pipelines: successful,
      successful_pipelines_count: successful.length,
      failed_pipelines: failed,
      failed_pipelines_count: failed.length,
      ...(warnings.length > 0 && { warnings: warnings.slice(0, MAX_WARNINGS) }),
    };
  }

  @Serves(movePipeline)
  async move(@Input() { body }: RouteInput<typeof movePipeline>, @CalledBy() caller: Caller): Promise<void> {
    const item = await this.catalog.pipelines.findByNameOrId(body.application, body.from);
    if (item === undefined) {
      throw new NotFoundError('gate.no_such_pipeline', `Pipeline configuration not found (id: ${body.from})`);
    }
    await this.catalog.pipelines.save({ ...item.body, name: body.to }, changeBy(caller));
  }

  private warned(config: JsonObject): Warned | undefined {
    const { warnings } = this.catalog.pipelines.problemsOf(config);
    return warnings.length === 0 ? undefined : { warnings };
  }
}

/** What the author of a configuration should look at, beside the answer that clients of Spinnaker expect. */
interface Warned {
  warnings: PipelineProblem[];
}

const MAX_WARNINGS = 1_000;

/** Clients of Spinnaker know a save that cannot be as 400, a stale one that they asked to be checked included. */
export function asSaveError(error: unknown, staleCheck: boolean): unknown {
  const known = error instanceof StaleWriteError ? staleCheck : error instanceof ConflictError;
  if (!known) return error;
  const { code, message, details } = error as ConflictError;
  return new InvalidInputError(code, message, { cause: error, details });
}
