import { isObject, type JsonObject } from '@gennaker/kernel';
import {
  ANNOTATIONS,
  annotationsOf,
  creationTimestampOf,
  labelsOf,
  listAt,
  nameOf,
  namespaceOf,
  numberAt,
  objectAt,
  specOf,
  statusOf,
  textAt,
} from '@gennaker/manifest';
import { kubernetesMoniker } from '@gennaker/moniker';

export type JobState = 'Running' | 'Failed' | 'Succeeded';

export interface CompletionDetails {
  exitCode: number | null;
  signal: number | null;
  message: string | null;
  reason: string | null;
}

/** A Job as orca waits for it. */
export interface JobStatus {
  name: string;
  cluster: string | null;
  account: string;
  id: string;
  location: string;
  provider: 'kubernetes';
  jobState: JobState;
  createdTime: number | null;
  completedTime: number | null;
  message: string | null;
  reason: string | null;
  exitCode: number | null;
  signal: number | null;
  /** Why it failed, in words. */
  failureDetails: string | null;
  /** A template of the URL of its logs, from its annotation. */
  logs: string | null;
  pods: { name: string; status: JsonObject }[];
  mostRecentPodName: string | null;
  completionDetails: CompletionDetails;
}

export function jobStatus(account: string, job: JsonObject, pods: readonly JsonObject[]): JobStatus {
  const sorted = [...pods].sort((a, b) => (creationTimestampOf(a) < creationTimestampOf(b) ? -1 : 1));
  const recent = sorted.at(-1);
  const jobState = stateOf(job);
  const details = completionOf(recent);
  const condition = conditionOf(job, 'Failed');
  return {
    name: nameOf(job),
    cluster: kubernetesMoniker(job).cluster,
    account,
    id: textAt(objectAt(job, 'metadata') ?? {}, 'uid'),
    location: namespaceOf(job),
    provider: 'kubernetes',
    jobState,
    createdTime: time(creationTimestampOf(job)),
    completedTime: time(textAt(statusOf(job) ?? {}, 'completionTime')),
    message: details.message ?? (textAt(condition ?? {}, 'message') || null),
    reason: details.reason ?? (textAt(condition ?? {}, 'reason') || null),
    exitCode: details.exitCode,
    signal: details.signal,
    failureDetails: jobState === 'Failed' ? failureOf(condition, sorted) : null,
    logs: annotationsOf(job)[ANNOTATIONS.jobLogs] ?? null,
    pods: sorted.map((pod) => ({ name: nameOf(pod), status: statusOf(pod) ?? {} })),
    mostRecentPodName: recent === undefined ? null : nameOf(recent),
    completionDetails: details,
  };
}

/** A Job without the number of completions it wants runs until a condition says otherwise. */
function stateOf(job: JsonObject): JobState {
  if (conditionOf(job, 'Failed') !== undefined) return 'Failed';
  if (conditionOf(job, 'Complete') !== undefined) return 'Succeeded';
  const status = statusOf(job);
  const wanted = numberAt(specOf(job), 'completions') ?? 1;
  return status?.['completionTime'] != null && (numberAt(status, 'succeeded') ?? 0) >= wanted
    ? 'Succeeded'
    : 'Running';
}

function conditionOf(job: JsonObject, type: string): JsonObject | undefined {
  return listAt(statusOf(job), 'conditions').find((c) => c['type'] === type && c['status'] === 'True');
}

/** The first container that ended badly in the newest pod, else one that waits, else what the Job itself says. */
function failureOf(condition: JsonObject | undefined, pods: readonly JsonObject[]): string {
  for (const pod of pods.toReversed()) {
    const states = containerStates(pod);
    const terminated = states.find(
      ({ state }) => (numberAt(objectAt(state, 'terminated'), 'exitCode') ?? 0) !== 0,
    );
    const waiting = states.find(({ state }) => isObject(state['waiting']));
    if (terminated !== undefined) {
      const end = objectAt(terminated.state, 'terminated') ?? {};
      const why = [textAt(end, 'reason'), textAt(end, 'message')].filter((text) => text !== '').join(': ');
      return `Pod ${nameOf(pod)}, container ${terminated.name} ended with exit code ${String(end['exitCode'])}${why && ` (${why})`}`;
    }
    if (waiting !== undefined) {
      const wait = objectAt(waiting.state, 'waiting') ?? {};
      return `Pod ${nameOf(pod)}, container ${waiting.name} is waiting: ${textAt(wait, 'reason')} ${textAt(wait, 'message')}`.trim();
    }
  }
  return textAt(condition ?? {}, 'message') || 'The job has failed';
}

function containerStates(pod: JsonObject): { name: string; state: JsonObject }[] {
  const status = statusOf(pod);
  return [...listAt(status, 'initContainerStatuses'), ...listAt(status, 'containerStatuses')].map(
    (container) => ({
      name: textAt(container, 'name'),
      state: objectAt(container, 'state') ?? {},
    }),
  );
}

function completionOf(pod: JsonObject | undefined): CompletionDetails {
  const ends = (pod === undefined ? [] : containerStates(pod)).flatMap(({ state }): JsonObject[] => {
    const end = objectAt(state, 'terminated');
    return end === undefined ? [] : [end];
  });
  // A container that failed tells more than one that went well.
  const end = ends.find((e) => (numberAt(e, 'exitCode') ?? 0) !== 0) ?? ends.at(-1);
  return {
    exitCode: numberAt(end, 'exitCode') ?? null,
    signal: numberAt(end, 'signal') ?? null,
    message: textAt(end ?? {}, 'message') || null,
    reason: textAt(end ?? {}, 'reason') || null,
  };
}

function time(text: string): number | null {
  const value = Date.parse(text);
  return Number.isNaN(value) ? null : value;
}

/** The pod whose log speaks for the Job: one that succeeded, else the newest. */
export function podOfJob(pods: readonly JsonObject[]): JsonObject | undefined {
  const sorted = [...pods].sort((a, b) => (creationTimestampOf(a) < creationTimestampOf(b) ? 1 : -1));
  return sorted.find((pod) => textAt(statusOf(pod) ?? {}, 'phase') === 'Succeeded') ?? sorted[0];
}

export function jobSelector(job: JsonObject): string {
  const match =
    objectAt(objectAt(specOf(job), 'selector'), 'matchLabels') ??
    labelsOf({ metadata: { labels: { 'job-name': nameOf(job) } } });
  return Object.entries(match)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
}
