import type { Clock } from '@gennaker/kernel';
import { hashFraction } from '../model/hash.js';
import { timestamp, type KubeObject } from '../model/objects.js';
import type { Store } from '../store/store.js';

const EVENTS = '/events';
/** Events live an hour, as by the API server's default. */
export const EVENT_TTL_MS = 3_600_000;
const MAX_EVENTS = 5_000;

export interface CoreEvent extends KubeObject {
  count?: number;
  firstTimestamp?: string;
  lastTimestamp?: string;
}

/** Records core/v1 Events; the same event again raises the count of the first. */
export class EventRecorder {
  private readonly recent = new Map<string, string>();
  private counter = 0;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  record(
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    component: string,
  ): void {
    const namespace = object.metadata.namespace ?? 'default';
    const namespaceObject = this.store.get('/namespaces', undefined, namespace);
    if (!namespaceObject || namespaceObject.metadata.deletionTimestamp !== undefined) return;
    const now = timestamp(this.clock.now());
    const id = `${object.metadata.uid}/${reason}/${message}`;
    const known = this.recent.get(id);
    const earlier = known === undefined ? undefined : this.store.get<CoreEvent>(EVENTS, namespace, known);
    if (earlier) {
      this.store.put(EVENTS, { ...earlier, count: (earlier.count ?? 1) + 1, lastTimestamp: now });
      return;
    }
    const name = `${object.metadata.name}.${this.suffix(id)}`;
    this.recent.set(id, name);
    if (this.recent.size > MAX_EVENTS) this.recent.delete(this.recent.keys().next().value as string);
    this.store.put(EVENTS, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace, uid: eventUid(name), resourceVersion: '', creationTimestamp: now },
      involvedObject: {
        kind: object.kind,
        ...(object.metadata.namespace === undefined ? {} : { namespace }),
        name: object.metadata.name,
        uid: object.metadata.uid,
        apiVersion: object.apiVersion,
        resourceVersion: object.metadata.resourceVersion,
      },
      reason,
      message,
      source: { component },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: '',
    });
  }

  private suffix(id: string): string {
    const fraction = hashFraction(id + String(this.counter++));
    return (
      (this.clock.now() * 1_000_000).toString(16).slice(0, 10) +
      Math.floor(fraction * 0xffffff)
        .toString(16)
        .padStart(6, '0')
    );
  }
}

function eventUid(name: string): string {
  const part = (salt: string, length: number): string =>
    Math.floor(hashFraction(name + salt) * 16 ** Math.min(length, 8))
      .toString(16)
      .padStart(length, '0');
  return `${part('a', 8)}-${part('b', 4)}-4${part('c', 3)}-a${part('d', 3)}-${part('e', 12)}`;
}
