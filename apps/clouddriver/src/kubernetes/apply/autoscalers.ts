import { isObject } from '@gennaker/kernel';
import {
  groupOfApiVersion,
  type Manifest,
  namespaceOf,
  objectAt,
  replicasOf,
  specOf,
} from '@gennaker/manifest';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { KubernetesApiError } from '../client/kubernetes-error.js';

/** Who else decides on sizes: the horizontal pod autoscalers, read once per namespace and deploy. */
export class Autoscalers {
  private readonly byNamespace = new Map<string, Promise<Manifest[]>>();

  constructor(
    private readonly client: KubernetesClient,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * The manifest with the size that an autoscaler has given the running object, so that applying does not fight over
   * it. Without an autoscaler, or for an object that does not run yet, the manifest itself.
   */
  async respect(manifest: Manifest, current: () => Promise<Manifest | undefined>): Promise<Manifest> {
    if (replicasOf(manifest) === undefined) return manifest;
    const namespace = namespaceOf(manifest) || this.client.defaultNamespace;
    const autoscalers = await this.of(namespace);
    if (!autoscalers.some((autoscaler) => scales(autoscaler, manifest))) return manifest;
    const live = await current();
    const replicas = live && replicasOf(live);
    return replicas === undefined ? manifest : { ...manifest, spec: { ...specOf(manifest), replicas } };
  }

  private of(namespace: string): Promise<Manifest[]> {
    const known = this.byNamespace.get(namespace) ?? this.read(namespace);
    this.byNamespace.set(namespace, known);
    return known;
  }

  private async read(namespace: string): Promise<Manifest[]> {
    try {
      return await this.client.listAll('horizontalpodautoscalers', { namespace, signal: this.signal });
    } catch (error) {
      // An account that may not read autoscalers, or a cluster without them, deploys all the same.
      if (error instanceof KubernetesApiError && (error.forbidden || error.notFound)) return [];
      throw error;
    }
  }
}

function scales(autoscaler: Manifest, manifest: Manifest): boolean {
  const target = objectAt(specOf(autoscaler), 'scaleTargetRef');
  const { name } = isObject(manifest['metadata']) ? manifest['metadata'] : {};
  return (
    target?.['kind'] === manifest['kind'] &&
    target?.['name'] === name &&
    groupOfApiVersion(target?.['apiVersion']) === groupOfApiVersion(manifest['apiVersion'])
  );
}
