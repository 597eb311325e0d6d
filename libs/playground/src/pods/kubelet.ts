import { jsonEquals } from '@gennaker/kernel';
import { keyOf, splitKey, timestamp, type Condition } from '../model/objects.js';
import {
  isPodActive,
  type Container,
  type ContainerStatus,
  type Job,
  type Pod,
  type PodStatus,
} from '../model/workloads.js';
import type { Controller } from '../controllers/engine.js';
import { setCondition } from '../controllers/conditions.js';
import type { World } from '../controllers/world.js';
import type { StoreEvent } from '../store/store.js';
import { behaviourOf, type Behaviour } from './behaviour.js';
import {
  advanceContainer,
  containerStatus,
  newContainerRun,
  restoreRun,
  type ContainerRun,
} from './container-run.js';
import { missingReference, missingVolume } from './pod-references.js';

const PODS = '/pods';
const KUBELET = 'kubelet';
const INIT_MS = 50;
const REFERENCE_RETRY_MS = 500;

interface PodRun {
  uid: string;
  acceptedAt: number;
  deletingSince: number | undefined;
  ip: string;
  containers: Map<string, ContainerRun>;
  /** Which runs of a Job's containers fail, decided when the pod starts. */
  failsJob: boolean;
}

/** Runs pods on the simulated nodes: the kubelet of all of them. */
export class Kubelet implements Controller {
  readonly name = 'kubelet';
  private readonly runs = new Map<string, PodRun>();
  private readonly jobStarts = new Map<string, number>();
  private nextIp = 10;

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === PODS) {
      if (event.type === 'DELETED') this.runs.delete(event.object.metadata.uid);
      return [keyOf(event.object)];
    }
    if (
      event.type !== 'ADDED' ||
      !['/configmaps', '/secrets', '/persistentvolumeclaims'].includes(event.resource)
    )
      return [];
    return this.world.store
      .list<Pod>(PODS, event.object.metadata.namespace)
      .filter((pod) => pod.status?.phase === 'Pending')
      .map(keyOf);
  }

  initialKeys(): string[] {
    return this.world.store.list(PODS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const pod = this.world.store.get<Pod>(PODS, namespace, name);
    if (!pod || pod.spec.nodeName === undefined) return undefined;
    if (pod.metadata.deletionTimestamp !== undefined) return this.stop(pod);
    if (!isPodActive(pod)) return undefined;
    const now = this.world.now();
    const run = this.runs.get(pod.metadata.uid) ?? this.accept(pod, now);
    const behaviour = behaviourOf(pod);
    const initUntil = run.acceptedAt + (pod.spec.initContainers ?? []).length * INIT_MS;
    if (now < initUntil) {
      this.write(pod, statusOf(pod, run, behaviour, now));
      return initUntil - now;
    }
    const wakeAt = this.advance(pod, run, behaviour, now);
    this.write(pod, statusOf(pod, run, behaviour, now));
    return wakeAt === undefined ? undefined : Math.max(0, wakeAt - now);
  }

  private accept(pod: Pod, now: number): PodRun {
    const saved = new Map(pod.status?.containerStatuses?.map((status) => [status.name, status]));
    const isSaved = pod.status?.startTime !== undefined;
    const run: PodRun = {
      uid: pod.metadata.uid,
      acceptedAt: isSaved ? Date.parse(pod.status?.startTime ?? '') : now,
      deletingSince: undefined,
      ip: pod.status?.podIP ?? this.address(),
      containers: new Map(
        pod.spec.containers.map((container) => [
          container.name,
          isSaved ? restoreRun(saved.get(container.name), now) : newContainerRun(now),
        ]),
      ),
      failsJob: this.failsJob(pod),
    };
    this.runs.set(pod.metadata.uid, run);
    return run;
  }

  private address(): string {
    const used = this.nextIp++;
    return `10.244.${(used >> 8) & 0xff}.${used & 0xff}`;
  }

  /** The first `job-fails` pods of a Job fail. */
  private failsJob(pod: Pod): boolean {
    const { jobFails } = behaviourOf(pod);
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.kind === 'Job');
    if (jobFails === 0) return false;
    if (!owner) return true;
    const job = this.world.store.get<Job>('batch/jobs', pod.metadata.namespace, owner.name);
    const started = Math.max(this.jobStarts.get(owner.uid) ?? 0, job?.status?.failed ?? 0);
    this.jobStarts.set(owner.uid, started + 1);
    return started < jobFails;
  }

  private advance(pod: Pod, run: PodRun, behaviour: Behaviour, now: number): number | undefined {
    const volume = missingVolume(pod, this.world.store);
    if (volume) {
      this.event(pod, 'Warning', 'FailedMount', volume);
      return now + REFERENCE_RETRY_MS;
    }
    const wakes: number[] = [];
    for (const container of pod.spec.containers) {
      const state = run.containers.get(container.name);
      if (!state) continue;
      const blocked = missingReference(pod, container, this.world.store);
      const before = state.restarts;
      const { wakeAt, events } = advanceContainer(state, {
        pod,
        behaviour,
        container,
        failsJob: run.failsJob,
        blocked,
        now,
      });
      if (state.restarts > before) run.failsJob = this.failsAgain(pod, state.restarts);
      for (const event of events) this.event(pod, event.type, event.reason, event.message);
      if (wakeAt !== undefined) wakes.push(wakeAt);
      if (blocked) wakes.push(now + REFERENCE_RETRY_MS);
      const change = readinessChange(container, state, behaviour, now);
      if (change !== undefined) wakes.push(change);
      if (isUnhealthy(state, behaviour, container, now)) {
        this.event(
          pod,
          'Warning',
          'Unhealthy',
          'Readiness probe failed: HTTP probe failed with statuscode: 503',
        );
      }
    }
    return wakes.length === 0 ? undefined : Math.min(...wakes);
  }

  private failsAgain(pod: Pod, restarts: number): boolean {
    return restarts < behaviourOf(pod).jobFails;
  }

  /** Ends a pod: its containers get the signal, and it is gone when they are, at the latest after its grace period. */
  private stop(pod: Pod): number | undefined {
    const now = this.world.now();
    const run = this.runs.get(pod.metadata.uid) ?? this.accept(pod, now);
    if (run.deletingSince === undefined) {
      run.deletingSince = now;
      for (const container of pod.spec.containers) {
        this.event(pod, 'Normal', 'Killing', `Stopping container ${container.name}`);
      }
    }
    const grace = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1_000;
    const endsAt = run.deletingSince + Math.min(behaviourOf(pod).stopDelay, grace);
    if (now < endsAt) return endsAt - now;
    this.world.delete(PODS, pod, { gracePeriodSeconds: 0 });
    return undefined;
  }

  private write(pod: Pod, status: PodStatus): void {
    if (!jsonEquals(status, pod.status)) this.world.setStatus(PODS, pod, status, KUBELET);
  }

  private event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.world.events.record(pod, type, reason, message, KUBELET);
  }
}

function readyAt(container: Container, state: ContainerRun, behaviour: Behaviour): number {
  const probe = (container.readinessProbe?.initialDelaySeconds ?? 0) * 1_000;
  return state.startedAt + Math.max(behaviour.readyDelay, probe);
}

/** A container that will crash never answers its probes, so it is not seen ready for a moment. */
function isGoingToCrash(container: Container, state: ContainerRun, behaviour: Behaviour): boolean {
  const isTarget = behaviour.container === undefined || behaviour.container === container.name;
  return isTarget && state.restarts < behaviour.crashes;
}

function isReady(container: Container, state: ContainerRun, behaviour: Behaviour, now: number): boolean {
  if (state.phase !== 'running' || behaviour.neverReady || isGoingToCrash(container, state, behaviour))
    return false;
  if (behaviour.unreadyAfter !== undefined && now >= state.startedAt + behaviour.unreadyAfter) return false;
  return now >= readyAt(container, state, behaviour);
}

function isUnhealthy(state: ContainerRun, behaviour: Behaviour, container: Container, now: number): boolean {
  return (
    state.phase === 'running' &&
    !isGoingToCrash(container, state, behaviour) &&
    now >= readyAt(container, state, behaviour) &&
    !isReady(container, state, behaviour, now)
  );
}

/** When a container's readiness changes next. */
function readinessChange(
  container: Container,
  state: ContainerRun,
  behaviour: Behaviour,
  now: number,
): number | undefined {
  if (state.phase !== 'running' || behaviour.neverReady) return undefined;
  const times = [readyAt(container, state, behaviour)];
  if (behaviour.unreadyAfter !== undefined) times.push(state.startedAt + behaviour.unreadyAfter);
  const next = times.filter((time) => time > now);
  return next.length === 0 ? undefined : Math.min(...next);
}

function initStatuses(pod: Pod, run: PodRun, now: number): ContainerStatus[] {
  return (pod.spec.initContainers ?? []).map((container, index) => {
    const startedAt = run.acceptedAt + index * INIT_MS;
    const state = newContainerRun(startedAt);
    if (now >= startedAt + INIT_MS) {
      Object.assign(state, {
        phase: 'finished',
        startedAt,
        finishedAt: startedAt + INIT_MS,
        reason: 'Completed',
      });
    } else if (now >= startedAt) {
      Object.assign(state, { phase: 'running', startedAt });
    }
    return { ...containerStatus(container, state, true), ready: state.phase === 'finished' };
  });
}

function statusOf(pod: Pod, run: PodRun, behaviour: Behaviour, now: number): PodStatus {
  const statuses = pod.spec.containers.map((container) => {
    const state = run.containers.get(container.name) ?? newContainerRun(now);
    return containerStatus(container, state, isReady(container, state, behaviour, now));
  });
  const init = initStatuses(pod, run, now);
  const phase = phaseOf([...run.containers.values()]);
  const node = nodeAddress(pod.spec.nodeName ?? '');
  return {
    ...pod.status,
    phase,
    conditions: conditionsOf(pod, statuses, phase, now),
    hostIP: node,
    hostIPs: [{ ip: node }],
    podIP: run.ip,
    podIPs: [{ ip: run.ip }],
    startTime: timestamp(run.acceptedAt),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: statuses,
  };
}

export function nodeAddress(node: string): string {
  return `172.18.0.${(Number(/\d+$/.exec(node)?.[0] ?? 0) % 250) + 2}`;
}

function phaseOf(runs: ContainerRun[]): NonNullable<PodStatus['phase']> {
  if (runs.length > 0 && runs.every((run) => run.phase === 'finished')) {
    return runs.every((run) => run.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  return runs.some((run) => run.startedAt === 0) ? 'Pending' : 'Running';
}

function conditionsOf(pod: Pod, statuses: ContainerStatus[], phase: string, now: number): Condition[] {
  const unready = statuses.filter((status) => !status.ready).map((status) => status.name);
  const list = `containers with unready status: [${unready.join(' ')}]`;
  const isDone = phase === 'Succeeded';
  const notReady: Partial<Condition> = isDone
    ? { reason: 'PodCompleted' }
    : phase === 'Failed'
      ? { reason: 'PodFailed' }
      : { reason: 'ContainersNotReady', message: list };
  const gates = (pod.spec.readinessGates ?? []).every(({ conditionType }) =>
    pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  const containersReady = unready.length === 0;
  const truth = (value: boolean): 'True' | 'False' => (value ? 'True' : 'False');
  let conditions: readonly Condition[] = pod.status?.conditions ?? [];
  const wanted: Condition[] = [
    { type: 'PodReadyToStartContainers', status: truth(!isDone && phase !== 'Failed') },
    { type: 'Initialized', status: 'True', ...(isDone ? { reason: 'PodCompleted' } : {}) },
    {
      type: 'Ready',
      status: truth(containersReady && gates),
      ...(containersReady
        ? gates
          ? {}
          : {
              reason: 'ReadinessGatesNotReady',
              message: 'corresponding condition of pod readiness gate is not True.',
            }
        : notReady),
    },
    { type: 'ContainersReady', status: truth(containersReady), ...(containersReady ? {} : notReady) },
    { type: 'PodScheduled', status: 'True' },
  ];
  for (const condition of wanted) conditions = setCondition(conditions, condition, now);
  return [...conditions];
}
