import { z } from 'zod';
import { changeCatalog } from '../catalog/catalog-task.js';
import { defineStage } from '../stage-definition.js';

export const deleteProjectStage = defineStage({
  type: 'deleteProject',
  label: 'Delete project',
  description: 'Deletes a project.',
  schema: z.looseObject({
    project: z
      .looseObject(
        { id: z.string().nullish(), name: z.string().nullish() },
        { error: 'must name the project' },
      )
      .refine(({ id, name }) => Boolean(id) || Boolean(name), 'must have an id or a name'),
  }),
  tasks: [
    {
      name: 'deleteProject',
      run: (input) => {
        const { id, name } = input.config.project;
        return changeCatalog(input, { kind: 'deleteProject', nameOrId: id || String(name) });
      },
    },
  ],
});
