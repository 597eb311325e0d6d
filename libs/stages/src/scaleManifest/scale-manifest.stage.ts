import { oneObjectStage } from '../kubernetes/one-object-stage.js';

export const scaleManifestStage = oneObjectStage({
  type: 'scaleManifest',
  label: 'Scale (Manifest)',
  description: 'Sets the number of replicas of a Kubernetes object and waits until it is stable.',
  monitor: 'monitorScale',
  wait: true,
  alwaysResolves: true,
});
