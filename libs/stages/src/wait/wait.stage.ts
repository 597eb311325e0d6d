import { defineStage } from '../stage-definition.js';
import { waitSchema } from './wait.schema.js';
import { wait } from './wait.task.js';

export const waitStage = defineStage({
  type: 'wait',
  label: 'Wait',
  description: 'Waits a given number of seconds.',
  schema: waitSchema,
  tasks: [{ name: 'wait', run: wait }],
});
