import { oneObjectStage } from '../kubernetes/one-object-stage.js';

export const enableManifestStage = oneObjectStage({
  type: 'enableManifest',
  label: 'Enable (Manifest)',
  description: 'Puts a Kubernetes workload behind its Services.',
  monitor: 'monitorEnable',
  wait: true,
  alwaysResolves: true,
});

export const disableManifestStage = oneObjectStage({
  type: 'disableManifest',
  label: 'Disable (Manifest)',
  description: 'Takes a Kubernetes workload out of its Services; its pods go on running.',
  monitor: 'monitorDisable',
  wait: true,
  alwaysResolves: true,
});
