import type { Clock, JsonObject } from '@gennaker/kernel';
import type { DeleteOptions } from '../api/deletion.js';
import type { ResourceApi } from '../api/resource-api.js';
import type { ResourceInfo } from '../api/resource-catalog.js';
import { StatusError } from '../api/status-error.js';
import type { KubeObject } from '../model/objects.js';
import type { Store } from '../store/store.js';
import { EventRecorder } from './event-recorder.js';

/** Field manager of everything that the simulated control plane writes. */
const CONTROLLER_MANAGER = 'kube-controller-manager';

/** What controllers see of the cluster: reads from the store, writes through the API's rules. */
export class World {
  readonly store: Store;
  readonly events: EventRecorder;

  constructor(
    readonly api: ResourceApi,
    readonly clock: Clock,
    readonly random: () => number,
  ) {
    this.store = api.store;
    this.events = new EventRecorder(api.store, clock);
  }

  now(): number {
    return this.clock.now();
  }

  info(storage: string): ResourceInfo {
    const info = this.api.registry.byStorage(storage);
    if (!info) throw new Error(`no resource is stored as ${storage}`);
    return info;
  }

  create<T extends KubeObject>(
    storage: string,
    namespace: string | undefined,
    object: JsonObject,
    manager = CONTROLLER_MANAGER,
  ): T {
    return this.api.create(this.info(storage), namespace, object, { fieldManager: manager }) as T;
  }

  /** Changes an object as it is now; nothing happens when it is gone. */
  change<T extends KubeObject>(
    storage: string,
    object: { metadata: { namespace?: string; name: string } },
    change: (live: T) => KubeObject,
    options: { subresource?: string; manager?: string } = {},
  ): T | undefined {
    const { namespace, name } = object.metadata;
    if (!this.store.get(storage, namespace, name)) return undefined;
    return this.api.change(
      this.info(storage),
      { namespace, name },
      change as (live: KubeObject) => KubeObject,
      {
        fieldManager: options.manager ?? CONTROLLER_MANAGER,
        subresource: options.subresource,
      },
    ) as T;
  }

  setStatus(storage: string, object: KubeObject, status: object, manager?: string): void {
    this.change(storage, object, (live) => ({ ...live, status }), {
      subresource: 'status',
      ...(manager === undefined ? {} : { manager }),
    });
  }

  /** Deletes an object unless it is gone already. */
  delete(storage: string, object: KubeObject, options: DeleteOptions = {}): void {
    const { namespace, name, uid } = object.metadata;
    if (this.store.get(storage, namespace, name)?.metadata.uid !== uid) return;
    this.api.delete(this.info(storage), { namespace, name }, { propagationPolicy: 'Background', ...options });
  }
}

/** The message of a refused write; other errors are bugs and go on. */
export function refusal(error: unknown): string {
  if (error instanceof StatusError) return error.message;
  throw error;
}
