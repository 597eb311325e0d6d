import { type JsonObject } from '@gennaker/kernel';
import { listAt, type Manifest, metadataOf, numberAt, objectAt, specOf, statusOf } from '../manifest.js';
import {
  type ManifestStatus,
  noneReported,
  stableStatus,
  unavailable,
  unstable,
  WAITING_FOR_GENERATION,
} from './status.js';

/** Whether the controller has seen the object's latest spec. A missing observedGeneration means not yet. */
export function generationObserved(manifest: Manifest): boolean {
  const observed = numberAt(statusOf(manifest), 'observedGeneration');
  return observed !== undefined && observed === numberAt(metadataOf(manifest), 'generation');
}

function count(status: JsonObject, field: string): number {
  return numberAt(status, field) ?? 0;
}

function desiredReplicas(manifest: Manifest): number {
  return numberAt(specOf(manifest), 'replicas') ?? 0;
}

export function deploymentStatus(manifest: Manifest): ManifestStatus {
  const status = statusOf(manifest);
  if (!status) return noneReported();
  if (!generationObserved(manifest)) return unstable(WAITING_FOR_GENERATION);
  const result = stableStatus();
  const conditions = listAt(status, 'conditions');
  const pausing = conditions.find((condition) => condition['reason'] === 'DeploymentPaused');
  if (pausing) result.paused = { state: true, message: messageOf(pausing) };
  const unavailability = conditions.find(
    ({ type, status: state }) => type === 'Available' && state === 'False',
  );
  if (unavailability) {
    result.stable = { state: false, message: messageOf(unavailability) };
    result.available = { state: false, message: messageOf(unavailability) };
  }
  const late = conditions.some(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  if (late) result.failed = { state: true, message: 'Deployment exceeded its progress deadline' };
  const waiting = deploymentWaiting(desiredReplicas(manifest), status);
  if (waiting !== undefined) result.stable = { state: false, message: waiting };
  return result;
}

function deploymentWaiting(desired: number, status: JsonObject): string | undefined {
  const updated = count(status, 'updatedReplicas');
  if (updated < desired) return 'Waiting for all replicas to be updated';
  if (count(status, 'replicas') > updated) return 'Waiting for old replicas to finish termination';
  if (count(status, 'availableReplicas') < desired) return 'Waiting for all replicas to be available';
  if (count(status, 'readyReplicas') < desired) return 'Waiting for all replicas to be ready';
  return undefined;
}

function messageOf(condition: JsonObject): string | null {
  return typeof condition['message'] === 'string' ? condition['message'] : null;
}

export function replicaSetStatus(manifest: Manifest): ManifestStatus {
  const status = statusOf(manifest);
  if (!status) return noneReported();
  const desired = desiredReplicas(manifest);
  if (desired > count(status, 'fullyLabeledReplicas')) {
    return unavailable('Waiting for all replicas to be fully-labeled');
  }
  if (desired > count(status, 'readyReplicas')) return unavailable('Waiting for all replicas to be ready');
  if (desired > count(status, 'availableReplicas'))
    return unavailable('Waiting for all replicas to be available');
  // Counted before the generation is looked at, so that a scale-up says what it waits for.
  if (!generationObserved(manifest)) return unstable('Waiting for replicaset spec update to be observed');
  return stableStatus();
}

export function statefulSetStatus(manifest: Manifest): ManifestStatus {
  const strategy = objectAt(specOf(manifest), 'updateStrategy');
  if (strategy?.['type'] === 'OnDelete') return stableStatus();
  const status = statusOf(manifest);
  if (!status) return noneReported();
  if (!generationObserved(manifest)) return unstable(WAITING_FOR_GENERATION);
  const desired = desiredReplicas(manifest);
  if (desired > count(status, 'replicas')) {
    return unstable('Waiting for at least the desired replica count to be met');
  }
  if (desired > count(status, 'readyReplicas'))
    return unstable('Waiting for all updated replicas to be ready');
  const rolling = strategy?.['type'] === 'RollingUpdate' ? objectAt(strategy, 'rollingUpdate') : undefined;
  const updated = numberAt(status, 'updatedReplicas');
  if (rolling && updated !== undefined) return partitionedStatus(manifest, rolling, updated);
  if (desired > count(status, 'currentReplicas'))
    return unstable('Waiting for all updated replicas to be scheduled');
  if (status['currentRevision'] !== status['updateRevision']) {
    return unstable('Waiting for the updated revision to match the current revision');
  }
  return stableStatus();
}

function partitionedStatus(manifest: Manifest, rolling: JsonObject, updated: number): ManifestStatus {
  const partition = numberAt(rolling, 'partition');
  const replicas = numberAt(specOf(manifest), 'replicas');
  if (replicas !== undefined && partition !== undefined && updated < replicas - partition) {
    return unstable('Waiting for partitioned roll out to finish');
  }
  const result = stableStatus();
  result.stable.message = 'Partitioned roll out complete';
  return result;
}

export function daemonSetStatus(manifest: Manifest): ManifestStatus {
  const status = statusOf(manifest);
  if (!status) return noneReported();
  if (!generationObserved(manifest)) return unstable(WAITING_FOR_GENERATION);
  if (objectAt(specOf(manifest), 'updateStrategy')?.['type'] !== 'RollingUpdate') return stableStatus();
  const desired = count(status, 'desiredNumberScheduled');
  if (desired > count(status, 'currentNumberScheduled'))
    return unstable('Waiting for all replicas to be scheduled');
  if (desired > count(status, 'updatedNumberScheduled')) {
    return unstable('Waiting for all updated replicas to be scheduled');
  }
  if (desired > count(status, 'numberAvailable')) return unstable('Waiting for all replicas to be available');
  if (desired > count(status, 'numberReady')) return unstable('Waiting for all replicas to be ready');
  return stableStatus();
}

export function jobStatus(manifest: Manifest): ManifestStatus {
  const status = statusOf(manifest);
  if (!status) return noneReported();
  const completions = numberAt(specOf(manifest), 'completions') ?? 1;
  if (count(status, 'succeeded') >= completions) return stableStatus();
  const failure = listAt(status, 'conditions').find(
    ({ type, status: state }) => type === 'Failed' && String(state).toLowerCase() === 'true',
  );
  if (!failure) return unstable('Waiting for jobs to finish');
  return { ...stableStatus(), failed: { state: true, message: messageOf(failure) } };
}

export function cronJobStatus(manifest: Manifest): ManifestStatus {
  return statusOf(manifest) ? stableStatus() : noneReported();
}

export function podStatus(manifest: Manifest): ManifestStatus {
  const status = statusOf(manifest);
  if (!status) return noneReported();
  switch (status['phase']) {
    case 'Pending':
      return unavailable('Pod is pending');
    case 'Failed':
      return unavailable('Pod has failed');
    case 'Running':
    case 'Succeeded':
      return stableStatus();
    default:
      return unavailable('Pod phase is unknown');
  }
}

export function horizontalPodAutoscalerStatus(manifest: Manifest): ManifestStatus {
  const status = statusOf(manifest);
  if (!status) return noneReported();
  const current = count(status, 'currentReplicas');
  const desired = count(status, 'desiredReplicas');
  if (desired > current) {
    return unstable(`Waiting for HPA to complete a scale up, current: ${current} desired: ${desired}`);
  }
  if (desired < current) {
    return unstable(`Waiting for HPA to complete a scale down, current: ${current} desired: ${desired}`);
  }
  return stableStatus();
}
