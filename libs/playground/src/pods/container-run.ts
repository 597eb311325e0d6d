import type { Container, ContainerState, ContainerStatus, Pod } from '../model/workloads.js';
import { timestamp } from '../model/objects.js';
import type { Behaviour } from './behaviour.js';

/** What one simulated container does. Times are milliseconds since the epoch. */
export interface ContainerRun {
  phase: 'creating' | 'pull-error' | 'config-error' | 'running' | 'backoff' | 'finished';
  /** When it entered the phase. */
  since: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  restarts: number;
  last: ContainerState;
}

export function newContainerRun(now: number): ContainerRun {
  return {
    phase: 'creating',
    since: now,
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    reason: '',
    message: '',
    restarts: 0,
    last: {},
  };
}

const MAX_BACKOFF_FACTOR = 32;
const PULL_BACKOFF_MS = 1_000;
const DEFAULT_RUN_MS = 500;

/** What a container needs to know of its pod. */
export interface RunContext {
  pod: Pod;
  behaviour: Behaviour;
  container: Container;
  /** Whether this run of a Job's container is to fail. */
  failsJob: boolean;
  /** Why the container cannot be made, as a missing ConfigMap; undefined when nothing is in the way. */
  blocked: { reason: string; message: string } | undefined;
  now: number;
}

export type ContainerEvent = { type: 'Normal' | 'Warning'; reason: string; message: string };

/** Moves a container as far as the time allows. Says when to look again, and what is worth an event. */
export function advanceContainer(
  run: ContainerRun,
  context: RunContext,
): { wakeAt: number | undefined; events: ContainerEvent[] } {
  const events: ContainerEvent[] = [];
  for (;;) {
    const phase = run.phase;
    const wakeAt = step(run, context, events);
    if (run.phase === phase) return { wakeAt, events };
  }
}

function step(run: ContainerRun, context: RunContext, events: ContainerEvent[]): number | undefined {
  switch (run.phase) {
    case 'creating':
      return create(run, context, events);
    case 'pull-error':
      return pullAgain(run, context, events);
    case 'config-error':
      if (!context.blocked) enter(run, 'creating', context.now);
      return undefined;
    case 'running':
      return stayUp(run, context, events);
    case 'backoff': {
      const wait = context.behaviour.crashBackoff * Math.min(2 ** (run.restarts - 1), MAX_BACKOFF_FACTOR);
      if (context.now < run.since + wait) return run.since + wait;
      start(run, context, events);
      return undefined;
    }
    case 'finished':
      return undefined;
  }
}

function enter(run: ContainerRun, phase: ContainerRun['phase'], now: number): void {
  run.phase = phase;
  run.since = now;
}

function create(run: ContainerRun, context: RunContext, events: ContainerEvent[]): number | undefined {
  const { behaviour, container, now, blocked } = context;
  const image = container.image ?? '';
  if (blocked) {
    if (run.message !== blocked.message)
      events.push({ type: 'Warning', reason: 'Failed', message: `Error: ${blocked.message}` });
    Object.assign(run, blocked);
    enter(run, 'config-error', now);
    return undefined;
  }
  const problem = imageProblem(image);
  if (problem) {
    Object.assign(run, { reason: 'InvalidImageName', message: problem });
    events.push({ type: 'Warning', reason: 'InspectFailed', message: problem });
    enter(run, 'pull-error', now);
    return undefined;
  }
  if (behaviour.imagePullError) {
    failPull(run, context, events);
    return undefined;
  }
  const readyAt = run.since + behaviour.startDelay;
  if (now < readyAt) return readyAt;
  events.push({
    type: 'Normal',
    reason: 'Pulled',
    message: `Container image "${image}" already present on machine`,
  });
  start(run, context, events);
  return undefined;
}

/** Image names are lower case; the kubelet refuses others before it asks a registry. */
function imageProblem(image: string): string | undefined {
  const repository = (image.split('@')[0] ?? '').replace(/:[^:/]*$/, '');
  if (
    /^[a-z0-9]+([._/:-][a-zA-Z0-9]+|[._-]{2}[a-z0-9]+)*$/.test(repository) &&
    repository.split('/').slice(-1)[0] === repository.split('/').slice(-1)[0]?.toLowerCase()
  ) {
    return undefined;
  }
  return `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
}

function failPull(run: ContainerRun, { container, now }: RunContext, events: ContainerEvent[]): void {
  const image = container.image ?? '';
  run.reason = 'ErrImagePull';
  run.message = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
  events.push({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` });
  events.push({
    type: 'Warning',
    reason: 'Failed',
    message: `Failed to pull image "${image}": ${run.message}`,
  });
  events.push({ type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' });
  enter(run, 'pull-error', now);
}

function pullAgain(run: ContainerRun, context: RunContext, events: ContainerEvent[]): number | undefined {
  const { container, behaviour, now } = context;
  if (run.reason === 'InvalidImageName') return undefined;
  if (!behaviour.imagePullError) {
    enter(run, 'creating', now);
    return undefined;
  }
  if (run.reason === 'ErrImagePull') {
    if (now < run.since + PULL_BACKOFF_MS) return run.since + PULL_BACKOFF_MS;
    run.reason = 'ImagePullBackOff';
    run.message = `Back-off pulling image "${container.image}"`;
    events.push({ type: 'Normal', reason: 'BackOff', message: run.message });
    events.push({ type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' });
  }
  return undefined;
}

function start(run: ContainerRun, { container, now }: RunContext, events: ContainerEvent[]): void {
  events.push({ type: 'Normal', reason: 'Created', message: `Created container: ${container.name}` });
  events.push({ type: 'Normal', reason: 'Started', message: `Started container ${container.name}` });
  run.startedAt = now;
  run.reason = '';
  run.message = '';
  enter(run, 'running', now);
}

function stayUp(run: ContainerRun, context: RunContext, events: ContainerEvent[]): number | undefined {
  const { behaviour, now, pod, container } = context;
  const isTarget = behaviour.container === undefined || behaviour.container === container.name;
  if (isTarget && run.restarts < behaviour.crashes) {
    const at = run.startedAt + behaviour.crashAfter;
    if (now < at) return at;
    finish(run, context, { exitCode: behaviour.exitCode, reason: behaviour.crashReason }, events);
    return undefined;
  }
  const restartPolicy = pod.spec.restartPolicy ?? 'Always';
  const ends = behaviour.runDuration !== undefined || restartPolicy !== 'Always';
  if (!ends) return undefined;
  const at = run.startedAt + (behaviour.runDuration ?? DEFAULT_RUN_MS);
  if (now < at) return at;
  const failed = context.failsJob;
  finish(
    run,
    context,
    failed ? { exitCode: behaviour.exitCode, reason: 'Error' } : { exitCode: 0, reason: 'Completed' },
    events,
  );
  return undefined;
}

function finish(
  run: ContainerRun,
  { pod, container, now }: RunContext,
  outcome: { exitCode: number; reason: string },
  events: ContainerEvent[],
): void {
  run.finishedAt = now;
  run.exitCode = outcome.exitCode;
  run.reason = outcome.reason;
  const policy = pod.spec.restartPolicy ?? 'Always';
  const restarts = policy === 'Always' || (policy === 'OnFailure' && outcome.exitCode !== 0);
  if (!restarts) return enter(run, 'finished', now);
  run.last = { terminated: terminated(run) };
  run.restarts += 1;
  const where = `${container.name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
  run.reason = 'CrashLoopBackOff';
  run.message = `back-off restarting failed container=${where}`;
  events.push({
    type: 'Warning',
    reason: 'BackOff',
    message: `Back-off restarting failed container ${where}`,
  });
  enter(run, 'backoff', now);
}

function terminated(run: ContainerRun): NonNullable<ContainerState['terminated']> {
  return {
    exitCode: run.exitCode,
    reason: run.reason,
    startedAt: timestamp(run.startedAt),
    finishedAt: timestamp(run.finishedAt),
  };
}

function stateOf(run: ContainerRun): ContainerState {
  switch (run.phase) {
    case 'creating':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'running':
      return { running: { startedAt: timestamp(run.startedAt) } };
    case 'finished':
      return { terminated: terminated(run) };
    default:
      return { waiting: { reason: run.reason, message: run.message } };
  }
}

export function containerStatus(container: Container, run: ContainerRun, ready: boolean): ContainerStatus {
  const image = container.image ?? '';
  const hasStarted = run.phase === 'running';
  return {
    name: container.name,
    image,
    imageID: run.startedAt > 0 ? `playground://${image}` : '',
    ...(run.startedAt > 0 ? { containerID: `playground://${container.name}-${run.restarts}` } : {}),
    ready: ready && hasStarted,
    started: hasStarted,
    restartCount: run.restarts,
    state: stateOf(run),
    lastState: run.last,
  };
}

/** Takes up a container where a saved cluster left it. */
export function restoreRun(status: ContainerStatus | undefined, now: number): ContainerRun {
  const run = newContainerRun(now);
  if (!status) return run;
  run.restarts = status.restartCount;
  run.last = status.lastState;
  if (status.state.running) {
    run.startedAt = Date.parse(status.state.running.startedAt);
    run.phase = 'running';
    run.since = run.startedAt;
  } else if (status.state.terminated) {
    const { startedAt, finishedAt, exitCode, reason } = status.state.terminated;
    Object.assign(run, {
      phase: 'finished',
      exitCode,
      reason,
      startedAt: Date.parse(startedAt),
      finishedAt: Date.parse(finishedAt),
    });
  } else if (status.state.waiting?.reason === 'CrashLoopBackOff') {
    Object.assign(run, {
      phase: 'backoff',
      reason: status.state.waiting.reason,
      message: status.state.waiting.message ?? '',
    });
  }
  return run;
}
