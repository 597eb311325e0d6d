import { isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { booleanLike, numeric } from './fields.js';
import type { StageDefinition } from './stage-definition.js';

/** What every stage takes, whatever its type. */
const commonFields = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  refId: z.string().optional().describe('Unique in the pipeline'),
  requisiteStageRefIds: z.array(z.string()).optional().describe('Stages that must pass first'),
  comments: z.string().optional(),
  failPipeline: booleanLike.optional().describe('A failure ends the whole execution (default true)'),
  continuePipeline: booleanLike.optional().describe('A failure is ignored'),
  completeOtherBranchesThenFail: booleanLike.optional(),
  failOnFailedExpressions: booleanLike.optional(),
  stageEnabled: z.looseObject({ type: z.literal('expression'), expression: z.string() }).optional(),
  stageTimeoutMs: numeric.optional().describe('Milliseconds'),
  backoffPeriodMs: numeric.optional().describe('Milliseconds'),
  markSuccessfulOnTimeout: booleanLike.optional(),
  restrictExecutionDuringTimeWindow: booleanLike.optional(),
  restrictedExecutionWindow: z.looseObject({}).optional(),
  retry: z
    .object({
      attempts: numeric.describe('In all, the first included'),
      backoff: z
        .union([
          numeric,
          z.object({ seconds: numeric, factor: numeric.optional(), maxSeconds: numeric.optional() }),
        ])
        .optional()
        .describe('Seconds before each new attempt (default 10)'),
    })
    .optional(),
  expectedArtifacts: z.array(z.looseObject({})).optional(),
});

const cache = new WeakMap<StageDefinition, JsonObject>();

/** The JSON schema (2020-12) of a stage's configuration, as pipelines hold it: the type's own fields and the common ones. */
export function stageJsonSchema(definition: StageDefinition): JsonObject {
  let schema = cache.get(definition);
  if (schema === undefined) {
    const own = toJson(definition.schema);
    const common = toJson(commonFields);
    schema = {
      ...own,
      title: definition.label,
      description: definition.description,
      type: 'object',
      properties: {
        ...propertiesOf(common),
        ...propertiesOf(own),
        type: { enum: [definition.type, ...(definition.aliases ?? [])] },
      },
      required: [...new Set(['type', ...(Array.isArray(own['required']) ? own['required'] : [])])],
    };
    cache.set(definition, schema);
  }
  return schema;
}

function toJson(schema: z.ZodType): JsonObject {
  return { ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) };
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isObject(properties) ? properties : {};
}
