import { InvalidInputError } from '@gennaker/kernel';
import { z } from 'zod';
import { changeCatalog, documentOf } from '../catalog/catalog-task.js';
import { booleanLike } from '../fields.js';
import { defineStage } from '../stage-definition.js';

export const savePipelineStage = defineStage({
  type: 'savePipeline',
  aliases: ['updatePipeline'],
  label: 'Save pipeline',
  description: 'Creates or replaces a pipeline configuration.',
  schema: z.looseObject({
    /** As it is, or the base64 of its JSON. */
    pipeline: z.union([z.looseObject({}), z.string()], {
      error: 'must be the pipeline, or the base64 of its JSON',
    }),
    staleCheck: booleanLike.nullish(),
  }),
  tasks: [
    {
      name: 'savePipeline',
      run: (input) => {
        const pipeline = documentOf(input.config.pipeline);
        if (pipeline === undefined) {
          const message = 'must be the pipeline, or the base64 of its JSON';
          throw new InvalidInputError('stages.no_pipeline', [{ path: 'pipeline', message }]);
        }
        return changeCatalog(input, {
          kind: 'savePipeline',
          pipeline,
          staleCheck: input.config.staleCheck === true,
        });
      },
    },
  ],
});
