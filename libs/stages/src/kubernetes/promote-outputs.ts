import type { JsonObject } from '@gennaker/kernel';
import type { TaskDefinition } from '../stage-definition.js';
import { lastResults } from './operation-task.js';

const PROMOTED = ['manifests', 'manifestNamesByNamespace', 'boundArtifacts', 'createdArtifacts'] as const;

/** Makes the results of the stage's last operation its own: `outputs.manifests` and so on, and `artifacts`. */
export function promoteOutputs<Config>(): TaskDefinition<Config> {
  return {
    name: 'promoteOutputs',
    run: async (input) => {
      const results = await lastResults(input);
      const promoted: JsonObject = {};
      const first = (key: string): unknown => results.find((result) => result[key] != null)?.[key];
      for (const key of PROMOTED) {
        const value = first(key);
        if (value !== undefined) promoted[`outputs.${key}`] = value;
      }
      // Which server groups the deployed ones are to take over from.
      const previous = first('previousServerGroups');
      if (previous !== undefined) promoted['previousServerGroups'] = previous;
      const artifacts = first('createdArtifacts');
      if (artifacts !== undefined) promoted['artifacts'] = artifacts;
      return { status: 'SUCCEEDED', context: promoted, outputs: promoted };
    },
  };
}
