import { jsonEquals } from '@gennaker/kernel';
import { controllerReference, keyOf, splitKey } from '../model/objects.js';
import {
  isPodAvailable,
  isPodReady,
  readySince,
  type Pod,
  type PodTemplate,
  type StatefulSet,
} from '../model/workloads.js';
import type { StoreEvent } from '../store/store.js';
import type { Controller } from './engine.js';
import { claim, ownerKeys, podFromTemplate } from './pods-of.js';
import { PODS } from './replica-set-controller.js';
import {
  currentRevision,
  REVISION_LABEL,
  revisionsOf,
  trimHistory,
  type ControllerRevision,
} from './revisions.js';
import { refusal, type World } from './world.js';

const STATEFUL_SETS = 'apps/statefulsets';
const CLAIMS = '/persistentvolumeclaims';
const RETRY_MS = 1_000;

interface Revisions {
  current: ControllerRevision;
  update: ControllerRevision;
}

/** Runs StatefulSets: pods with names of their own, in order, each with its claims, rolled from the last to the first. */
export class StatefulSetController implements Controller {
  readonly name = 'StatefulSet controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === STATEFUL_SETS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    return event.resource === PODS ? ownerKeys(this.world, 'StatefulSet', STATEFUL_SETS, event.object) : [];
  }

  initialKeys(): string[] {
    return this.world.store.list(STATEFUL_SETS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const set = this.world.store.get<StatefulSet>(STATEFUL_SETS, namespace, name);
    if (!set) return undefined;
    const revisions = this.revisions(set);
    let wait: number | undefined;
    if (set.metadata.deletionTimestamp === undefined) wait = this.step(set, this.pods(set), revisions);
    this.updateStatus(set, this.pods(set), revisions);
    return wait ?? this.untilAvailable(set);
  }

  private pods(set: StatefulSet): Map<number, Pod> {
    const pods = claim<Pod>(this.world, set, PODS, set.spec.selector);
    const byOrdinal = new Map<number, Pod>();
    for (const pod of pods) {
      const ordinal = ordinalOf(set, pod);
      if (ordinal !== undefined) byOrdinal.set(ordinal, pod);
    }
    return byOrdinal;
  }

  private revisions(set: StatefulSet): Revisions {
    const update = currentRevision(this.world, set);
    const wanted = set.status?.currentRevision;
    const current =
      revisionsOf(this.world, set).find((revision) => revision.metadata.name === wanted) ?? update;
    return { current, update };
  }

  /** One step towards the wished pods; in order unless the pods may be managed in parallel. */
  private step(set: StatefulSet, pods: Map<number, Pod>, revisions: Revisions): number | undefined {
    const ordinals = wishedOrdinals(set);
    const inOrder = set.spec.podManagementPolicy !== 'Parallel';
    for (const ordinal of ordinals) {
      const pod = pods.get(ordinal);
      if (pod && isOver(pod)) {
        this.world.delete(PODS, pod);
        return undefined;
      }
      if (!pod) {
        const failure = this.create(set, ordinal, this.revisionFor(set, ordinal, revisions));
        if (failure !== undefined) return RETRY_MS;
        if (inOrder) return undefined;
      } else if (inOrder && !this.isSettled(set, pod)) return undefined;
    }
    const surplus = [...pods.keys()].filter((ordinal) => !ordinals.includes(ordinal)).sort((a, b) => b - a);
    for (const ordinal of surplus) {
      const pod = pods.get(ordinal);
      if (pod && pod.metadata.deletionTimestamp === undefined) this.remove(set, pod);
      if (inOrder) return undefined;
    }
    this.rollNext(set, pods, ordinals, revisions.update);
    return undefined;
  }

  private isSettled(set: StatefulSet, pod: Pod): boolean {
    if (pod.metadata.deletionTimestamp !== undefined) return false;
    return isPodAvailable(pod, set.spec.minReadySeconds ?? 0, this.world.now());
  }

  /** Below the partition pods stay on the current revision. */
  private revisionFor(set: StatefulSet, ordinal: number, { current, update }: Revisions): ControllerRevision {
    const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
    if (type === 'OnDelete') return update;
    const partition = (set.spec.ordinals?.start ?? 0) + (rollingUpdate?.partition ?? 0);
    return ordinal < partition ? current : update;
  }

  /** Replaces the last pod that is not on the new revision, when all after it are up. */
  private rollNext(
    set: StatefulSet,
    pods: Map<number, Pod>,
    ordinals: number[],
    update: ControllerRevision,
  ): void {
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const partition =
      (set.spec.ordinals?.start ?? 0) + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0);
    for (const ordinal of [...ordinals].reverse()) {
      if (ordinal < partition) return;
      const pod = pods.get(ordinal);
      if (!pod) return;
      if (revisionLabel(pod) !== labelOf(update)) {
        if (pod.metadata.deletionTimestamp === undefined) this.remove(set, pod);
        return;
      }
      if (!this.isSettled(set, pod)) return;
    }
  }

  private create(set: StatefulSet, ordinal: number, revision: ControllerRevision): string | undefined {
    const name = `${set.metadata.name}-${ordinal}`;
    try {
      this.createClaims(set, ordinal);
      const { $patch: _patch, ...template } = revision.data.spec.template;
      const pod = podFromTemplate(set, withClaims(set, template, ordinal), {
        name,
        labels: {
          'statefulset.kubernetes.io/pod-name': name,
          'apps.kubernetes.io/pod-index': String(ordinal),
          [REVISION_LABEL]: labelOf(revision),
        },
      });
      Object.assign(pod['spec'] as object, {
        hostname: name,
        ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
      });
      this.world.create(PODS, set.metadata.namespace, pod);
      this.event(
        set,
        'Normal',
        'SuccessfulCreate',
        `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
      );
      return undefined;
    } catch (error) {
      const message = refusal(error);
      const text = `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${message}`;
      this.event(set, 'Warning', 'FailedCreate', text);
      return message;
    }
  }

  private createClaims(set: StatefulSet, ordinal: number): void {
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const name = claimName(set, template.metadata.name, ordinal);
      if (this.world.store.get(CLAIMS, set.metadata.namespace, name)) continue;
      const keepsNothing = set.spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete';
      this.world.create(CLAIMS, set.metadata.namespace, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: {
          name,
          labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
          ...(template.metadata.annotations ? { annotations: template.metadata.annotations } : {}),
          ...(keepsNothing ? { ownerReferences: [controllerReference(set)] } : {}),
        },
        spec: structuredClone(template['spec']),
      });
    }
  }

  private remove(set: StatefulSet, pod: Pod): void {
    this.world.delete(PODS, pod);
    const text = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
    this.event(set, 'Normal', 'SuccessfulDelete', text);
  }

  private updateStatus(set: StatefulSet, pods: Map<number, Pod>, { current, update }: Revisions): void {
    const all = [...pods.values()];
    const now = this.world.now();
    const live = all.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const on = (revision: ControllerRevision): number =>
      live.filter((pod) => revisionLabel(pod) === labelOf(revision)).length;
    const updatedReplicas = on(update);
    const counts = {
      readyReplicas: live.filter(isPodReady).length,
      currentReplicas: on(current),
      updatedReplicas,
    };
    const wished = set.spec.replicas ?? 1;
    const isRolled =
      set.spec.updateStrategy?.type === 'RollingUpdate' &&
      updatedReplicas === wished &&
      all.length === wished &&
      counts.readyReplicas === wished;
    const status = {
      observedGeneration: set.metadata.generation,
      replicas: all.length,
      ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
      ...(isRolled && updatedReplicas > 0 ? { currentReplicas: updatedReplicas } : {}),
      currentRevision: isRolled ? update.metadata.name : current.metadata.name,
      updateRevision: update.metadata.name,
      collisionCount: set.status?.collisionCount ?? 0,
      availableReplicas: live.filter((pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    };
    if (!jsonEquals(status, set.status)) this.world.setStatus(STATEFUL_SETS, set, status);
    trimHistory(this.world, set, new Set([status.currentRevision, status.updateRevision]));
  }

  private untilAvailable(set: StatefulSet): number | undefined {
    const minReady = (set.spec.minReadySeconds ?? 0) * 1_000;
    if (minReady === 0) return undefined;
    const now = this.world.now();
    const waits = [...this.pods(set).values()]
      .map((pod) => readySince(pod) + minReady - now)
      .filter((wait) => wait > 0);
    return waits.length === 0 || Math.min(...waits) === Infinity ? undefined : Math.min(...waits);
  }

  private event(set: StatefulSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.world.events.record(set, type, reason, message, 'statefulset-controller');
  }
}

function wishedOrdinals(set: StatefulSet): number[] {
  const start = set.spec.ordinals?.start ?? 0;
  return Array.from({ length: set.spec.replicas ?? 1 }, (_unused, index) => start + index);
}

function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const suffix = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : '';
  return /^\d+$/.test(suffix) ? Number(suffix) : undefined;
}

function isOver(pod: Pod): boolean {
  return (
    (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') &&
    pod.metadata.deletionTimestamp === undefined
  );
}

function revisionLabel(pod: Pod): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL];
}

function labelOf(revision: ControllerRevision): string {
  return revision.metadata.name;
}

function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}

function withClaims(set: StatefulSet, template: PodTemplate, ordinal: number): PodTemplate {
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, metadata.name, ordinal) },
  }));
  const names = new Set(claims.map((volume) => volume.name));
  const others = (template.spec.volumes ?? []).filter((volume) => !names.has(volume.name));
  return claims.length === 0
    ? template
    : { ...template, spec: { ...template.spec, volumes: [...others, ...claims] } };
}
