import { FOREGROUND, ORPHAN } from '../api/deletion.js';
import type { KubeObject, OwnerReference } from '../model/objects.js';
import type { StoreEvent } from '../store/store.js';
import type { Controller } from './engine.js';
import type { World } from './world.js';

const SEPARATOR = '|';

/** How long an unknown owner is given to appear, for dependents that are created before it. */
const ABSENT_OWNER_GRACE_MS = 200;

/** Deletes what belongs to objects that are gone, and finishes foreground and orphaning deletions. */
export class GarbageCollector implements Controller {
  readonly name = 'garbage collector';
  /** Uid of an owner → keys of its dependents. */
  private readonly dependents = new Map<string, Set<string>>();
  /** Uids of live objects → their key. */
  private readonly alive = new Map<string, string>();

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    const key = this.keyFor(event.resource, event.object);
    const { uid } = event.object.metadata;
    for (const owner of event.previous?.metadata.ownerReferences ?? [])
      this.dependents.get(owner.uid)?.delete(key);
    if (event.type === 'DELETED') {
      this.alive.delete(uid);
      const owners = (event.object.metadata.ownerReferences ?? []).flatMap((owner) => this.aliveKey(owner));
      const orphans = [...(this.dependents.get(uid) ?? [])];
      this.dependents.delete(uid);
      return [...orphans, ...owners];
    }
    this.index(key, event.object);
    const { finalizers = [], deletionTimestamp, ownerReferences = [] } = event.object.metadata;
    const isEnding =
      deletionTimestamp !== undefined && finalizers.some((name) => name === FOREGROUND || name === ORPHAN);
    return isEnding || ownerReferences.length > 0 ? [key] : [];
  }

  initialKeys(): string[] {
    const keys: string[] = [];
    for (const resource of this.world.store.resources()) {
      for (const object of this.world.store.list(resource)) {
        const key = this.keyFor(resource, object);
        this.index(key, object);
        keys.push(key);
      }
    }
    return keys;
  }

  reconcile(key: string): number | undefined {
    const [resource = '', namespace = '', name = ''] = key.split(SEPARATOR);
    const object = this.world.store.get(resource, namespace, name);
    if (!object) return undefined;
    if (object.metadata.deletionTimestamp !== undefined) this.finishDeletion(resource, object);
    return this.collect(resource, object);
  }

  private keyFor(resource: string, object: KubeObject): string {
    return [resource, object.metadata.namespace ?? '', object.metadata.name].join(SEPARATOR);
  }

  private index(key: string, object: KubeObject): void {
    this.alive.set(object.metadata.uid, key);
    for (const owner of object.metadata.ownerReferences ?? []) {
      const keys = this.dependents.get(owner.uid) ?? new Set();
      keys.add(key);
      this.dependents.set(owner.uid, keys);
    }
  }

  private aliveKey(owner: OwnerReference): string[] {
    const key = this.alive.get(owner.uid);
    return key === undefined ? [] : [key];
  }

  private find(key: string): { resource: string; object: KubeObject } | undefined {
    const [resource = '', namespace = '', name = ''] = key.split(SEPARATOR);
    const object = this.world.store.get(resource, namespace, name);
    return object && { resource, object };
  }

  /** Deletes an object whose owners are all gone; with one left, only the dead references go. */
  private collect(resource: string, object: KubeObject): number | undefined {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0 || object.metadata.deletionTimestamp !== undefined) return undefined;
    const solid = owners.filter((owner) => this.alive.has(owner.uid));
    const waiting = solid.filter((owner) => this.isForeground(owner) && owner.blockOwnerDeletion);
    if (solid.length > 0) {
      if (waiting.length === solid.length)
        this.world.delete(resource, object, { propagationPolicy: 'Foreground' });
      else if (solid.length < owners.length) this.keepOwners(resource, object, solid);
      return undefined;
    }
    const age = this.world.now() - Date.parse(object.metadata.creationTimestamp);
    if (age < ABSENT_OWNER_GRACE_MS) return ABSENT_OWNER_GRACE_MS;
    this.world.delete(resource, object);
    return undefined;
  }

  private isForeground(owner: OwnerReference): boolean {
    const metadata = this.find(this.alive.get(owner.uid) ?? '')?.object.metadata;
    return metadata?.deletionTimestamp !== undefined && metadata.finalizers?.includes(FOREGROUND) === true;
  }

  private keepOwners(resource: string, object: KubeObject, owners: OwnerReference[]): void {
    this.world.change(resource, object, (live) => ({
      ...live,
      metadata: { ...live.metadata, ownerReferences: owners },
    }));
  }

  private finishDeletion(resource: string, object: KubeObject): void {
    const { finalizers = [], uid } = object.metadata;
    const dependents = [...(this.dependents.get(uid) ?? [])].flatMap((key) => this.find(key) ?? []);
    if (finalizers.includes(ORPHAN)) {
      for (const { resource: of, object: dependent } of dependents) {
        this.keepOwners(
          of,
          dependent,
          (dependent.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid),
        );
      }
      this.removeFinalizer(resource, object, ORPHAN);
    } else if (finalizers.includes(FOREGROUND)) {
      for (const { resource: of, object: dependent } of dependents) this.collect(of, dependent);
      const blocking = dependents.some(({ resource: of, object: dependent }) => {
        const live = this.world.store.get(of, dependent.metadata.namespace, dependent.metadata.name);
        return live?.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion);
      });
      if (!blocking) this.removeFinalizer(resource, object, FOREGROUND);
    }
  }

  private removeFinalizer(resource: string, object: KubeObject, finalizer: string): void {
    this.world.change(resource, object, (live) => ({
      ...live,
      metadata: {
        ...live.metadata,
        finalizers: (live.metadata.finalizers ?? []).filter((name) => name !== finalizer),
      },
    }));
  }
}
