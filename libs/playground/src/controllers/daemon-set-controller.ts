import { jsonEquals } from '@gennaker/kernel';
import { keyOf, splitKey } from '../model/objects.js';
import {
  isPodAvailable,
  isPodReady,
  readySince,
  resolveIntOrString,
  type DaemonSet,
  type Pod,
} from '../model/workloads.js';
import { whyNot, type Node } from '../pods/scheduler.js';
import type { StoreEvent } from '../store/store.js';
import type { Controller } from './engine.js';
import { claim, ownerKeys, podFromTemplate } from './pods-of.js';
import { PODS } from './replica-set-controller.js';
import { currentRevision, REVISION_LABEL, trimHistory, type ControllerRevision } from './revisions.js';
import { refusal, type World } from './world.js';

const DAEMON_SETS = 'apps/daemonsets';
const RETRY_MS = 1_000;

const TOLERATIONS = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** Keeps one pod of a DaemonSet on every node that may run it, and rolls them node by node. */
export class DaemonSetController implements Controller {
  readonly name = 'DaemonSet controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === DAEMON_SETS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    if (event.resource === PODS) return ownerKeys(this.world, 'DaemonSet', DAEMON_SETS, event.object);
    return event.resource === '/nodes' ? this.initialKeys() : [];
  }

  initialKeys(): string[] {
    return this.world.store.list(DAEMON_SETS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const set = this.world.store.get<DaemonSet>(DAEMON_SETS, namespace, name);
    if (!set) return undefined;
    const revision = currentRevision(this.world, set);
    const nodes = this.eligible(set);
    let wait: number | undefined;
    if (set.metadata.deletionTimestamp === undefined) wait = this.manage(set, nodes, revision);
    this.updateStatus(set, nodes, revision);
    trimHistory(this.world, set, new Set([revision.metadata.name]));
    return wait ?? this.untilAvailable(set);
  }

  private pods(set: DaemonSet): Pod[] {
    return claim<Pod>(this.world, set, PODS, set.spec.selector);
  }

  private eligible(set: DaemonSet): Node[] {
    const tolerations = [...(set.spec.template.spec.tolerations ?? []), ...TOLERATIONS];
    const pod = { ...set, spec: { ...set.spec.template.spec, tolerations } } as unknown as Pod;
    return this.world.store.list<Node>('/nodes').filter((node) => whyNot(pod, node, []) === undefined);
  }

  private manage(set: DaemonSet, nodes: Node[], revision: ControllerRevision): number | undefined {
    const names = new Set(nodes.map((node) => node.metadata.name));
    const pods = this.pods(set);
    for (const pod of pods) {
      const isMisplaced = !names.has(pod.spec.nodeName ?? '');
      const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
      if ((isMisplaced || isOver) && pod.metadata.deletionTimestamp === undefined)
        this.world.delete(PODS, pod);
    }
    this.roll(set, nodes, revision);
    const left = this.pods(set);
    for (const node of nodes) {
      const here = left.filter((pod) => pod.spec.nodeName === node.metadata.name);
      if (here.some((pod) => pod.metadata.deletionTimestamp === undefined || !this.mayOverlap(set))) continue;
      if (!this.create(set, node, revision)) return RETRY_MS;
    }
    return undefined;
  }

  private mayOverlap(set: DaemonSet): boolean {
    const surge = set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
    return surge !== 0 && surge !== '0%';
  }

  /** Deletes pods of older revisions, as many as may be missing at once. */
  private roll(set: DaemonSet, nodes: Node[], revision: ControllerRevision): void {
    if (set.spec.updateStrategy?.type !== 'RollingUpdate') return;
    const { maxUnavailable = 1, maxSurge = 0 } = set.spec.updateStrategy.rollingUpdate ?? {};
    const missing = resolveIntOrString(maxUnavailable, nodes.length, true);
    const surge = resolveIntOrString(maxSurge, nodes.length, true);
    const now = this.world.now();
    const pods = this.pods(set).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const isUp = (pod: Pod): boolean => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);
    const old = pods.filter((pod) => !isOn(pod, revision));
    const down = nodes.length - new Set(pods.filter(isUp).map((pod) => pod.spec.nodeName)).size;
    // With surge an old pod goes when its replacement stands beside it; without, one must go first.
    let budget = Math.max(missing, surge) - down;
    for (const pod of old) {
      if (!isUp(pod)) {
        this.world.delete(PODS, pod);
      } else if (budget > 0) {
        this.world.delete(PODS, pod);
        budget -= 1;
      }
    }
  }

  private create(set: DaemonSet, node: Node, revision: ControllerRevision): boolean {
    const pod = podFromTemplate(set, set.spec.template, {
      generateName: `${set.metadata.name}-`,
      labels: { [REVISION_LABEL]: revision.metadata.labels?.[REVISION_LABEL] ?? '' },
    });
    const spec = pod['spec'] as Pod['spec'];
    spec.nodeName = node.metadata.name;
    spec.tolerations = [...(spec.tolerations ?? []), ...TOLERATIONS];
    try {
      const created = this.world.create<Pod>(PODS, set.metadata.namespace, pod);
      this.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
      return true;
    } catch (error) {
      this.event(set, 'Warning', 'FailedCreate', `Error creating: ${refusal(error)}`);
      return false;
    }
  }

  private updateStatus(set: DaemonSet, nodes: Node[], revision: ControllerRevision): void {
    const now = this.world.now();
    const wished = new Set(nodes.map((node) => node.metadata.name));
    const pods = this.pods(set).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const nodesWhere = (test: (pod: Pod) => boolean): number =>
      new Set(
        pods
          .filter((pod) => wished.has(pod.spec.nodeName ?? '') && test(pod))
          .map((pod) => pod.spec.nodeName),
      ).size;
    const available = nodesWhere((pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now));
    const optional = {
      updatedNumberScheduled: nodesWhere((pod) => isOn(pod, revision)),
      numberAvailable: available,
      numberUnavailable: wished.size - available,
    };
    const status = {
      currentNumberScheduled: nodesWhere(() => true),
      numberMisscheduled: pods.filter((pod) => !wished.has(pod.spec.nodeName ?? '')).length,
      desiredNumberScheduled: wished.size,
      numberReady: nodesWhere(isPodReady),
      observedGeneration: set.metadata.generation,
      ...Object.fromEntries(Object.entries(optional).filter(([, count]) => count > 0)),
    };
    if (!jsonEquals(status, set.status)) this.world.setStatus(DAEMON_SETS, set, status);
  }

  private untilAvailable(set: DaemonSet): number | undefined {
    const minReady = (set.spec.minReadySeconds ?? 0) * 1_000;
    const now = this.world.now();
    const waits = this.pods(set)
      .map((pod) => readySince(pod) + minReady - now)
      .filter((wait) => wait > 0 && wait !== Infinity);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  private event(set: DaemonSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.world.events.record(set, type, reason, message, 'daemonset-controller');
  }
}

function isOn(pod: Pod, revision: ControllerRevision): boolean {
  return pod.metadata.labels?.[REVISION_LABEL] === revision.metadata.labels?.[REVISION_LABEL];
}
