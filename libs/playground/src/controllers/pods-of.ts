import { matcherOf } from '../api/selectors.js';
import { controllerOf, controllerReference, type KubeObject, type LabelSelector } from '../model/objects.js';
import type { Pod, PodTemplate } from '../model/workloads.js';
import { inheritedAnnotations } from '../pods/behaviour.js';
import type { World } from './world.js';

/** Objects that a controller owns, after adopting matching orphans and releasing what no longer matches. */
export function claim<T extends KubeObject>(
  world: World,
  owner: KubeObject,
  storage: string,
  selector: LabelSelector | undefined,
): T[] {
  const matches = matcherOf(selector);
  const isGoing = owner.metadata.deletionTimestamp !== undefined;
  return world.store.list<T>(storage, owner.metadata.namespace).flatMap((object) => {
    const controller = controllerOf(object);
    // Most objects belong to others; that is cheaper to see than whether their labels match.
    if (controller && controller.uid !== owner.metadata.uid) return [];
    const fits = matches(object.metadata.labels ?? {});
    if (controller) {
      if (fits || isGoing) return [object];
      release(world, owner, storage, object);
      return [];
    }
    if (!fits || isGoing || object.metadata.deletionTimestamp !== undefined) return [];
    const adopted = world.change<T>(storage, object, (live) => ({
      ...live,
      metadata: {
        ...live.metadata,
        ownerReferences: [...(live.metadata.ownerReferences ?? []), controllerReference(owner)],
      },
    }));
    return adopted ? [adopted] : [];
  });
}

function release(world: World, owner: KubeObject, storage: string, object: KubeObject): void {
  world.change(storage, object, (live) => ({
    ...live,
    metadata: {
      ...live.metadata,
      ownerReferences: (live.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid),
    },
  }));
}

/** A pod of a template, owned by a controller. The owner's playground annotations reach it too. */
export function podFromTemplate(
  owner: KubeObject,
  template: PodTemplate,
  extra: {
    name?: string;
    generateName?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  },
): Record<string, unknown> {
  const { metadata = {}, spec } = template;
  const annotations = { ...inheritedAnnotations(owner), ...metadata.annotations, ...extra.annotations };
  return structuredClone({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(extra.name === undefined ? {} : { name: extra.name }),
      ...(extra.generateName === undefined ? {} : { generateName: extra.generateName }),
      labels: { ...metadata.labels, ...extra.labels },
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
      ...(metadata.finalizers ? { finalizers: metadata.finalizers } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec,
  });
}

/** The controllers of a kind that a changed pod (or other dependent) concerns: its owner, or who might adopt it. */
export function ownerKeys(world: World, kind: string, storage: string, dependent: KubeObject): string[] {
  const { namespace } = dependent.metadata;
  const controller = controllerOf(dependent);
  if (controller) return controller.kind === kind ? [`${namespace}/${controller.name}`] : [];
  return world.store
    .list<KubeObject & { spec: { selector?: LabelSelector } }>(storage, namespace)
    .filter((owner) => matcherOf(owner.spec.selector)(dependent.metadata.labels ?? {}))
    .map((owner) => `${namespace}/${owner.metadata.name}`);
}

/** Which pod to remove first: unassigned, not running, not ready, most recently ready, most restarts, youngest. */
export function byDeletionOrder(a: Pod, b: Pod): number {
  const left = deletionRank(a);
  const right = deletionRank(b);
  for (let index = 0; index < left.length; index++) {
    const delta = (left[index] ?? 0) - (right[index] ?? 0);
    if (delta !== 0) return delta;
  }
  return 0;
}

const PHASE_RANK: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1 };

function deletionRank(pod: Pod): number[] {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready');
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return [
    pod.spec.nodeName === undefined ? 0 : 1,
    PHASE_RANK[pod.status?.phase ?? 'Pending'] ?? 2,
    ready?.status === 'True' ? 1 : 0,
    Number.isFinite(cost) ? cost : 0,
    -Date.parse(ready?.lastTransitionTime ?? '1970-01-01T00:00:00Z'),
    -restartsOf(pod),
    -Date.parse(pod.metadata.creationTimestamp),
    -Number(pod.metadata.resourceVersion),
  ];
}

function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, container) => sum + container.restartCount, 0);
}
