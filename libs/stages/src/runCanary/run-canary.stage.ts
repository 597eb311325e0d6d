import { type CleanUpInput, defineStage } from '../stage-definition.js';
import { type RunCanaryConfig, runCanarySchema } from './run-canary.schema.js';
import { CANARY_ID, resolveKayentaConfigId, runCanary } from './run-canary.task.js';

const TWELVE_HOURS_MS = 12 * 3_600_000;

export const runCanaryStage = defineStage<RunCanaryConfig>({
  type: 'runCanary',
  label: 'Run canary',
  description: 'Asks the metrics judge for one judgement. Part of "Canary analysis".',
  schema: runCanarySchema,
  tasks: [
    { name: 'resolveKayentaConfigId', run: resolveKayentaConfigId, timeoutMs: 60_000 },
    { name: 'runCanary', run: runCanary, timeoutMs: TWELVE_HOURS_MS },
  ],
  cleanUp: async ({ ports, stage, execution }: CleanUpInput<RunCanaryConfig>) => {
    // An analysis has the id of the work item that asked for it, and may have been asked for without that being recorded.
    const id = stage.context[CANARY_ID] ?? stage.tasks.find(({ name }) => name === 'runCanary')?.workItemId;
    if (typeof id !== 'string') return {};
    const user = execution.canceledBy ?? execution.authentication?.user ?? 'anonymous';
    await ports.canaries.cancel(id, { user, reason: 'the stage has ended' });
    return {};
  },
});
