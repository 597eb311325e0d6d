import { oneObjectStage } from '../kubernetes/one-object-stage.js';

export const pauseRolloutManifestStage = oneObjectStage({
  type: 'pauseRolloutManifest',
  label: 'Pause rollout (Manifest)',
  description: 'Holds the rollout of a Deployment where it is.',
  monitor: 'monitorPauseRollout',
  wait: false,
  alwaysResolves: false,
});

export const resumeRolloutManifestStage = oneObjectStage({
  type: 'resumeRolloutManifest',
  label: 'Resume rollout (Manifest)',
  description: 'Lets the rollout of a paused Deployment go on and waits until it is stable.',
  monitor: 'monitorResumeRollout',
  wait: true,
  alwaysResolves: false,
});

export const rollingRestartManifestStage = oneObjectStage({
  type: 'rollingRestartManifest',
  label: 'Rolling restart (Manifest)',
  description: 'Replaces every pod of a workload, a few at a time.',
  monitor: 'monitorRollingRestart',
  wait: false,
  alwaysResolves: false,
});
