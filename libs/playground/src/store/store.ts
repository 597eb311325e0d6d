import type { Clock } from '@gennaker/kernel';
import { keyOf, type KubeObject } from '../model/objects.js';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One committed change. `version` orders all changes of the cluster. */
export interface StoreEvent {
  version: number;
  type: WatchEventType;
  /** Storage name of the resource, `group/plural` (`/pods`, `apps/deployments`). */
  resource: string;
  object: KubeObject;
  /** The object before the change, for watches whose selector it may have left. */
  previous: KubeObject | undefined;
}

export interface StoreSnapshot {
  version: number;
  objects: Record<string, KubeObject[]>;
}

const DEFAULT_HISTORY = 5_000;

/**
 * The cluster's objects in memory, with one version counter for all of them and a bounded history of changes for
 * watches, as etcd keeps them. Objects are replaced, never changed in place.
 */
export class Store {
  /** Resource → namespace (empty for the cluster) → name → object. */
  private readonly tables = new Map<string, Map<string, Map<string, KubeObject>>>();
  private readonly listeners = new Set<(event: StoreEvent) => void>();
  private history: StoreEvent[] = [];
  private current = 1_000;
  private compacted = 1_000;

  constructor(
    readonly clock: Clock,
    private readonly historyLimit = DEFAULT_HISTORY,
  ) {}

  /** The version of the newest change. */
  get version(): number {
    return this.current;
  }

  /** Changes up to and including this version are forgotten: a watch from before it has to start again. */
  get compactedVersion(): number {
    return this.compacted;
  }

  get<T extends KubeObject = KubeObject>(
    resource: string,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    return this.tables
      .get(resource)
      ?.get(namespace ?? '')
      ?.get(name) as T | undefined;
  }

  /** All objects of a resource, the oldest first; of one namespace when it is given. */
  list<T extends KubeObject = KubeObject>(resource: string, namespace?: string): T[] {
    const table = this.tables.get(resource);
    if (!table) return [];
    if (namespace !== undefined && namespace !== '')
      return [...(table.get(namespace)?.values() ?? [])] as T[];
    return [...table.values()].flatMap((objects) => [...objects.values()]) as T[];
  }

  /** The same in the order of their keys, as the API lists them. */
  sorted(resource: string, namespace?: string): KubeObject[] {
    return this.list(resource, namespace)
      .map((object) => ({ key: keyOf(object), object }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ object }) => object);
  }

  count(resource: string): number {
    let count = 0;
    for (const objects of this.tables.get(resource)?.values() ?? []) count += objects.size;
    return count;
  }

  resources(): string[] {
    return [...this.tables.keys()];
  }

  /** Writes an object under a new resource version and tells the listeners. Returns what was stored. */
  put<T extends KubeObject>(resource: string, object: T): T {
    const objects = this.objects(resource, object.metadata.namespace ?? '');
    const previous = objects.get(object.metadata.name);
    const version = ++this.current;
    const stored: T = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    objects.set(object.metadata.name, stored);
    this.emit({ version, type: previous ? 'MODIFIED' : 'ADDED', resource, object: stored, previous });
    return stored;
  }

  /** Removes an object. The event carries its last state under the version of the removal. */
  remove(resource: string, object: KubeObject): void {
    const objects = this.tables.get(resource)?.get(object.metadata.namespace ?? '');
    const previous = objects?.get(object.metadata.name);
    if (!objects || !previous) return;
    objects.delete(object.metadata.name);
    const version = ++this.current;
    const last = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(version) } };
    this.emit({ version, type: 'DELETED', resource, object: last, previous });
  }

  /** Changes of a resource after `version`; undefined when that part of the history is gone. */
  eventsAfter(resource: string, version: number): StoreEvent[] | undefined {
    if (version < this.compacted) return undefined;
    return this.history.filter((event) => event.version > version && event.resource === resource);
  }

  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Forgets the history, as etcd's compaction does. */
  compact(): void {
    this.history = [];
    this.compacted = this.current;
  }

  snapshot(): StoreSnapshot {
    const objects: Record<string, KubeObject[]> = {};
    for (const resource of this.tables.keys()) {
      const list = this.list(resource);
      if (list.length > 0) objects[resource] = list;
    }
    return { version: this.current, objects };
  }

  /** Loads a snapshot into an empty store. Watches from before it get 410 Gone. */
  restore(snapshot: StoreSnapshot): void {
    for (const [resource, objects] of Object.entries(snapshot.objects)) {
      for (const object of objects) {
        this.objects(resource, object.metadata.namespace ?? '').set(object.metadata.name, object);
      }
    }
    this.current = snapshot.version;
    this.compacted = snapshot.version;
  }

  private objects(resource: string, namespace: string): Map<string, KubeObject> {
    const table = this.tables.get(resource) ?? new Map<string, Map<string, KubeObject>>();
    this.tables.set(resource, table);
    const objects = table.get(namespace) ?? new Map<string, KubeObject>();
    table.set(namespace, objects);
    return objects;
  }

  private emit(event: StoreEvent): void {
    this.history.push(event);
    // Trimmed in steps, so that a full history does not move the whole array at every write.
    if (this.history.length > this.historyLimit * 1.25) {
      this.history = this.history.slice(-this.historyLimit);
      this.compacted = (this.history[0]?.version ?? this.current + 1) - 1;
    }
    for (const listener of this.listeners) listener(event);
  }
}
