import { listAt, objectAt, textAt } from '@gennaker/manifest';
import type { JsonObject } from '@gennaker/kernel';
import type { KubernetesClient } from '../client/kubernetes-client.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';

export interface ContainerMetrics {
  containerName: string;
  /** As `kubectl top` shows them: `CPU(cores)`, `MEMORY(bytes)`. */
  metrics: Record<string, string>;
}

/** What the containers of a pod use, where the cluster has a metrics server; nothing where it has none. */
export async function podMetrics(
  client: KubernetesClient,
  namespace: string,
  pod: string,
  signal?: AbortSignal,
): Promise<ContainerMetrics[]> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}`;
  try {
    const { text } = await client.raw({ method: 'GET', path, timeoutMs: 5_000, signal });
    return listAt(JSON.parse(text) as JsonObject, 'containers').map((container) => {
      const usage = objectAt(container, 'usage') ?? {};
      return {
        containerName: textAt(container, 'name'),
        metrics: { 'CPU(cores)': textAt(usage, 'cpu'), 'MEMORY(bytes)': textAt(usage, 'memory') },
      };
    });
  } catch (error) {
    // An extra: the manifest is worth showing without it.
    if (error instanceof KubernetesApiError) return [];
    throw error;
  }
}
