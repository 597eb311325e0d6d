import { z } from 'zod';
import { defineStage } from '../stage-definition.js';

export const noopStage = defineStage({
  type: 'noop',
  label: 'No operation',
  description: 'Does nothing, successfully.',
  schema: z.looseObject({}),
  tasks: [{ name: 'noop', run: () => ({ status: 'SUCCEEDED' }) }],
});
