import { z } from 'zod';
import { changeCatalog, documentOf } from '../catalog/catalog-task.js';
import { InvalidInputError } from '@gennaker/kernel';
import { defineStage } from '../stage-definition.js';

export const deletePipelineStage = defineStage({
  type: 'deletePipeline',
  label: 'Delete pipeline',
  description: 'Deletes a pipeline configuration.',
  schema: z.looseObject({
    pipeline: z.union([z.looseObject({}), z.string()], { error: 'must name the pipeline' }),
  }),
  tasks: [
    {
      name: 'deletePipeline',
      run: (input) => {
        const { application, name, id } = documentOf(input.config.pipeline) ?? {};
        if (typeof application !== 'string' || (typeof name !== 'string' && typeof id !== 'string')) {
          const message = 'must have an application, and a name or an id';
          throw new InvalidInputError('stages.no_pipeline', [{ path: 'pipeline', message }]);
        }
        return changeCatalog(input, { kind: 'deletePipeline', application, nameOrId: String(id ?? name) });
      },
    },
  ],
});
