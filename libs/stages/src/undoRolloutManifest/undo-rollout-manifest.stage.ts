import { oneObjectStage } from '../kubernetes/one-object-stage.js';

export const undoRolloutManifestStage = oneObjectStage({
  type: 'undoRolloutManifest',
  label: 'Undo rollout (Manifest)',
  description: 'Brings an earlier revision of a Kubernetes workload back and waits until it is stable.',
  monitor: 'monitorUndoRollout',
  wait: true,
  alwaysResolves: false,
});
