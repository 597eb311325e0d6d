import { behaviourOf } from './behaviour.mjs';

const LONGEST_BACKOFF = 10;
const PULL_ERROR_MS = 500;

/**
 * What a kubelet reports for a pod. Pure: the whole life of a pod follows from its behaviour, the time it
 * was bound and the time now (both in ms), so nothing is kept between two calls.
 * @param {{pod: object, boundAt: number, attempt: number}} life `attempt`: how many pods its Job had before it
 * @returns {{status: object, nextAt: number}} `nextAt`: when the answer changes next, Infinity for never.
 */
export function podStatusAt(life, now) {
  const { pod, boundAt } = life;
  const run = runAt(life, now);
  const containers = (pod.spec.containers ?? []).map((spec) => containerStatus(spec, run, pod));
  const initialized = run.state !== 'starting' || !(pod.spec.initContainers ?? []).length;
  const status = {
    phase: phaseOf(run),
    hostIP: '127.0.0.1',
    startTime: timestamp(boundAt),
    conditions: conditions(pod, { initialized, run, now }),
    containerStatuses: containers,
    ...addresses(pod, run),
  };
  if (pod.spec.initContainers?.length) {
    status.initContainerStatuses = pod.spec.initContainers.map((spec) => initStatus(spec, run, boundAt, pod));
  }
  return { status, nextAt: run.nextAt };
}

/**
 * Where the containers of a pod stand: all of them start and end together.
 * `state` is one of starting, pulling, running, backoff, ended; `begin` and `end` bound the newest run.
 */
export function runAt({ pod, boundAt, attempt }, now) {
  const behaviour = behaviourOf(pod);
  let begin = boundAt + behaviour.startMs;
  if (now < begin) return { state: 'starting', nextAt: begin, restarts: 0, ready: false };
  if (!behaviour.pullsImage) return pulling(begin + PULL_ERROR_MS, now);
  let last;
  for (let restarts = 0; ; restarts++) {
    const plan = planOfRun(behaviour, attempt + restarts, restarts);
    const run = { ...plan, begin, end: begin + plan.runMs, restarts, last };
    if (now < run.end) return running(run, behaviour, now);
    if (!isRestarted(pod, plan)) return { ...run, state: 'ended', ready: false, nextAt: Infinity };
    const backoff = behaviour.backoffMs * Math.min(2 ** restarts, LONGEST_BACKOFF);
    const resumeAt = run.end + backoff;
    if (now < resumeAt) return { ...run, last: run, state: 'backoff', ready: false, nextAt: resumeAt };
    last = run;
    begin = resumeAt;
  }
}

/** How the n-th run of a container goes; `tries` also counts the earlier pods of its Job. */
function planOfRun(behaviour, tries, restarts) {
  const failing = { exitCode: behaviour.exitCode, reason: behaviour.crashReason, becomesReady: false };
  if (tries < behaviour.jobFails) return { ...failing, runMs: behaviour.runMs };
  if (restarts < behaviour.crashes) return { ...failing, runMs: behaviour.crashMs };
  return { exitCode: 0, reason: 'Completed', becomesReady: behaviour.becomesReady, runMs: behaviour.runMs };
}

function isRestarted(pod, { exitCode }) {
  const { restartPolicy = 'Always' } = pod.spec;
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
}

function pulling(backoffAt, now) {
  const failed = now < backoffAt;
  return {
    state: 'pulling',
    reason: failed ? 'ErrImagePull' : 'ImagePullBackOff',
    nextAt: failed ? backoffAt : Infinity,
    restarts: 0,
    ready: false,
  };
}

function running(run, behaviour, now) {
  const readyAt = run.becomesReady ? run.begin + behaviour.readyMs : Infinity;
  const unreadyAt = run.begin + behaviour.unreadyMs;
  const ready = now >= readyAt && now < unreadyAt;
  const changes = [run.end, readyAt, unreadyAt].filter((change) => change > now);
  return { ...run, state: 'running', ready, nextAt: Math.min(...changes, Infinity) };
}

function phaseOf({ state, exitCode }) {
  if (state === 'starting' || state === 'pulling') return 'Pending';
  if (state === 'ended') return exitCode === 0 ? 'Succeeded' : 'Failed';
  return 'Running';
}

function containerStatus(spec, run, pod) {
  return {
    name: spec.name,
    image: spec.image,
    imageID: '',
    containerID: run.begin !== undefined ? containerId(pod, spec, run.restarts) : '',
    ready: run.ready,
    started: run.state === 'running',
    restartCount: run.restarts,
    state: stateOf(spec, run),
    lastState: run.last ? { terminated: terminated(run.last) } : {},
  };
}

function stateOf(spec, run) {
  switch (run.state) {
    case 'starting':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'pulling':
      return { waiting: { reason: run.reason, message: `Back-off pulling image "${spec.image}"` } };
    case 'running':
      return { running: { startedAt: timestamp(run.begin) } };
    case 'backoff':
      return {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off ${Math.round((run.nextAt - run.end) / 1000)}s restarting failed container=${spec.name}`,
        },
      };
    default:
      return { terminated: terminated(run) };
  }
}

function initStatus(spec, run, boundAt, pod) {
  const done = run.state !== 'starting';
  return {
    name: spec.name,
    image: spec.image,
    imageID: '',
    containerID: done ? containerId(pod, spec, 0) : '',
    ready: done,
    restartCount: 0,
    state: done
      ? { terminated: terminated({ begin: boundAt, end: boundAt, exitCode: 0, reason: 'Completed' }) }
      : { waiting: { reason: 'PodInitializing' } },
    lastState: {},
  };
}

function terminated({ begin, end, exitCode, reason }) {
  return {
    exitCode,
    reason,
    startedAt: timestamp(begin),
    finishedAt: timestamp(end),
  };
}

function conditions(pod, { initialized, run, now }) {
  const unready = `containers with unready status: [${pod.spec.containers.map(({ name }) => name).join(' ')}]`;
  const completed = run.state === 'ended' && run.exitCode === 0;
  const notReady = completed
    ? { reason: 'PodCompleted' }
    : { reason: 'ContainersNotReady', message: unready };
  const gates = (pod.spec.readinessGates ?? []).map(({ conditionType }) => conditionType);
  const closed = gates.filter((type) => conditionOf(pod, type)?.status !== 'True');
  const gated = { reason: 'ReadinessGatesNotReady', message: `conditions not met: [${closed.join(' ')}]` };
  return [
    condition(pod, 'Initialized', initialized, { reason: 'ContainersNotInitialized' }, now),
    condition(pod, 'Ready', run.ready && closed.length === 0, run.ready ? gated : notReady, now),
    condition(pod, 'ContainersReady', run.ready, notReady, now),
  ];
}

function condition(pod, type, holds, otherwise, now) {
  const status = holds ? 'True' : 'False';
  const before = conditionOf(pod, type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestamp(now);
  const why = holds ? { reason: null, message: null } : { reason: null, message: null, ...otherwise };
  return { type, status, lastProbeTime: null, lastTransitionTime, ...why };
}

function conditionOf(pod, type) {
  return (pod.status?.conditions ?? []).find((one) => one.type === type);
}

/** A pod keeps its address for life; it is derived from the uid, so two pods seldom share one. */
function addresses(pod, run) {
  if (run.state === 'starting') return {};
  const digits = pod.metadata.uid.replaceAll('-', '');
  const part = (from) => (Number.parseInt(digits.slice(from, from + 2), 16) % 254) + 1;
  const podIP = `10.244.${part(0)}.${part(2)}`;
  return { podIP, podIPs: [{ ip: podIP }] };
}

function containerId(pod, spec, restarts) {
  return `stand-in://${pod.metadata.uid}/${spec.name}/${restarts}`;
}

function timestamp(milliseconds) {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
