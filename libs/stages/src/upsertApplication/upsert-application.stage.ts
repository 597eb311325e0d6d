import { z } from 'zod';
import { changeCatalog } from '../catalog/catalog-task.js';
import { defineStage } from '../stage-definition.js';

export const upsertApplicationStage = defineStage({
  type: 'upsertApplication',
  aliases: ['createApplication', 'updateApplication'],
  label: 'Save application',
  description: 'Creates an application, or updates the attributes that are given.',
  schema: z.looseObject({
    application: z.looseObject(
      { name: z.string().min(1) },
      { error: 'must be the attributes of the application' },
    ),
  }),
  tasks: [
    {
      name: 'upsertApplication',
      run: (input) =>
        changeCatalog(input, { kind: 'saveApplication', application: input.config.application }),
    },
  ],
});
