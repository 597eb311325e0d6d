import { keyOf, type KubeObject } from '../model/objects.js';
import type { StoreEvent } from '../store/store.js';
import type { Controller } from './engine.js';
import type { World } from './world.js';

const NAMESPACES = '/namespaces';
const RETRY_MS = 50;

/** Gives new namespaces what every namespace has, and empties those that are deleted. */
export class NamespaceController implements Controller {
  readonly name = 'namespace controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === NAMESPACES) return event.type === 'DELETED' ? [] : [event.object.metadata.name];
    if (event.type !== 'DELETED' || event.object.metadata.namespace === undefined) return [];
    const namespace = this.world.store.get(NAMESPACES, undefined, event.object.metadata.namespace);
    return namespace?.metadata.deletionTimestamp === undefined ? [] : [namespace.metadata.name];
  }

  initialKeys(): string[] {
    return this.world.store.list(NAMESPACES).map(keyOf);
  }

  reconcile(name: string): number | undefined {
    const namespace = this.world.store.get(NAMESPACES, undefined, name);
    if (!namespace) return undefined;
    if (namespace.metadata.deletionTimestamp === undefined) {
      this.furnish(name);
      return undefined;
    }
    return this.empty(namespace);
  }

  private furnish(name: string): void {
    if (!this.world.store.get('/serviceaccounts', name, 'default')) {
      this.world.create('/serviceaccounts', name, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default' },
      });
    }
    if (!this.world.store.get('/configmaps', name, 'kube-root-ca.crt')) {
      this.world.create('/configmaps', name, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kube-root-ca.crt' },
        data: { 'ca.crt': 'The playground serves plain HTTP and has no certificate.\n' },
      });
    }
  }

  private empty(namespace: KubeObject): number | undefined {
    const { name } = namespace.metadata;
    let left = 0;
    for (const resource of this.world.store.resources()) {
      if (resource === NAMESPACES) continue;
      for (const object of this.world.store.list(resource, name)) {
        this.world.delete(resource, object);
        if (this.world.store.get(resource, name, object.metadata.name)) left += 1;
      }
    }
    if (left > 0) return RETRY_MS;
    if ((namespace.metadata.finalizers ?? []).length > 0) return undefined;
    this.world.store.remove(NAMESPACES, namespace);
    return undefined;
  }
}
