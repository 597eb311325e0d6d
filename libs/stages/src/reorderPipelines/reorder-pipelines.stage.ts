import { z } from 'zod';
import { changeCatalog } from '../catalog/catalog-task.js';
import { booleanLike } from '../fields.js';
import { defineStage } from '../stage-definition.js';

export const reorderPipelinesStage = defineStage({
  type: 'reorderPipelines',
  label: 'Reorder pipelines',
  description: 'Sets the order of the pipelines or strategies of an application.',
  schema: z.looseObject({
    application: z.string().min(1),
    idsToIndices: z.record(z.string(), z.int().min(0)),
    isStrategy: booleanLike.nullish(),
  }),
  tasks: [
    {
      name: 'reorderPipelines',
      run: ({ config, ...input }) =>
        changeCatalog(
          { ...input, config },
          {
            kind: 'reorderPipelines',
            application: config.application,
            idsToIndices: config.idsToIndices,
            strategies: config.isStrategy === true,
          },
        ),
    },
  ],
});
