import type { Clock } from '@gennaker/kernel';
import { isObject } from '@gennaker/kernel';
import type { Pod } from '../model/workloads.js';
import { PREFIX } from '../pods/behaviour.js';
import type { Store } from '../store/store.js';

/** A pod that has run, as far as its metrics need it. Times are milliseconds since the epoch. */
export interface PodRecord {
  uid: string;
  namespace: string;
  pod: string;
  node: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  containers: string[];
  startedAt: number;
  endedAt: number | undefined;
}

const MAX_RECORDS = 5_000;
const RETENTION_MS = 24 * 3_600_000;

/** Remembers which pods ran when, so that their metrics of the past can still be asked for. */
export class MetricHistory {
  private readonly records = new Map<string, PodRecord>();

  constructor(private readonly clock: Clock) {}

  follow(store: Store): void {
    for (const pod of store.list<Pod>('/pods')) this.note(pod);
    store.subscribe((event) => {
      if (event.resource !== '/pods') return;
      if (event.type === 'DELETED') this.end(event.object.metadata.uid);
      else this.note(event.object as Pod);
    });
  }

  all(): PodRecord[] {
    return [...this.records.values()];
  }

  snapshot(): PodRecord[] {
    return this.all();
  }

  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    for (const record of saved) {
      if (isObject(record) && typeof record['uid'] === 'string') {
        this.records.set(record['uid'], record as unknown as PodRecord);
      }
    }
  }

  private note(pod: Pod): void {
    const { uid, namespace = 'default', name, labels = {}, annotations = {} } = pod.metadata;
    const known = this.records.get(uid);
    if (known) {
      const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
      if (isOver && known.endedAt === undefined) this.end(uid);
      else this.records.set(uid, { ...known, labels, annotations: ownAnnotations(annotations) });
      return;
    }
    const started = (pod.status?.containerStatuses ?? []).some((status) => status.started);
    if (!started) return;
    this.records.set(uid, {
      uid,
      namespace,
      pod: name,
      node: pod.spec.nodeName ?? '',
      labels,
      annotations: ownAnnotations(annotations),
      containers: pod.spec.containers.map((container) => container.name),
      startedAt: this.clock.now(),
      endedAt: undefined,
    });
    this.forget();
  }

  private end(uid: string): void {
    const record = this.records.get(uid);
    if (record && record.endedAt === undefined)
      this.records.set(uid, { ...record, endedAt: this.clock.now() });
  }

  private forget(): void {
    const oldest = this.clock.now() - RETENTION_MS;
    for (const [uid, record] of this.records) {
      if (record.endedAt === undefined) continue;
      if (record.endedAt < oldest || this.records.size > MAX_RECORDS) this.records.delete(uid);
    }
  }
}

function ownAnnotations(annotations: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(PREFIX)));
}
