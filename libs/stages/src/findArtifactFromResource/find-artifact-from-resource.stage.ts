import { cancelOperations, failureOf, lastResults, operationTask } from '../kubernetes/operation-task.js';
import {
  resolveTargetManifest,
  type TargetStageConfig,
  targetStageSchema,
} from '../kubernetes/resolve-target-manifest.js';
import { bindProducedArtifacts } from '../kubernetes/stage-artifacts.js';
import { defineStage, type TaskDefinition } from '../stage-definition.js';

export const findArtifactFromResourceStage = defineStage<TargetStageConfig>({
  type: 'findArtifactFromResource',
  aliases: ['findArtifactsFromResource'],
  label: 'Find artifacts from resource',
  description: 'Finds the images and other artifacts that a Kubernetes object runs with.',
  schema: targetStageSchema,
  tasks: [resolveTargetManifest(), findArtifacts(), bindProducedArtifacts()],
  cleanUp: cancelOperations,
});

function findArtifacts(): TaskDefinition<TargetStageConfig> {
  const task = operationTask<TargetStageConfig>({
    name: 'findArtifactsFromResource',
    kind: 'findArtifactsFromResource',
  });
  return {
    ...task,
    run: async (input) => {
      const result = await task.run(input);
      if (result.status !== 'SUCCEEDED') return result;
      const { stage } = input;
      const after = { ...input, stage: { ...stage, context: { ...stage.context, ...result.context } } };
      const failure = failureOf(after, task.name);
      if (failure) return { ...result, ...failure };
      const [found] = await lastResults(after);
      const { manifest, artifacts } = found ?? {};
      return {
        status: 'SUCCEEDED',
        context: { ...result.context, manifest, artifacts },
        outputs: { manifest, artifacts },
      };
    },
  };
}
