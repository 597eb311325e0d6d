import {
  creationTrouble,
  currentPods,
  describeTrouble,
  isKind,
  type Manifest,
  namespaceOf,
  podSelectorOf,
  podTroubles,
  type PodTrouble,
  type Stability,
  stabilityOf,
  textAt,
  uidOf,
} from '@gennaker/manifest';
import { type KubernetesClient } from '../client/kubernetes-client.js';
import { type ObjectRef } from '../client/kubernetes-client.types.js';
import { watchCollection } from './collection-watch.js';
import { objectStates } from './object-watch.js';

const LOG_LINES = 10;
const LOG_TIMEOUT_MS = 3_000;
/** So many pods are explained one by one; the others mostly suffer from the same. */
const EXPLAINED_PODS = 3;

export interface WaitEnd extends Stability {
  manifest: Manifest | undefined;
}

/** Waits until one object is what was asked of it, woken by the cluster, and says meanwhile what is in the way. */
export class ObjectWait {
  private readonly pods = new Map<string, Manifest>();
  private readonly replicaSets = new Map<string, Manifest>();
  private readonly warnings = new Map<string, Manifest>();
  private readonly logs = new Map<string, Promise<string[]>>();
  private readonly ending = new AbortController();
  private current: Manifest | undefined;
  private told = '';
  private telling: Promise<void> = Promise.resolve();
  private followed = false;
  private lastReasons: string[] = [];

  constructor(
    private readonly client: KubernetesClient,
    private readonly ref: ObjectRef,
    /** Called with what the object waits for, each time that it changes. */
    private readonly tell: (reason: string) => void,
  ) {}

  /** Ends with the object's last state, and by `signal`, which throws its reason. */
  async run(signal: AbortSignal): Promise<WaitEnd> {
    try {
      for await (const state of objectStates(this.client, this.ref, signal)) {
        this.current = state;
        const stability = stabilityOf(state);
        if (stability.state === 'failed' && state) {
          return { ...stability, message: await this.explained(stability), manifest: state };
        }
        if (stability.state !== 'waiting') return { ...stability, manifest: state };
        if (state) this.follow(state, signal);
        this.changed();
      }
      throw new Error('the watch ended by itself');
    } finally {
      this.ending.abort();
    }
  }

  /** Looks also at what hangs on a workload, once there is something to wait for. */
  private follow(workload: Manifest, signal: AbortSignal): void {
    const namespace = namespaceOf(workload);
    const labelSelector = podSelectorOf(workload);
    const isPod = isKind(workload, 'pod');
    if (this.followed || namespace === '' || (labelSelector === undefined && !isPod)) return;
    this.followed = true;
    const options = { onChange: () => this.changed(), signal: AbortSignal.any([signal, this.ending.signal]) };
    const select = labelSelector === undefined ? {} : { labelSelector };
    if (isPod) this.pods.set(uidOf(workload), workload);
    else void watchCollection(this.client, { kind: 'pods', namespace, ...select }, this.pods, options);
    if (isKind(workload, 'deployment')) {
      void watchCollection(
        this.client,
        { kind: 'replicasets', namespace, ...select },
        this.replicaSets,
        options,
      );
    } else if (!isPod) {
      // These kinds have no condition for pods that the cluster refuses to make; their events tell.
      const fieldSelector = `involvedObject.uid=${uidOf(workload)},type=Warning`;
      void watchCollection(this.client, { kind: 'events', namespace, fieldSelector }, this.warnings, options);
    }
  }

  /** One telling at a time, each with the newest state. */
  private changed(): void {
    this.telling = this.telling.then(async () => {
      if (this.ending.signal.aborted) return;
      const stability = stabilityOf(this.current);
      if (stability.state !== 'waiting') return;
      const reason = await this.explained(stability);
      if (reason === this.told || this.ending.signal.aborted) return;
      this.told = reason;
      this.tell(reason);
    });
  }

  private async explained({ message, state }: Stability): Promise<string> {
    const reasons = await this.reasons();
    // A container between two crashes looks healthy for a moment; its failure is told by
    // what was wrong before.
    if (reasons.length > 0) this.lastReasons = reasons;
    const shown = state === 'failed' ? this.lastReasons : reasons;
    return [message ?? 'Waiting', ...shown].join('; ');
  }

  private async reasons(): Promise<string[]> {
    const workload = this.current;
    if (!workload) return [];
    if (isKind(workload, 'pod')) this.pods.set(uidOf(workload), workload);
    const refused = creationTrouble(workload) ?? this.refusedByEvents();
    const pods = currentPods(workload, [...this.pods.values()], [...this.replicaSets.values()]);
    const troubled = pods.map(podTroubles).filter((troubles) => troubles.length > 0);
    const shown = await Promise.all(
      troubled
        .slice(0, EXPLAINED_PODS)
        .flatMap((troubles) =>
          troubles.map(async (trouble) =>
            describeTrouble(trouble, await this.logOf(trouble, namespaceOf(workload))),
          ),
        ),
    );
    const more = troubled.length - EXPLAINED_PODS;
    if (more > 0) shown.push(`${more} more pods have trouble`);
    return refused === undefined ? shown : [refused, ...shown];
  }

  private refusedByEvents(): string | undefined {
    const failures = [...this.warnings.values()].filter(({ reason }) => reason === 'FailedCreate');
    const last = failures.at(-1);
    return last && textAt(last, 'message');
  }

  /** The end of a crashed container's log; of each crash only once. */
  private logOf(trouble: PodTrouble, namespace: string): Promise<string[]> {
    const { log, pod, message } = trouble;
    if (!log) return Promise.resolve([]);
    const key = `${pod}/${log.container}/${log.previous}/${message}`;
    const known = this.logs.get(key) ?? this.readLog(pod, namespace, log);
    this.logs.set(key, known);
    return known;
  }

  private async readLog(
    name: string,
    namespace: string,
    { container, previous }: { container: string; previous: boolean },
  ): Promise<string[]> {
    try {
      const text = await this.client.logs(
        { namespace, name },
        {
          container,
          previous,
          tailLines: LOG_LINES,
          timeoutMs: LOG_TIMEOUT_MS,
          limitBytes: 16_384,
          signal: this.ending.signal,
        },
      );
      return text.split('\n').filter((line) => line !== '');
    } catch {
      // A log that cannot be read explains nothing, and spoils nothing.
      return [];
    }
  }
}
