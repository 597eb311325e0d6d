import { z } from 'zod';
import { changeCatalog } from '../catalog/catalog-task.js';
import { defineStage } from '../stage-definition.js';

export const deleteApplicationStage = defineStage({
  type: 'deleteApplication',
  label: 'Delete application',
  description: 'Deletes an application with its pipelines, strategies and notifications.',
  schema: z.looseObject({
    application: z.looseObject({ name: z.string().min(1) }, { error: 'must name the application' }),
  }),
  tasks: [
    {
      name: 'deleteApplication',
      run: (input) =>
        changeCatalog(input, { kind: 'deleteApplication', name: input.config.application.name }),
    },
  ],
});
