import { z } from 'zod';
import type { TaskDefinition } from '../stage-definition.js';
import { clusterStageSchema, failureOf, lastResults, operationTask } from './operation-task.js';

/** A stage on one object: named, or chosen from a cluster by criteria when it runs. */
export const targetStageSchema = clusterStageSchema.extend({
  location: z.string().nullish(),
  manifestName: z.string().nullish(),
  kind: z.string().nullish(),
  app: z.string().nullish(),
  cluster: z.string().nullish(),
  criteria: z.string().nullish(),
});

export type TargetStageConfig = z.infer<typeof targetStageSchema>;

/** Writes the chosen object's name to the context; a stage without criteria names its object itself. */
export function resolveTargetManifest<Config extends TargetStageConfig>(): TaskDefinition<Config> {
  const task = operationTask<Config>({
    name: 'resolveTargetManifest',
    kind: 'resolveTargetManifest',
    timeoutMs: 60_000,
  });
  return {
    ...task,
    run: async (input) => {
      const { config, stage } = input;
      if (!config.criteria || config.criteria === 'static') return { status: 'SUCCEEDED' };
      const result = await task.run(input);
      if (result.status !== 'SUCCEEDED') return result;
      const after = { ...input, stage: { ...stage, context: { ...stage.context, ...result.context } } };
      const failure = failureOf(after, task.name);
      if (failure) return { ...result, ...failure };
      const [target] = await lastResults(after);
      const resolved = { manifestName: target?.['manifestName'], location: target?.['namespace'] };
      return { status: 'SUCCEEDED', context: { ...result.context, ...resolved }, outputs: resolved };
    },
  };
}
