import { keyOf, splitKey, type Condition, type KubeObject } from '../model/objects.js';
import { parseQuantity } from '../model/quantity.js';
import { isPodActive, type Pod } from '../model/workloads.js';
import { setCondition } from '../controllers/conditions.js';
import type { Controller } from '../controllers/engine.js';
import type { World } from '../controllers/world.js';
import type { StoreEvent } from '../store/store.js';
import { behaviourOf } from './behaviour.js';

const PODS = '/pods';
const NODES = '/nodes';
const SCHEDULER = 'default-scheduler';

export interface Node extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: { allocatable?: Record<string, string>; conditions?: Condition[]; [field: string]: unknown };
}

/** Binds pods to nodes: the least loaded one that fits. */
export class Scheduler implements Controller {
  readonly name = 'scheduler';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === PODS) {
      // A pod that goes away makes room for one that waits.
      return event.type === 'DELETED' ? this.waiting() : [keyOf(event.object)];
    }
    return event.resource === NODES ? this.waiting() : [];
  }

  initialKeys(): string[] {
    return this.waiting();
  }

  private waiting(): string[] {
    return this.world.store
      .list<Pod>(PODS)
      .filter((pod) => pod.spec.nodeName === undefined)
      .map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const pod = this.world.store.get<Pod>(PODS, namespace, name);
    if (!pod || pod.spec.nodeName !== undefined || !isPodActive(pod)) return undefined;
    const isOurs = (pod.spec['schedulerName'] ?? SCHEDULER) === SCHEDULER;
    if (!isOurs || (pod.spec.schedulingGates ?? []).length > 0) return undefined;
    const nodes = this.world.store.list<Node>(NODES);
    const { unschedulable } = behaviourOf(pod);
    if (unschedulable !== undefined)
      return this.refuse(pod, `0/${nodes.length} nodes are available: ${unschedulable}`);
    const pods = this.world.store.list<Pod>(PODS);
    const reasons = new Map<string, number>();
    const fitting = nodes.filter((node) => {
      const reason = whyNot(pod, node, pods);
      if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      return reason === undefined;
    });
    const best = leastLoaded(fitting, pods);
    if (!best) {
      const list = [...reasons].map(([reason, count]) => `${count} ${reason}`).join(', ');
      const preemption = 'preemption: 0 nodes are available: no preemption victims found for incoming pod.';
      return this.refuse(pod, `0/${nodes.length} nodes are available: ${list}. ${preemption}`);
    }
    this.bind(pod, best.metadata.name);
    return undefined;
  }

  private bind(pod: Pod, node: string): void {
    this.world.change<Pod>(PODS, pod, (live) => ({ ...live, spec: { ...live.spec, nodeName: node } }), {
      manager: 'kube-scheduler',
      subresource: 'binding',
    });
    const message = `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node}`;
    this.world.events.record(pod, 'Normal', 'Scheduled', message, SCHEDULER);
    this.setScheduled(pod, { type: 'PodScheduled', status: 'True' });
  }

  private refuse(pod: Pod, message: string): undefined {
    const known = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (known?.message === message) return undefined;
    this.setScheduled(pod, { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message });
    this.world.events.record(pod, 'Warning', 'FailedScheduling', message, SCHEDULER);
    return undefined;
  }

  private setScheduled(pod: Pod, condition: Condition): void {
    this.world.change<Pod>(
      PODS,
      pod,
      (live) => ({
        ...live,
        status: {
          ...live.status,
          conditions: setCondition(live.status?.conditions ?? [], condition, this.world.now()),
        },
      }),
      { subresource: 'status', manager: 'kube-scheduler' },
    );
  }
}

function requests(pod: Pod, resource: string): number {
  return pod.spec.containers.reduce(
    (sum, container) => sum + (parseQuantity(container.resources?.requests?.[resource]) ?? 0),
    0,
  );
}

/** Why a pod cannot run on a node, in the scheduler's words. */
export function whyNot(pod: Pod, node: Node, pods: readonly Pod[]): string | undefined {
  if (node.spec?.unschedulable && !toleratesUnschedulable(pod)) return 'node(s) were unschedulable';
  const labels = node.metadata.labels ?? {};
  const matches = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  if (!matches) return "node(s) didn't match Pod's node affinity/selector";
  const taint = (node.spec?.taints ?? []).find(
    ({ key, value = '', effect }) =>
      effect !== 'PreferNoSchedule' &&
      !(pod.spec.tolerations ?? []).some(
        (toleration) =>
          (toleration.effect === undefined || toleration.effect === effect) &&
          (toleration.key === undefined || toleration.key === key) &&
          (toleration.operator === 'Exists' || (toleration.value ?? '') === value),
      ),
  );
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  return insufficient(pod, node, pods);
}

function toleratesUnschedulable(pod: Pod): boolean {
  return (pod.spec.tolerations ?? []).some(
    ({ key, operator }) =>
      operator === 'Exists' && (key === undefined || key === 'node.kubernetes.io/unschedulable'),
  );
}

function insufficient(pod: Pod, node: Node, pods: readonly Pod[]): string | undefined {
  const allocatable = node.status?.allocatable ?? {};
  const here = pods.filter((other) => other.spec.nodeName === node.metadata.name && isOccupying(other));
  if (here.length >= (parseQuantity(allocatable['pods']) ?? Infinity)) return 'Too many pods';
  for (const resource of ['cpu', 'memory', 'ephemeral-storage']) {
    const wanted = requests(pod, resource);
    if (wanted === 0) continue;
    const used = here.reduce((sum, other) => sum + requests(other, resource), 0);
    if (used + wanted > (parseQuantity(allocatable[resource]) ?? Infinity)) return `Insufficient ${resource}`;
  }
  return undefined;
}

function isOccupying(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

function leastLoaded(nodes: readonly Node[], pods: readonly Pod[]): Node | undefined {
  const load = new Map<string, number>();
  for (const pod of pods) {
    if (pod.spec.nodeName !== undefined && isOccupying(pod)) {
      load.set(pod.spec.nodeName, (load.get(pod.spec.nodeName) ?? 0) + 1);
    }
  }
  return [...nodes].sort((a, b) => (load.get(a.metadata.name) ?? 0) - (load.get(b.metadata.name) ?? 0))[0];
}
