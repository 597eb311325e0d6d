import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';
import { changeCatalog } from '../catalog/catalog-task.js';
import { artifactText } from '../kubernetes/artifact-text.js';
import { savedMany } from '../savePipeline/saved-many.js';
import { defineStage } from '../stage-definition.js';

const schema = z.looseObject({
  /** Of an expected artifact … */
  pipelinesArtifactId: z.string().nullish(),
  /** … or the artifact itself. */
  pipelinesArtifact: z.looseObject({}).nullish(),
  pipelinesArtifactAccount: z.string().nullish(),
});

export const savePipelinesFromArtifactStage = defineStage<z.infer<typeof schema>>({
  type: 'savePipelinesFromArtifact',
  label: 'Save pipelines from artifact',
  description: 'Creates or replaces the pipelines that a JSON document lists by application.',
  schema,
  tasks: [
    artifactText({
      name: 'savePipelinesFromArtifact',
      prefix: 'pipelines',
      run: async (input, text) => {
        const pipelines = pipelinesIn(text);
        const change = { kind: 'savePipelines', pipelines, staleCheck: false } as const;
        return savedMany(await changeCatalog(input, change), input.now);
      },
    }),
  ],
});

/** `{ application: [pipeline …] }`. */
function pipelinesIn(text: string): JsonObject[] {
  const wrong = (message: string) =>
    new InvalidInputError('stages.no_pipelines', [{ path: 'pipelinesArtifact', message }]);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw wrong('does not hold JSON');
  }
  if (!isObject(document)) throw wrong('must hold an object of lists of pipelines by application');
  return Object.entries(document).flatMap(([application, pipelines]) => {
    if (!Array.isArray(pipelines) || !pipelines.every(isObject))
      throw wrong(`must hold a list of pipelines under ${application}`);
    return pipelines.map((pipeline) => ({ ...pipeline, application }));
  });
}
