import { jsonEquals } from '@gennaker/kernel';
import { templateHash } from '../../model/hash.js';
import { controllerOf, controllerReference, keyOf, splitKey, type KubeObject } from '../../model/objects.js';
import type { Deployment, PodTemplate, ReplicaSet, Pod } from '../../model/workloads.js';
import type { StoreEvent } from '../../store/store.js';
import { findCondition } from '../conditions.js';
import type { Controller } from '../engine.js';
import { claim, ownerKeys } from '../pods-of.js';
import { PODS, REPLICA_SETS } from '../replica-set-controller.js';
import { refusal, type World } from '../world.js';
import {
  computeStatus,
  deadlineOf,
  isComplete,
  progress,
  TIMED_OUT,
  updated,
  withReplicaFailure,
} from './deployment-status.js';
import {
  annotationsFor,
  desiredOf,
  REVISION,
  revisionOf,
  scaleAnnotations,
} from './replica-set-annotations.js';
import { newReplicas, rolloutLimits, scaleProportionally, shrinkOld, totalActual } from './rollout.js';

const DEPLOYMENTS = 'apps/deployments';
const HASH_LABEL = 'pod-template-hash';

/** Rolls Deployments over their ReplicaSets by the rules of Kubernetes' own controller. */
export class DeploymentController implements Controller {
  readonly name = 'Deployment controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === DEPLOYMENTS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    if (event.resource === REPLICA_SETS)
      return ownerKeys(this.world, 'Deployment', DEPLOYMENTS, event.object);
    if (event.resource === PODS && event.type === 'DELETED') return this.recreating(event.object);
    return [];
  }

  initialKeys(): string[] {
    return this.world.store.list(DEPLOYMENTS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const deployment = this.world.store.get<Deployment>(DEPLOYMENTS, namespace, name);
    if (!deployment) return undefined;
    const sets = claim<ReplicaSet>(this.world, deployment, REPLICA_SETS, deployment.spec.selector);
    if (deployment.metadata.deletionTimestamp !== undefined) return this.syncStatus(deployment, sets);
    this.notePause(deployment);
    const live = this.live(deployment);
    if (live.spec.paused || this.isScaled(live, sets)) return this.syncPausedOrScaled(live, sets);
    return live.spec.strategy?.type === 'Recreate' ? this.recreate(live, sets) : this.roll(live, sets);
  }

  /** A Recreate rollout goes on when the last old pod is gone. */
  private recreating(pod: KubeObject): string[] {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'ReplicaSet') return [];
    const set = this.world.store.get(REPLICA_SETS, pod.metadata.namespace, owner.name);
    return set ? ownerKeys(this.world, 'Deployment', DEPLOYMENTS, set) : [];
  }

  private live(deployment: Deployment): Deployment {
    return (
      this.world.store.get<Deployment>(
        DEPLOYMENTS,
        deployment.metadata.namespace,
        deployment.metadata.name,
      ) ?? deployment
    );
  }

  private liveSets(deployment: Deployment): ReplicaSet[] {
    return claim<ReplicaSet>(this.world, deployment, REPLICA_SETS, deployment.spec.selector);
  }

  private notePause(deployment: Deployment): void {
    const condition = findCondition(deployment.status?.conditions, 'Progressing');
    if (condition?.reason === TIMED_OUT) return;
    const isNoted = condition?.reason === 'DeploymentPaused';
    if (deployment.spec.paused === true && !isNoted) {
      this.setProgressing(deployment, 'DeploymentPaused', 'Deployment is paused', 'Unknown');
    } else if (deployment.spec.paused !== true && isNoted) {
      this.setProgressing(deployment, 'DeploymentResumed', 'Deployment is resumed', 'Unknown');
    }
  }

  private setProgressing(
    deployment: Deployment,
    reason: string,
    message: string,
    status: 'True' | 'False' | 'Unknown',
  ): void {
    const conditions = deployment.status?.conditions ?? [];
    const next = updated(conditions, { type: 'Progressing', status, reason, message }, this.world.now());
    this.world.setStatus(DEPLOYMENTS, deployment, { ...deployment.status, conditions: next });
  }

  private isScaled(deployment: Deployment, sets: ReplicaSet[]): boolean {
    return sets.some(
      (set) =>
        (set.spec.replicas ?? 0) > 0 &&
        (desiredOf(set) ?? deployment.spec.replicas) !== deployment.spec.replicas,
    );
  }

  private syncPausedOrScaled(deployment: Deployment, sets: ReplicaSet[]): number | undefined {
    const current = this.currentSet(deployment, sets, false);
    const all = this.liveSets(deployment);
    this.scale(deployment, all, current);
    if (deployment.spec.paused) this.cleanUp(deployment, this.liveSets(deployment), current);
    return this.syncStatus(deployment, this.liveSets(deployment));
  }

  private scale(deployment: Deployment, all: ReplicaSet[], current: ReplicaSet | undefined): void {
    const wished = deployment.spec.replicas ?? 1;
    const active = all.filter((set) => (set.spec.replicas ?? 0) > 0);
    const only = active.length === 1 ? active[0] : active.length === 0 ? current : undefined;
    if (only) return this.resize(deployment, only, wished);
    const isSaturated =
      current !== undefined &&
      current.spec.replicas === wished &&
      current.status?.availableReplicas === wished &&
      desiredOf(current) === wished;
    if (isSaturated) {
      for (const set of active)
        if (set.metadata.uid !== current.metadata.uid) this.resize(deployment, set, 0);
      return;
    }
    if (deployment.spec.strategy?.type !== 'RollingUpdate') return;
    for (const [set, size] of scaleProportionally(deployment, active)) this.resize(deployment, set, size);
  }

  private roll(deployment: Deployment, sets: ReplicaSet[]): number | undefined {
    const current = this.currentSet(deployment, sets, true);
    if (!current) return this.syncStatus(deployment, sets);
    const all = this.liveSets(deployment);
    const size = newReplicas(deployment, all, current);
    if (size !== current.spec.replicas) {
      this.resize(deployment, current, size);
      return this.syncRollout(deployment, current);
    }
    const old = all.filter(
      (set) => set.metadata.uid !== current.metadata.uid && (set.spec.replicas ?? 0) > 0,
    );
    const shrunk = shrinkOld(deployment, all, old, current);
    for (const [set, target] of shrunk) this.resize(deployment, set, target);
    return this.syncRollout(deployment, current);
  }

  private recreate(deployment: Deployment, sets: ReplicaSet[]): number | undefined {
    const existing = this.currentSet(deployment, sets, false);
    const old = this.liveSets(deployment).filter((set) => set.metadata.uid !== existing?.metadata.uid);
    const toStop = old.filter((set) => (set.spec.replicas ?? 0) > 0);
    for (const set of toStop) this.resize(deployment, set, 0);
    if (toStop.length > 0 || this.hasOldPods(deployment, old)) return this.syncRollout(deployment, existing);
    const current = existing ?? this.currentSet(deployment, this.liveSets(deployment), true);
    if (current) this.resize(deployment, current, deployment.spec.replicas ?? 1);
    return this.syncRollout(deployment, current);
  }

  private hasOldPods(deployment: Deployment, old: readonly ReplicaSet[]): boolean {
    const owners = new Set(old.map((set) => set.metadata.uid));
    return this.world.store
      .list<Pod>(PODS, deployment.metadata.namespace)
      .some(
        (pod) =>
          owners.has(controllerOf(pod)?.uid ?? '') &&
          pod.status?.phase !== 'Failed' &&
          pod.status?.phase !== 'Succeeded',
      );
  }

  private syncRollout(deployment: Deployment, current: ReplicaSet | undefined): number | undefined {
    const all = this.liveSets(deployment);
    const live = this.live(deployment);
    const now = this.world.now();
    const fresh = all.find((set) => set.metadata.uid === current?.metadata.uid);
    const counted = computeStatus(live, all, fresh, now);
    const status = withReplicaFailure(progress(live, counted, fresh, now), [fresh, ...all], now);
    if (!jsonEquals(status, live.status)) this.world.setStatus(DEPLOYMENTS, live, status);
    if (isComplete(live, status)) this.cleanUp(live, all, fresh);
    const deadline = deadlineOf(live, status);
    return deadline === undefined ? undefined : Math.max(0, deadline - now);
  }

  private syncStatus(deployment: Deployment, sets: ReplicaSet[]): number | undefined {
    const live = this.live(deployment);
    const current = this.findCurrent(live, sets);
    const status = computeStatus(live, sets, current, this.world.now());
    if (!jsonEquals(status, live.status)) this.world.setStatus(DEPLOYMENTS, live, status);
    return undefined;
  }

  private findCurrent(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
    const wanted = withoutHash(deployment.spec.template);
    return [...sets]
      .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .find((set) => jsonEquals(withoutHash(set.spec.template), wanted));
  }

  /** The ReplicaSet of the present template with its revision up to date; made when absent and wanted. */
  private currentSet(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    create: boolean,
  ): ReplicaSet | undefined {
    const existing = this.findCurrent(deployment, sets);
    const highest = Math.max(0, ...sets.filter((set) => set !== existing).map(revisionOf));
    const revision = highest + 1;
    if (existing) return this.refresh(deployment, existing, revision);
    if (!create) return undefined;
    const created = this.createSet(deployment, sets, revision);
    if (created) this.setRevision(deployment, revision);
    return created;
  }

  private refresh(deployment: Deployment, set: ReplicaSet, revision: number): ReplicaSet {
    const annotations = annotationsFor(deployment, set.metadata.annotations, revision);
    const minReady = deployment.spec.minReadySeconds;
    let result = set;
    if (!jsonEquals(annotations, set.metadata.annotations) || set.spec.minReadySeconds !== minReady) {
      result =
        this.world.change<ReplicaSet>(REPLICA_SETS, set, (live) => ({
          ...live,
          metadata: { ...live.metadata, annotations },
          spec: { ...live.spec, ...(minReady === undefined ? {} : { minReadySeconds: minReady }) },
        })) ?? set;
    }
    this.setRevision(deployment, revisionOf(result));
    if (!findCondition(this.live(deployment).status?.conditions, 'Progressing')) {
      this.setProgressing(
        this.live(deployment),
        'FoundNewReplicaSet',
        `Found new replica set "${set.metadata.name}"`,
        'True',
      );
    }
    return result;
  }

  private setRevision(deployment: Deployment, revision: number): void {
    if (deployment.metadata.annotations?.[REVISION] === String(revision)) return;
    this.world.change<Deployment>(DEPLOYMENTS, deployment, (live) => ({
      ...live,
      metadata: {
        ...live.metadata,
        annotations: { ...live.metadata.annotations, [REVISION]: String(revision) },
      },
    }));
  }

  private createSet(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    revision: number,
  ): ReplicaSet | undefined {
    const { spec, metadata } = deployment;
    const hash = templateHash(spec.template, deployment.status?.collisionCount ?? 0);
    const template = structuredClone(spec.template);
    template.metadata = {
      ...template.metadata,
      labels: { ...template.metadata?.labels, [HASH_LABEL]: hash },
    };
    const { maxSurge } = rolloutLimits(deployment);
    const wished = spec.replicas ?? 1;
    const room = Math.max(
      0,
      wished + maxSurge - sets.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0),
    );
    const replicas = spec.strategy?.type === 'RollingUpdate' ? Math.min(room, wished) : wished;
    try {
      const set = this.world.create<ReplicaSet>(REPLICA_SETS, metadata.namespace, {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `${metadata.name}-${hash}`,
          labels: template.metadata.labels,
          annotations: {
            ...annotationsFor(deployment, undefined, revision),
            ...scaleAnnotations(wished, wished + maxSurge),
          },
          ownerReferences: [controllerReference(deployment)],
        },
        spec: {
          replicas,
          ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
          selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
          template,
        },
      });
      if (replicas > 0) this.scaled(deployment, set, 'up', { from: 0, to: replicas });
      this.setProgressing(
        this.live(deployment),
        'NewReplicaSetCreated',
        `Created new replica set "${set.metadata.name}"`,
        'True',
      );
      return set;
    } catch (error) {
      this.collided(deployment, error);
      return undefined;
    }
  }

  /** Another ReplicaSet has the name: count up, and the next hash differs. Other refusals show in the conditions. */
  private collided(deployment: Deployment, error: unknown): void {
    const message = refusal(error);
    const live = this.live(deployment);
    if (message.includes('already exists')) {
      const collisionCount = (live.status?.collisionCount ?? 0) + 1;
      this.world.setStatus(DEPLOYMENTS, live, { ...live.status, collisionCount });
      return;
    }
    const text = `Failed to create new replica set: ${message}`;
    this.setProgressing(live, 'ReplicaSetCreateError', text, 'False');
    this.world.events.record(live, 'Warning', 'ReplicaSetCreateError', text, 'deployment-controller');
  }

  private resize(deployment: Deployment, set: ReplicaSet, size: number): void {
    const from = set.spec.replicas ?? 0;
    const wished = deployment.spec.replicas ?? 1;
    const annotations = {
      ...set.metadata.annotations,
      ...scaleAnnotations(wished, wished + rolloutLimits(deployment).maxSurge),
    };
    if (from === size && jsonEquals(annotations, set.metadata.annotations)) return;
    this.world.change<ReplicaSet>(REPLICA_SETS, set, (live) => ({
      ...live,
      metadata: { ...live.metadata, annotations },
      spec: { ...live.spec, replicas: size },
    }));
    if (from !== size) this.scaled(deployment, set, size > from ? 'up' : 'down', { from, to: size });
  }

  private scaled(
    deployment: Deployment,
    set: ReplicaSet,
    direction: string,
    { from, to }: { from: number; to: number },
  ): void {
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${to}`;
    this.world.events.record(deployment, 'Normal', 'ScalingReplicaSet', message, 'deployment-controller');
  }

  private cleanUp(deployment: Deployment, all: readonly ReplicaSet[], current: ReplicaSet | undefined): void {
    const limit = deployment.spec.revisionHistoryLimit;
    if (limit === undefined) return;
    const old = all
      .filter(
        (set) => set.metadata.uid !== current?.metadata.uid && set.metadata.deletionTimestamp === undefined,
      )
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const set of old.slice(0, Math.max(0, old.length - limit))) {
      if (totalActual([set]) === 0 && (set.spec.replicas ?? 0) === 0) this.world.delete(REPLICA_SETS, set);
    }
  }
}

function withoutHash(template: PodTemplate): unknown {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
