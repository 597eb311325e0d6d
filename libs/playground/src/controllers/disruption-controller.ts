import { jsonEquals } from '@gennaker/kernel';
import { matcherOf } from '../api/selectors.js';
import { keyOf, splitKey, type Condition, type KubeObject, type LabelSelector } from '../model/objects.js';
import {
  isPodActive,
  isPodReady,
  resolveIntOrString,
  type IntOrString,
  type Pod,
} from '../model/workloads.js';
import type { StoreEvent } from '../store/store.js';
import { setCondition } from './conditions.js';
import type { Controller } from './engine.js';
import { PODS } from './replica-set-controller.js';
import type { World } from './world.js';

const BUDGETS = 'policy/poddisruptionbudgets';

interface Budget extends KubeObject {
  spec: { selector?: LabelSelector; minAvailable?: IntOrString; maxUnavailable?: IntOrString };
  status?: { conditions?: Condition[] };
}

/** Computes how many pods a PodDisruptionBudget lets go now. */
export class DisruptionController implements Controller {
  readonly name = 'disruption controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === BUDGETS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    if (event.resource !== PODS) return [];
    return this.world.store.list(BUDGETS, event.object.metadata.namespace).map(keyOf);
  }

  initialKeys(): string[] {
    return this.world.store.list(BUDGETS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const budget = this.world.store.get<Budget>(BUDGETS, namespace, name);
    if (!budget) return undefined;
    const matches = matcherOf(budget.spec.selector);
    const pods = this.world.store
      .list<Pod>(PODS, namespace)
      .filter((pod) => matches(pod.metadata.labels ?? {}) && isPodActive(pod));
    const expectedPods = pods.length;
    const { minAvailable, maxUnavailable } = budget.spec;
    const desiredHealthy =
      maxUnavailable === undefined
        ? resolveIntOrString(minAvailable ?? 1, expectedPods, true)
        : Math.max(0, expectedPods - resolveIntOrString(maxUnavailable, expectedPods, true));
    const currentHealthy = pods.filter(isPodReady).length;
    const disruptionsAllowed = Math.max(0, currentHealthy - desiredHealthy);
    const allows = disruptionsAllowed > 0;
    const condition: Condition = {
      type: 'DisruptionAllowed',
      status: allows ? 'True' : 'False',
      reason: allows ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    };
    const status = {
      conditions: setCondition(budget.status?.conditions ?? [], condition, this.world.now()),
      currentHealthy,
      desiredHealthy,
      disruptionsAllowed,
      expectedPods,
      observedGeneration: budget.metadata.generation,
    };
    if (!jsonEquals(status, budget.status)) this.world.setStatus(BUDGETS, budget, status);
    return undefined;
  }
}
