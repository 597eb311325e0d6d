import { isObject, type JsonObject, messageOf } from '@gennaker/kernel';
import { z } from 'zod';
import { readJsonPath, withValueAt } from '../json-path.js';
import { preconfiguredIn, preconfiguredParameterSchema, preconfiguredShape } from '../preconfigured.js';
import type { StageDefinition } from '../stage-definition.js';
import { runJobStage } from './run-job.stage.js';

const parameterSchema = preconfiguredParameterSchema.extend({
  /** Where the value goes: `manifest.spec.template.spec.containers[0].env[0].value`. */
  mapping: z.string().min(1),
});

/** A Kubernetes Job that the operators have set up: a stage type of its own, of which users choose only parameters. */
export const preconfiguredJobSchema = z
  .looseObject({
    ...preconfiguredShape,
    cloudProvider: z.literal('kubernetes', { error: 'must be kubernetes' }).default('kubernetes'),
    account: z.string().min(1),
    manifest: z.record(z.string(), z.unknown()),
    waitForCompletion: z.boolean().default(true),
    propertyFile: z.string().optional(),
    producesArtifacts: z.boolean().default(false),
    uiType: z.enum(['BASIC', 'CUSTOM']).default('BASIC'),
    parameters: z.array(parameterSchema).default([]),
  })
  .superRefine((job, context) => {
    for (const [index, { mapping }] of job.parameters.entries()) {
      try {
        withValueAt(job, pathOf(mapping), '');
      } catch (error) {
        context.addIssue({
          code: 'custom',
          path: ['parameters', index, 'mapping'],
          message: messageOf(error),
        });
      }
    }
  });

export type PreconfiguredJob = z.infer<typeof preconfiguredJobSchema>;

/** What says what the stage is, not what it runs. */
const ABOUT = new Set([
  'type',
  'label',
  'description',
  'enabled',
  'parameters',
  'producesArtifacts',
  'uiType',
]);

/** The stage type of a preconfigured job: `runJob` with the operators' fields, and parameters put where they belong. */
export function preconfiguredJobStage(job: PreconfiguredJob): StageDefinition {
  const { type, label, description, parameters } = job;
  const values = Object.fromEntries(
    parameters.map(({ name, label: title, description: about, defaultValue }) => [
      name,
      z
        .unknown()
        .optional()
        .meta({
          ...(title !== undefined && { title }),
          ...(about !== undefined && { description: about }),
          ...(defaultValue !== undefined && { default: defaultValue }),
        }),
    ]),
  );
  const { aliases: _aliases, schema, ...parts } = runJobStage;
  return {
    ...parts,
    type,
    label,
    description,
    schema: (schema as z.ZodObject).extend({ parameters: z.looseObject(values).nullish() }),
    fixed: (context) => fixedFields(job, context),
  };
}

function fixedFields(job: PreconfiguredJob, { parameters: given }: JsonObject): JsonObject {
  const chosen = isObject(given) ? given : {};
  const fixed: JsonObject = {
    source: 'text',
    credentials: job.account,
    // A list of the stage's own would go before the manifest.
    manifests: [],
    ...Object.fromEntries(Object.entries(job).filter(([key]) => !ABOUT.has(key))),
  };
  return job.parameters.reduce<JsonObject>((fields, { name, mapping, defaultValue }) => {
    const value = chosen[name] ?? defaultValue;
    return value === undefined ? fields : (put(fields, pathOf(mapping), value) as JsonObject);
  }, fixed);
}

/** Kubernetes takes no number where it expects a text, as in variables of an environment. */
function put(fields: JsonObject, path: string, value: unknown): unknown {
  const asText = typeof readJsonPath(fields, path) === 'string' && typeof value !== 'string';
  return withValueAt(fields, path, asText ? JSON.stringify(value) : value);
}

function pathOf(mapping: string): string {
  return `$.${mapping}`;
}

/** A job as editors of pipelines are told of it. */
export function jobMetadata(job: PreconfiguredJob): JsonObject {
  const {
    type,
    label,
    description,
    waitForCompletion,
    parameters,
    producesArtifacts,
    uiType,
    cloudProvider,
  } = job;
  return {
    type,
    label,
    description,
    cloudProvider,
    waitForCompletion,
    noUserConfigurableFields: true,
    parameters,
    producesArtifacts,
    uiType,
  };
}

/** Reads the operators' list. @throws InvalidInputError naming what is wrong in it */
export function preconfiguredJobsIn(text: string | undefined): PreconfiguredJob[] {
  return preconfiguredIn('PRECONFIGURED_JOBS', text, preconfiguredJobSchema);
}
