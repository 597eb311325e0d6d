import { z } from 'zod';
import { changeCatalog } from '../catalog/catalog-task.js';
import { defineStage } from '../stage-definition.js';

export const upsertProjectStage = defineStage({
  type: 'upsertProject',
  label: 'Save project',
  description: 'Creates a project, or replaces the one with its id or name.',
  schema: z.looseObject({ project: z.looseObject({}, { error: 'must be the project' }) }),
  tasks: [
    {
      name: 'upsertProject',
      run: (input) => changeCatalog(input, { kind: 'saveProject', project: input.config.project }),
    },
  ],
});
