import { z } from 'zod';
import { listOf } from '../fields.js';
import { bindProducedArtifacts } from '../kubernetes/stage-artifacts.js';
import { defineStage } from '../stage-definition.js';

export const evaluateArtifactsStage = defineStage({
  type: 'evaluateArtifacts',
  label: 'Evaluate artifacts',
  description: 'Makes artifacts of texts whose expressions are evaluated.',
  schema: z.looseObject({
    artifactContents: listOf(
      z.looseObject({
        id: z.string().nullish(),
        name: z.string(),
        contents: z.unknown().optional(),
      }),
    ),
  }),
  tasks: [
    {
      name: 'evaluateArtifacts',
      run: ({ config }) => {
        const artifacts = config.artifactContents.map(({ id, name, contents }) => ({
          type: 'embedded/base64',
          name,
          reference: Buffer.from(textOf(contents)).toString('base64'),
          ...(typeof id === 'string' && { uuid: id }),
        }));
        return { status: 'SUCCEEDED', context: { artifacts }, outputs: { artifacts } };
      },
    },
    bindProducedArtifacts(),
  ],
});

function textOf(contents: unknown): string {
  return typeof contents === 'string' ? contents : JSON.stringify(contents ?? '');
}
