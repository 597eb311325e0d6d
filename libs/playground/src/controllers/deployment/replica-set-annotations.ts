import type { Deployment, ReplicaSet } from '../../model/workloads.js';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** Annotations of a Deployment that are not copied to its ReplicaSets. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

export function revisionOf(set: { metadata: { annotations?: Record<string, string> } }): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

/** The annotations that a ReplicaSet takes over from its Deployment, with its revision. */
export function annotationsFor(
  deployment: Deployment,
  old: Record<string, string> | undefined,
  revision: number,
): Record<string, string> {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !NOT_COPIED.has(key),
  );
  const annotations = { ...old, ...Object.fromEntries(copied) };
  const previous = old?.[REVISION];
  if (previous !== undefined && Number(previous) < revision) {
    const history = old?.[REVISION_HISTORY];
    annotations[REVISION_HISTORY] = history ? `${history},${previous}` : previous;
  }
  annotations[REVISION] = String(Math.max(revision, Number(previous ?? 0)));
  return annotations;
}

export function scaleAnnotations(desired: number, maximum: number): Record<string, string> {
  return { [DESIRED_REPLICAS]: String(desired), [MAX_REPLICAS]: String(maximum) };
}

export function desiredOf(set: ReplicaSet): number | undefined {
  const text = set.metadata.annotations?.[DESIRED_REPLICAS];
  return text === undefined ? undefined : Number(text);
}

export function maximumOf(set: ReplicaSet): number | undefined {
  const text = set.metadata.annotations?.[MAX_REPLICAS];
  return text === undefined ? undefined : Number(text);
}
