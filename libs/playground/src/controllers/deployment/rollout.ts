import type { Deployment, ReplicaSet } from '../../model/workloads.js';
import { resolveIntOrString } from '../../model/workloads.js';
import { maximumOf } from './replica-set-annotations.js';

/** How many pods more than wished, and how many fewer available ones, a rollout may have. */
export function rolloutLimits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const { strategy, replicas = 1 } = deployment.spec;
  if (strategy?.type !== 'RollingUpdate' || replicas === 0) return { maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = resolveIntOrString(strategy.rollingUpdate?.maxSurge ?? '25%', replicas, true);
  const wished = resolveIntOrString(strategy.rollingUpdate?.maxUnavailable ?? '25%', replicas, false);
  // Both rounded to nothing would never move.
  const maxUnavailable = maxSurge === 0 && wished === 0 ? 1 : Math.min(wished, replicas);
  return { maxSurge, maxUnavailable };
}

function totalReplicas(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
}

export function totalActual(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.replicas ?? 0), 0);
}

export function totalAvailable(sets: readonly ReplicaSet[]): number {
  return sets.reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0);
}

/** How large the new ReplicaSet may be now. */
export function newReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: ReplicaSet): number {
  const wished = deployment.spec.replicas ?? 1;
  const size = current.spec.replicas ?? 0;
  if (deployment.spec.strategy?.type !== 'RollingUpdate') return wished;
  if (size >= wished) return wished;
  const { maxSurge } = rolloutLimits(deployment);
  const room = wished + maxSurge - totalReplicas(all);
  return room <= 0 ? size : size + Math.min(room, wished - size);
}

/**
 * The sizes that old ReplicaSets shrink to: first pods that were never available, then as many as may be missing.
 * Empty when nothing may shrink now.
 */
export function shrinkOld(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  old: readonly ReplicaSet[],
  current: ReplicaSet,
): Map<ReplicaSet, number> {
  const sizes = new Map<ReplicaSet, number>();
  const { maxUnavailable } = rolloutLimits(deployment);
  const minAvailable = (deployment.spec.replicas ?? 1) - maxUnavailable;
  const missingInNew = sizeOf(current) - availableOf(current);
  const surplus = totalReplicas(all) - minAvailable - missingInNew;
  if (surplus <= 0) return sizes;
  const byAge = [...old].sort((a, b) => age(a) - age(b));
  shrink(byAge, sizes, surplus, (set) => sizeOf(set) - availableOf(set));
  shrink(byAge, sizes, totalAvailable(all) - minAvailable, (set) => sizes.get(set) ?? sizeOf(set));
  return sizes;
}

function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 0;
}

function availableOf(set: ReplicaSet): number {
  return set.status?.availableReplicas ?? 0;
}

/** Takes up to `budget` pods away, from each set no more than `spare` of it. */
function shrink(
  sets: readonly ReplicaSet[],
  sizes: Map<ReplicaSet, number>,
  budget: number,
  spare: (set: ReplicaSet) => number,
): void {
  let left = budget;
  for (const set of sets) {
    const less = Math.min(left, spare(set));
    if (sizeOf(set) === 0 || less <= 0) continue;
    sizes.set(set, (sizes.get(set) ?? sizeOf(set)) - less);
    left -= less;
  }
}

function age(set: ReplicaSet): number {
  return (
    Date.parse(set.metadata.creationTimestamp) * 1e4 +
    Number(set.metadata.uid.replaceAll(/\D/g, '').slice(0, 3))
  );
}

/**
 * Spreads a change of the Deployment's size over its ReplicaSets in proportion to their sizes, when it is scaled in
 * the middle of a rollout.
 */
export function scaleProportionally(
  deployment: Deployment,
  active: readonly ReplicaSet[],
): Map<ReplicaSet, number> {
  const wished = deployment.spec.replicas ?? 1;
  const { maxSurge } = rolloutLimits(deployment);
  const allowed = wished > 0 ? wished + maxSurge : 0;
  const toAdd = allowed - totalReplicas(active);
  const sorted = [...active].sort(
    (a, b) =>
      (b.spec.replicas ?? 0) - (a.spec.replicas ?? 0) || age(toAdd > 0 ? b : a) - age(toAdd > 0 ? a : b),
  );
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of sorted) {
    const size = set.spec.replicas ?? 0;
    const share = toAdd === 0 ? 0 : proportion(set, allowed, wished, { toAdd, added });
    sizes.set(set, size + share);
    added += share;
  }
  const largest = sorted[0];
  if (largest && toAdd !== added) {
    sizes.set(largest, Math.max(0, (sizes.get(largest) ?? 0) + toAdd - added));
  }
  return sizes;
}

function proportion(
  set: ReplicaSet,
  allowed: number,
  wished: number,
  { toAdd, added }: { toAdd: number; added: number },
): number {
  const size = set.spec.replicas ?? 0;
  const left = toAdd - added;
  const before = maximumOf(set) ?? wished;
  const share = before === 0 ? 0 : Math.round((size * allowed) / before) - size;
  return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
}
