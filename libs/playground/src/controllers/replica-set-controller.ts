import { jsonEquals } from '@gennaker/kernel';
import { matcherOf } from '../api/selectors.js';
import { splitKey, keyOf, type Condition } from '../model/objects.js';
import {
  isPodActive,
  isPodAvailable,
  isPodReady,
  readySince,
  type Pod,
  type ReplicaSet,
} from '../model/workloads.js';
import type { StoreEvent } from '../store/store.js';
import { setCondition, withoutCondition } from './conditions.js';
import type { Controller } from './engine.js';
import { byDeletionOrder, claim, ownerKeys, podFromTemplate } from './pods-of.js';
import { refusal, type World } from './world.js';

export const REPLICA_SETS = 'apps/replicasets';
const REPLICATION_CONTROLLERS = '/replicationcontrollers';
export const PODS = '/pods';
/** How long until a refused pod is tried again. */
const REFUSED_RETRY_MS = 1_000;

/** Keeps as many pods as a ReplicaSet (or a ReplicationController) asks for. */
export class ReplicaSetController implements Controller {
  readonly name: string;
  private readonly kind: string;

  constructor(
    private readonly world: World,
    private readonly storage = REPLICA_SETS,
  ) {
    this.kind = storage === REPLICA_SETS ? 'ReplicaSet' : 'ReplicationController';
    this.name = `${this.kind} controller`;
  }

  static ofReplicationControllers(world: World): ReplicaSetController {
    return new ReplicaSetController(world, REPLICATION_CONTROLLERS);
  }

  keysFor(event: StoreEvent): string[] {
    if (event.resource === this.storage) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    if (event.resource !== PODS) return [];
    const keys = ownerKeys(this.world, this.kind, this.storage, event.object);
    return event.previous
      ? [...keys, ...ownerKeys(this.world, this.kind, this.storage, event.previous)]
      : keys;
  }

  initialKeys(): string[] {
    return this.world.store.list(this.storage).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const set = this.world.store.get<ReplicaSet>(this.storage, namespace, name);
    if (!set) return undefined;
    const selector =
      this.storage === REPLICA_SETS
        ? set.spec.selector
        : { matchLabels: set.spec.selector as Record<string, string> };
    const pods = claim<Pod>(this.world, set, PODS, selector).filter(isPodActive);
    const failure = set.metadata.deletionTimestamp === undefined ? this.manage(set, pods) : undefined;
    const current = claim<Pod>(this.world, set, PODS, selector).filter(isPodActive);
    return this.updateStatus(set, current, failure) ?? (failure === undefined ? undefined : REFUSED_RETRY_MS);
  }

  /** Creates or deletes pods. Returns why a pod could not be created. */
  private manage(set: ReplicaSet, pods: Pod[]): { reason: string; message: string } | undefined {
    const missing = (set.spec.replicas ?? 0) - pods.length;
    for (let index = 0; index < missing; index++) {
      try {
        const pod = this.world.create(
          PODS,
          set.metadata.namespace,
          podFromTemplate(set, set.spec.template, { generateName: `${set.metadata.name}-` }),
        );
        this.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (error) {
        const message = refusal(error);
        this.event(set, 'Warning', 'FailedCreate', `Error creating: ${message}`);
        return { reason: 'FailedCreate', message };
      }
    }
    for (const pod of pods.sort(byDeletionOrder).slice(0, Math.max(0, -missing))) {
      this.world.delete(PODS, pod);
      this.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
    }
    return undefined;
  }

  private updateStatus(
    set: ReplicaSet,
    pods: Pod[],
    failure: { reason: string; message: string } | undefined,
  ): number | undefined {
    const now = this.world.now();
    const minReady = set.spec.minReadySeconds ?? 0;
    const matchesTemplate = matcherOf({ matchLabels: set.spec.template.metadata?.labels ?? {} });
    const count = (test: (pod: Pod) => boolean): number => pods.filter(test).length;
    const counts = {
      fullyLabeledReplicas: count((pod) => matchesTemplate(pod.metadata.labels ?? {})),
      readyReplicas: count(isPodReady),
      availableReplicas: count((pod) => isPodAvailable(pod, minReady, now)),
    };
    const conditions = failureConditions(set.status?.conditions ?? [], failure, now);
    const status = {
      replicas: pods.length,
      ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0)),
      ...(this.storage === REPLICA_SETS || set.metadata.generation !== undefined
        ? { observedGeneration: set.metadata.generation }
        : {}),
      ...(conditions.length > 0 ? { conditions } : {}),
    };
    if (!jsonEquals(status, set.status)) this.world.setStatus(this.storage, set, status);
    if (counts.readyReplicas === counts.availableReplicas) return undefined;
    return Math.min(
      ...pods.map((pod) => readySince(pod) + minReady * 1_000 - now).filter((wait) => wait > 0),
    );
  }

  private event(set: ReplicaSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.world.events.record(set, type, reason, message, 'replicaset-controller');
  }
}

function failureConditions(
  conditions: readonly Condition[],
  failure: { reason: string; message: string } | undefined,
  now: number,
): Condition[] {
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  return setCondition(conditions, { type: 'ReplicaFailure', status: 'True', ...failure }, now);
}
