import { type JsonObject } from '@gennaker/kernel';
import { isKind } from '../kind.js';
import {
  annotationsOf,
  labelsOf,
  listAt,
  type Manifest,
  metadataOf,
  nameOf,
  numberAt,
  objectAt,
  specOf,
  statusOf,
  textAt,
  uidOf,
} from '../manifest.js';
import { ANNOTATIONS } from '../annotations.js';

/** Why a pod does not come up. */
export interface PodTrouble {
  pod: string;
  container: string | null;
  reason: string;
  message: string;
  /** The container ran and ended: its log says more. `previous` tells which run's. */
  log: { container: string; previous: boolean } | null;
}

/** Container states that do not pass by waiting a moment. */
const WAITING_REASONS = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RegistryUnavailable',
  'RunContainerError',
]);

/** What keeps a pod from running, the most telling first; empty for a healthy one. */
export function podTroubles(pod: Manifest): PodTrouble[] {
  const status = statusOf(pod);
  const name = nameOf(pod);
  const troubles: PodTrouble[] = [];
  const scheduled = listAt(status, 'conditions').find(({ type }) => type === 'PodScheduled');
  if (scheduled?.['status'] === 'False') {
    const reason = textAt(scheduled, 'reason') || 'Unschedulable';
    troubles.push({ pod: name, container: null, reason, message: textAt(scheduled, 'message'), log: null });
  }
  for (const container of [
    ...listAt(status, 'initContainerStatuses'),
    ...listAt(status, 'containerStatuses'),
  ]) {
    const trouble = containerTrouble(name, container);
    if (trouble) troubles.push(trouble);
  }
  if (status?.['phase'] === 'Failed' && troubles.length === 0) {
    const reason = textAt(status, 'reason') || 'Failed';
    troubles.push({ pod: name, container: null, reason, message: textAt(status, 'message'), log: null });
  }
  return troubles;
}

function containerTrouble(pod: string, container: JsonObject): PodTrouble | undefined {
  const name = textAt(container, 'name');
  const waiting = objectAt(objectAt(container, 'state'), 'waiting');
  const ended = objectAt(objectAt(container, 'state'), 'terminated');
  const last = objectAt(objectAt(container, 'lastState'), 'terminated');
  const reason = waiting ? textAt(waiting, 'reason') : '';
  if (waiting && WAITING_REASONS.has(reason)) {
    const crashed = reason === 'CrashLoopBackOff';
    const message = crashed && last ? endingOf(last) : textAt(waiting, 'message');
    return {
      pod,
      container: name,
      reason,
      message,
      log: crashed ? { container: name, previous: true } : null,
    };
  }
  if (ended && (numberAt(ended, 'exitCode') ?? 0) !== 0) {
    const log = { container: name, previous: false };
    return {
      pod,
      container: name,
      reason: textAt(ended, 'reason') || 'Error',
      message: endingOf(ended),
      log,
    };
  }
  return undefined;
}

function endingOf(terminated: JsonObject): string {
  const signal = numberAt(terminated, 'signal');
  const ending = signal
    ? `killed by signal ${signal}`
    : `exit code ${numberAt(terminated, 'exitCode') ?? 'unknown'}`;
  const message = textAt(terminated, 'message');
  const reason = textAt(terminated, 'reason');
  const named =
    reason !== '' && reason !== 'Error' && reason !== 'Completed' ? `${reason}, ${ending}` : ending;
  return message === '' ? named : `${named}: ${message}`;
}

/** Why the cluster refuses to make pods at all, such as a quota; from the workload's own conditions. */
export function creationTrouble(workload: Manifest): string | undefined {
  const failure = listAt(statusOf(workload), 'conditions').find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  return failure && (textAt(failure, 'message') || textAt(failure, 'reason'));
}

/** The words of a trouble, for people. `logLines` are the last lines of the container's log. */
export function describeTrouble(trouble: PodTrouble, logLines: readonly string[] = []): string {
  const where =
    trouble.container === null
      ? `pod ${trouble.pod}`
      : `container ${trouble.container} of pod ${trouble.pod}`;
  const message = trouble.message === '' ? '' : `: ${trouble.message}`;
  const log = logLines.length === 0 ? '' : `; its log ends with:\n${logLines.join('\n')}`;
  return `${where}: ${trouble.reason}${message}${log}`;
}

/** The labels that a workload's pods carry, or undefined for an object that makes no pods. */
export function podSelectorOf(workload: Manifest): string | undefined {
  const selector = objectAt(specOf(workload), 'selector');
  const labels = objectAt(selector, 'matchLabels') ?? {};
  const requirements = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  for (const { key, operator, values } of listAt(selector, 'matchExpressions')) {
    const list = Array.isArray(values) ? values.join(',') : '';
    if (operator === 'In') requirements.push(`${String(key)} in (${list})`);
    if (operator === 'NotIn') requirements.push(`${String(key)} notin (${list})`);
    if (operator === 'Exists') requirements.push(String(key));
    if (operator === 'DoesNotExist') requirements.push(`!${String(key)}`);
  }
  return requirements.length === 0 ? undefined : requirements.join(',');
}

/**
 * The pods of a workload's present revision: those of older ones are on their way out, and their troubles with them.
 * `replicaSets` are those of a Deployment.
 */
export function currentPods(
  workload: Manifest,
  pods: readonly Manifest[],
  replicaSets: readonly Manifest[],
): Manifest[] {
  if (isKind(workload, 'pod')) return pods.filter((pod) => uidOf(pod) === uidOf(workload));
  if (isKind(workload, 'deployment')) {
    const revision = annotationsOf(workload)[ANNOTATIONS.revision];
    const current = replicaSets.find(
      (set) => isOwnedBy(set, workload) && annotationsOf(set)[ANNOTATIONS.revision] === revision,
    );
    return current ? pods.filter((pod) => isOwnedBy(pod, current)) : [];
  }
  const owned = pods.filter((pod) => isOwnedBy(pod, workload));
  if (!isKind(workload, 'statefulSet')) return owned;
  const updated = textAt(statusOf(workload) ?? {}, 'updateRevision');
  return owned.filter((pod) => updated === '' || labelsOf(pod)['controller-revision-hash'] === updated);
}

export function isOwnedBy(object: Manifest, owner: Manifest): boolean {
  return listAt(metadataOf(object), 'ownerReferences').some(({ uid }) => uid === uidOf(owner));
}
