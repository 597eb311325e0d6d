import type { KubeObject } from '../model/objects.js';
import { isPodReady, type Pod } from '../model/workloads.js';
import type { DeleteOptions } from './deletion.js';
import type { ResourceApi } from './resource-api.js';
import type { ResourceInfo } from './resource-catalog.js';
import { matcherOf } from './selectors.js';
import { tooManyRequests } from './status-error.js';

interface DisruptionBudget extends KubeObject {
  spec?: { selector?: Parameters<typeof matcherOf>[0] };
  status?: { disruptionsAllowed?: number; desiredHealthy?: number; currentHealthy?: number };
}

/** Deletes a pod unless a disruption budget forbids it now (429, as the eviction API answers). */
export function evictPod(
  api: ResourceApi,
  info: ResourceInfo,
  target: { namespace: string | undefined; name: string },
  options: DeleteOptions,
): void {
  const pod = api.get(info, target.namespace, target.name) as Pod;
  const budget = api.store
    .list<DisruptionBudget>('policy/poddisruptionbudgets', target.namespace)
    .find(({ spec }) => matcherOf(spec?.selector)(pod.metadata.labels ?? {}));
  if (budget && isPodReady(pod) && (budget.status?.disruptionsAllowed ?? 0) < 1) {
    const { desiredHealthy = 0, currentHealthy = 0 } = budget.status ?? {};
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
        },
      ],
      retryAfterSeconds: 10,
    });
  }
  api.delete(info, target, options);
}
