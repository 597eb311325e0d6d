import { z } from 'zod';
import { booleanLike, numeric } from '../fields.js';
import { defineStage } from '../stage-definition.js';

export const waitUntilStage = defineStage({
  type: 'waitUntil',
  label: 'Wait until',
  description: 'Waits until a time.',
  schema: z.looseObject({
    /** Milliseconds since the Unix epoch. */
    epochMillis: numeric,
    skipRemainingWait: booleanLike.nullish(),
  }),
  tasks: [
    {
      name: 'waitUntil',
      run: ({ config, now }) =>
        now >= config.epochMillis || config.skipRemainingWait === true
          ? { status: 'SUCCEEDED' }
          : { status: 'RUNNING', wakeAt: config.epochMillis },
    },
  ],
});
