/** How a pod behaves, set by annotations on the pod. Names and values are those of the playground cluster. */
const PREFIX = 'playground.gennaker.io/';
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const JOB_RUN_MS = 500;

/**
 * Durations are in ms; Infinity stands for never or for ever.
 * @returns {{startMs: number, readyMs: number, unreadyMs: number, stopMs: number, pullsImage: boolean,
 *   becomesReady: boolean, crashes: number, crashMs: number, backoffMs: number, crashReason: string,
 *   crashMessage: string, exitCode: number, jobFails: number, runMs: number, ofJob: boolean,
 *   logs: string | undefined, logEveryMs: number}}
 */
export function behaviourOf(pod) {
  const text = (name) => pod.metadata.annotations?.[PREFIX + name];
  const duration = (name, otherwise) => parseDuration(text(name)) ?? otherwise;
  const ofJob = (pod.metadata.ownerReferences ?? []).some((owner) => owner.kind === 'Job');
  return {
    startMs: duration('start-delay', 200),
    readyMs: duration('ready-delay', 50),
    unreadyMs: duration('unready-after', Infinity),
    stopMs: duration('stop-delay', 0),
    pullsImage: text('image-pull-error') !== 'true',
    becomesReady: text('never-ready') !== 'true',
    crashes: count(text('crash-loop')),
    crashMs: duration('crash-after', 200),
    backoffMs: duration('crash-backoff', 1000),
    crashReason: text('crash-reason') ?? 'Error',
    crashMessage: text('crash-message') ?? 'panic: simulated crash',
    exitCode: Number.parseInt(text('exit-code') ?? '1', 10),
    jobFails: ofJob ? count(text('job-fails')) : 0,
    runMs: duration('job-duration', duration('run-duration', ofJob ? JOB_RUN_MS : Infinity)),
    ofJob,
    logs: text('logs'),
    logEveryMs: duration('log-every', Infinity) || Infinity,
  };
}

/** `true` means for ever, a number that many times. */
function count(text) {
  if (text === 'true') return Infinity;
  return /^\d+$/.test(text ?? '') ? Number(text) : 0;
}

/** `300ms`, `3s`, `1m30s`; a bare number is seconds. Undefined when it is none of these. */
function parseDuration(text = '') {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * UNITS.s;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  return parts.reduce((total, [, amount, unit]) => total + Number(amount) * UNITS[unit], 0);
}
