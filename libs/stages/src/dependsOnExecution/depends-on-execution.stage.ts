import { z } from 'zod';
import { failuresOf } from '../pipeline/pipeline.stage.js';
import { defineStage } from '../stage-definition.js';
import { exceptionOf } from '../stage-exception.js';

const TWO_HOURS_MS = 2 * 3_600_000;

export const dependsOnExecutionStage = defineStage({
  type: 'dependsOnExecution',
  label: 'Depends on execution',
  description: 'Waits for the end of another execution, and fails if that one fails.',
  schema: z.looseObject({
    executionType: z.string().nullish(),
    executionId: z.string({ error: 'is missing: which execution is to be waited for?' }),
  }),
  tasks: [
    {
      name: 'dependsOnExecution',
      timeoutMs: TWO_HOURS_MS,
      run: async ({ config, ports, workItemId, now }) => {
        const other = await ports.executions.watch(config.executionId, workItemId);
        if (other !== undefined && !other.complete) return { status: 'RUNNING' };
        if (other?.status === 'SUCCEEDED') return { status: 'SUCCEEDED' };
        const messages =
          other === undefined ? [`There is no execution ${config.executionId}`] : failuresOf(other);
        return {
          status: 'TERMINAL',
          exception: exceptionOf(messages, {
            operation: 'dependsOnExecution',
            now,
            type: 'DependencyFailed',
          }),
        };
      },
    },
  ],
});
