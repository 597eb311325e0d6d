import { timestamp, type Condition } from '../../model/objects.js';
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../model/workloads.js';
import { findCondition, setCondition, withoutCondition } from '../conditions.js';
import { rolloutLimits, totalActual, totalAvailable } from './rollout.js';

export const TIMED_OUT = 'ProgressDeadlineExceeded';
const AVAILABLE_NOW = 'NewReplicaSetAvailable';

/** Sums of the ReplicaSets, and the Available condition. */
export function computeStatus(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  current: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const available = totalAvailable(all);
  const replicas = totalActual(all);
  const wished = deployment.spec.replicas ?? 1;
  const counts = {
    replicas,
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: all.reduce((sum, set) => sum + (set.status?.readyReplicas ?? 0), 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, all.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0) - available),
  };
  const isAvailable = available >= wished - rolloutLimits(deployment).maxUnavailable;
  const conditions = updated(
    deployment.status?.conditions ?? [],
    isAvailable
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    now,
  );
  return {
    ...(deployment.metadata.generation === undefined
      ? {}
      : { observedGeneration: deployment.metadata.generation }),
    // Counts that are zero are left out, as by the API's encoding.
    ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0)),
    ...(deployment.status?.collisionCount === undefined
      ? {}
      : { collisionCount: deployment.status.collisionCount }),
    conditions,
  };
}

/** Sets a condition with the update time that Deployments' conditions carry. */
export function updated(conditions: readonly Condition[], wanted: Condition, now: number): Condition[] {
  const next = setCondition(conditions, wanted, now);
  return next.map((condition) =>
    condition.type === wanted.type && !conditions.includes(condition)
      ? { ...condition, lastUpdateTime: timestamp(now) }
      : condition,
  );
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wished = deployment.spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) === wished &&
    (status.replicas ?? 0) === wished &&
    (status.availableReplicas ?? 0) === wished &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function isProgressing(old: DeploymentStatus, status: DeploymentStatus): boolean {
  const oldReplicas = (value: DeploymentStatus): number =>
    (value.replicas ?? 0) - (value.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) ||
    oldReplicas(status) < oldReplicas(old) ||
    (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

/** When the deadline passes, in milliseconds since the epoch; undefined when it does not apply. */
export function deadlineOf(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const { progressDeadlineSeconds: seconds, paused } = deployment.spec;
  const condition = findCondition(status.conditions, 'Progressing');
  if (seconds === undefined || seconds >= 2 ** 31 - 1 || paused || !condition) return undefined;
  if (condition.reason === AVAILABLE_NOW || condition.reason === TIMED_OUT) return undefined;
  return Date.parse(condition.lastUpdateTime ?? condition.lastTransitionTime ?? '') + seconds * 1_000;
}

/** Every step forward moves the update time, from which the deadline counts. */
function movedOn(conditions: readonly Condition[], message: string, now: number): Condition[] {
  const known = findCondition(conditions, 'Progressing');
  const time = timestamp(now);
  const since = known?.status === 'True' ? (known.lastTransitionTime ?? time) : time;
  const progressing: Condition = {
    type: 'Progressing',
    status: 'True',
    reason: 'ReplicaSetUpdated',
    message,
    lastTransitionTime: since,
    lastUpdateTime: time,
  };
  return [...withoutCondition(conditions, 'Progressing'), progressing];
}

/** The Progressing condition after a step of a rollout: complete, on its way, or too late. */
export function progress(
  deployment: Deployment,
  status: DeploymentStatus,
  current: ReplicaSet | undefined,
  now: number,
): DeploymentStatus {
  const name = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const conditions = status.conditions ?? [];
  const known = findCondition(conditions, 'Progressing');
  const set = (wanted: Condition): DeploymentStatus => ({
    ...status,
    conditions: updated(conditions, wanted, now),
  });
  const isFinished =
    (deployment.status?.replicas ?? 0) === (deployment.status?.updatedReplicas ?? 0) &&
    known?.reason === AVAILABLE_NOW;
  if (isFinished) return status;
  if (isComplete(deployment, status)) {
    const message = `${name} has successfully progressed.`;
    return set({ type: 'Progressing', status: 'True', reason: AVAILABLE_NOW, message });
  }
  if (isProgressing(deployment.status ?? {}, status)) {
    return { ...status, conditions: movedOn(conditions, `${name} is progressing.`, now) };
  }
  const deadline = deadlineOf(deployment, status);
  if (deadline !== undefined && now >= deadline) {
    const message = `${name} has timed out progressing.`;
    return set({ type: 'Progressing', status: 'False', reason: TIMED_OUT, message });
  }
  return status;
}

/** A ReplicaSet that cannot make its pods shows in the Deployment too. */
export function withReplicaFailure(
  status: DeploymentStatus,
  sets: readonly (ReplicaSet | undefined)[],
  now: number,
): DeploymentStatus {
  const conditions = status.conditions ?? [];
  const failure = sets
    .map((set) => findCondition(set?.status?.conditions, 'ReplicaFailure'))
    .find((condition) => condition !== undefined);
  if (!failure) return { ...status, conditions: withoutCondition(conditions, 'ReplicaFailure') };
  const { type, status: state, reason, message } = failure;
  const wanted: Condition = {
    type,
    status: state,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
  return { ...status, conditions: updated(conditions, wanted, now) };
}
