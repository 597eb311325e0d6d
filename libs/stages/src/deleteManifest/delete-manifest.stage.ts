import { cancelOperations, monitorTask, operationTask } from '../kubernetes/operation-task.js';
import { promoteOutputs } from '../kubernetes/promote-outputs.js';
import {
  resolveTargetManifest,
  type TargetStageConfig,
  targetStageSchema,
} from '../kubernetes/resolve-target-manifest.js';
import { defineStage } from '../stage-definition.js';

export const deleteManifestStage = defineStage<TargetStageConfig>({
  type: 'deleteManifest',
  label: 'Delete (Manifest)',
  description: 'Deletes one Kubernetes object, or all that labels select, and waits until they are gone.',
  schema: targetStageSchema,
  tasks: [
    resolveTargetManifest(),
    operationTask({ name: 'deleteManifest', kind: 'deleteManifest' }),
    monitorTask('monitorDelete'),
    promoteOutputs(),
  ],
  cleanUp: cancelOperations,
});
