/** How a pod behaves, set by annotations on the pod; the same names work on the playground cluster. */
const PREFIX = 'playground.gennaker.io/';

const SECOND = 1000;
const CRASH_AFTER_MS = 200;
const JOB_RUN_MS = 500;

/**
 * @returns {{startMs: number, readyMs: number, runMs: number, exitCode: number, stopMs: number,
 *   pullsImage: boolean, becomesReady: boolean, logs: string | undefined, logEveryMs: number}}
 * `runMs` and `logEveryMs` are Infinity when the container never ends or never writes again.
 */
export function behaviourOf(pod) {
  const annotations = pod.metadata.annotations ?? {};
  const text = (name) => annotations[PREFIX + name];
  const milliseconds = (name, otherwise) => {
    const seconds = Number.parseFloat(text(name) ?? '');
    return Number.isFinite(seconds) && seconds >= 0 ? seconds * SECOND : otherwise;
  };
  const failure = text('failure');
  const crashes = failure === 'crash-loop';
  const ofJob = (pod.metadata.ownerReferences ?? []).some((owner) => owner.kind === 'Job');
  const runByDefault = ofJob ? JOB_RUN_MS : Infinity;
  return {
    startMs: milliseconds('start-seconds', 200),
    readyMs: milliseconds('ready-seconds', 100),
    runMs: milliseconds('run-seconds', crashes ? CRASH_AFTER_MS : runByDefault),
    exitCode: Number.parseInt(text('exit-code') ?? (crashes ? '1' : '0'), 10) || 0,
    stopMs: milliseconds('stop-seconds', 0),
    pullsImage: failure !== 'image-pull',
    becomesReady: failure !== 'never-ready',
    logs: text('logs'),
    logEveryMs: milliseconds('log-interval-seconds', Infinity) || Infinity,
  };
}
