import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { changeCatalog, documentOf } from '../catalog/catalog-task.js';
import { booleanLike } from '../fields.js';
import { defineStage, type TaskInput, type TaskResult } from '../stage-definition.js';
import { savedMany } from './saved-many.js';

const schema = z.looseObject({
  /** As it is, or the base64 of its JSON. */
  pipeline: z
    .union([z.looseObject({}), z.string()], { error: 'must be the pipeline, or the base64 of its JSON' })
    .nullish(),
  /** With `isBulkSavingPipelines`: a list, or the base64 of its JSON. */
  pipelines: z
    .union([z.array(z.unknown()), z.string()], { error: 'must be pipelines, or the base64 of their JSON' })
    .nullish(),
  isBulkSavingPipelines: booleanLike.nullish(),
  /** A pipeline that cannot be saved does not end the execution. */
  isSavingMultiplePipelines: booleanLike.nullish(),
  staleCheck: booleanLike.nullish(),
});

type SaveConfig = z.infer<typeof schema>;

export const savePipelineStage = defineStage<SaveConfig>({
  type: 'savePipeline',
  aliases: ['updatePipeline'],
  label: 'Save pipeline',
  description: 'Creates or replaces a pipeline configuration, or many.',
  schema,
  tasks: [
    {
      name: 'savePipeline',
      run: (input) => (input.config.isBulkSavingPipelines ? saveAll(input) : saveOne(input)),
    },
  ],
});

async function saveOne(input: TaskInput<SaveConfig>): Promise<TaskResult> {
  const { config } = input;
  const pipeline = documentOf(config.pipeline);
  if (pipeline === undefined) {
    const message = 'must be the pipeline, or the base64 of its JSON';
    throw new InvalidInputError('stages.no_pipeline', [{ path: 'pipeline', message }]);
  }
  const staleCheck = config.staleCheck === true;
  if (config.isSavingMultiplePipelines === true) return saveMany(input, [pipeline], staleCheck);
  return changeCatalog(input, { kind: 'savePipeline', pipeline, staleCheck });
}

function saveAll(input: TaskInput<SaveConfig>): Promise<TaskResult> {
  const pipelines = documentsOf(input.config.pipelines);
  if (pipelines === undefined || pipelines.length === 0) {
    const message = 'must be a list of pipelines, or the base64 of its JSON';
    throw new InvalidInputError('stages.no_pipeline', [{ path: 'pipelines', message }]);
  }
  return saveMany(input, pipelines, input.config.staleCheck === true);
}

async function saveMany(input: TaskInput, pipelines: JsonObject[], staleCheck: boolean): Promise<TaskResult> {
  const result = await changeCatalog(input, { kind: 'savePipelines', pipelines, staleCheck });
  return savedMany(result, input.now);
}

function documentsOf(value: unknown): JsonObject[] | undefined {
  let list: unknown = value;
  if (typeof value === 'string') {
    try {
      list = JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
    } catch {
      return undefined;
    }
  }
  return Array.isArray(list) && list.every(isObject) ? list : undefined;
}
