import { jsonEquals } from '@gennaker/kernel';
import { keyOf, splitKey, timestamp, type Condition } from '../model/objects.js';
import { isPodReady, type Job, type JobStatus, type Pod } from '../model/workloads.js';
import type { StoreEvent } from '../store/store.js';
import { findCondition, setCondition } from './conditions.js';
import type { Controller } from './engine.js';
import { claim, ownerKeys, podFromTemplate } from './pods-of.js';
import { PODS } from './replica-set-controller.js';
import { refusal, type World } from './world.js';

export const JOBS = 'batch/jobs';
const INDEX = 'batch.kubernetes.io/job-completion-index';
const RETRY_MS = 1_000;
/** Failed pods are replaced after a growing pause; the simulation keeps it short. */
const FAILURE_BACKOFF_MS = 100;

interface Counted {
  active: Pod[];
  succeeded: Pod[];
  failed: Pod[];
}

/** Runs Jobs to completion: parallelism, completions, back-off limit, deadline, suspension, clean-up. */
export class JobController implements Controller {
  readonly name = 'Job controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === JOBS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    return event.resource === PODS ? ownerKeys(this.world, 'Job', JOBS, event.object) : [];
  }

  initialKeys(): string[] {
    return this.world.store.list(JOBS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const job = this.world.store.get<Job>(JOBS, namespace, name);
    if (!job || job.metadata.deletionTimestamp !== undefined) return undefined;
    const done = endOf(job);
    if (done) return this.removeLater(job, done);
    const pods = this.count(job);
    const failure = this.failure(job, pods);
    if (failure) return this.end(job, pods, failure);
    const wished = job.spec.completions ?? undefined;
    const isComplete =
      wished === undefined
        ? pods.succeeded.length > 0 && pods.active.length === 0
        : pods.succeeded.length >= wished;
    if (isComplete && !job.spec.suspend) {
      return this.end(job, pods, {
        type: 'Complete',
        reason: 'CompletionsReached',
        message: 'Reached expected number of succeeded pods',
      });
    }
    const wait = this.manage(job, pods);
    this.updateStatus(job, this.count(job), undefined);
    return smallest(wait, this.untilDeadline(job));
  }

  private count(job: Job): Counted {
    const pods = claim<Pod>(this.world, job, PODS, job.spec.selector);
    return {
      active: pods.filter((pod) => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined),
      succeeded: pods.filter((pod) => pod.status?.phase === 'Succeeded'),
      failed: pods.filter((pod) => pod.status?.phase === 'Failed'),
    };
  }

  private failure(job: Job, pods: Counted): Omit<Condition, 'status'> | undefined {
    const restarts = pods.active.reduce(
      (sum, pod) =>
        sum + (pod.status?.containerStatuses ?? []).reduce((count, status) => count + status.restartCount, 0),
      0,
    );
    const limit = job.spec.backoffLimit ?? 6;
    const failures = job.spec.template.spec.restartPolicy === 'OnFailure' ? restarts : pods.failed.length;
    if (failures > limit) {
      return {
        type: 'Failed',
        reason: 'BackoffLimitExceeded',
        message: 'Job has reached the specified backoff limit',
      };
    }
    if (this.untilDeadline(job) === 0) {
      return {
        type: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Job was active longer than specified deadline',
      };
    }
    return undefined;
  }

  private untilDeadline(job: Job): number | undefined {
    const { activeDeadlineSeconds: seconds, suspend } = job.spec;
    if (seconds === undefined || suspend || !job.status?.startTime) return undefined;
    return Math.max(0, Date.parse(job.status.startTime) + seconds * 1_000 - this.world.now());
  }

  private manage(job: Job, pods: Counted): number | undefined {
    if (job.spec.suspend) {
      for (const pod of pods.active) this.world.delete(PODS, pod);
      return undefined;
    }
    const parallelism = job.spec.parallelism ?? 1;
    const remaining =
      job.spec.completions === undefined ? parallelism : job.spec.completions - pods.succeeded.length;
    const finished = job.spec.completions === undefined && pods.succeeded.length > 0;
    const wished = finished ? pods.active.length : Math.min(parallelism, Math.max(0, remaining));
    for (const pod of pods.active.slice(wished)) this.world.delete(PODS, pod);
    const pause = this.pauseAfterFailure(pods);
    if (wished > pods.active.length && pause > 0) return pause;
    for (let index = pods.active.length; index < wished; index++) {
      try {
        this.createPod(job);
      } catch (error) {
        const message = `Error creating: ${refusal(error)}`;
        this.world.events.record(job, 'Warning', 'FailedCreate', message, 'job-controller');
        return RETRY_MS;
      }
    }
    return undefined;
  }

  private pauseAfterFailure(pods: Counted): number {
    if (pods.failed.length === 0) return 0;
    const newest = Math.max(...pods.failed.map((pod) => finishedAt(pod)));
    return Math.max(0, newest + FAILURE_BACKOFF_MS - this.world.now());
  }

  private createPod(job: Job): void {
    const isIndexed = job.spec.completionMode === 'Indexed';
    const index = isIndexed ? String(this.nextIndex(job)) : undefined;
    const pod = this.world.create<Pod>(
      PODS,
      job.metadata.namespace,
      podFromTemplate(job, job.spec.template, {
        generateName: index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`,
        ...(index === undefined ? {} : { labels: { [INDEX]: index }, annotations: { [INDEX]: index } }),
      }),
    );
    this.world.events.record(
      job,
      'Normal',
      'SuccessfulCreate',
      `Created pod: ${pod.metadata.name}`,
      'job-controller',
    );
  }

  private nextIndex(job: Job): number {
    const { active, succeeded } = this.count(job);
    const taken = new Set([...active, ...succeeded].map((pod) => Number(pod.metadata.annotations?.[INDEX])));
    let index = 0;
    while (taken.has(index)) index++;
    return index;
  }

  private end(job: Job, pods: Counted, condition: Omit<Condition, 'status'>): undefined {
    for (const pod of pods.active) this.world.delete(PODS, pod);
    // Pods that the end of the Job takes down count as failed.
    const killed = condition.type === 'Failed' ? pods.active : [];
    const counted = { ...pods, active: [], failed: [...pods.failed, ...killed] };
    this.updateStatus(job, counted, { ...condition, status: 'True' });
    const isComplete = condition.type === 'Complete';
    this.world.events.record(
      job,
      isComplete ? 'Normal' : 'Warning',
      isComplete ? 'Completed' : (condition.reason ?? 'Failed'),
      isComplete ? 'Job completed' : (condition.message ?? ''),
      'job-controller',
    );
    return undefined;
  }

  private updateStatus(job: Job, pods: Counted, ending: Condition | undefined): void {
    const now = this.world.now();
    const known = job.status?.conditions ?? [];
    const conditions = ending ? setCondition(known, ending, now) : suspension(job, known, now);
    const startTime = job.spec.suspend ? undefined : (job.status?.startTime ?? timestamp(now));
    const status: JobStatus = {
      ...(conditions.length > 0 ? { conditions: [...conditions] } : {}),
      ...(startTime === undefined ? {} : { startTime }),
      ...(ending?.type === 'Complete' ? { completionTime: timestamp(now) } : {}),
      ...countsOf(pods, job.status),
      ready: pods.active.filter(isPodReady).length,
      ...(job.spec.completionMode === 'Indexed'
        ? { completedIndexes: completedIndexes(pods.succeeded) }
        : {}),
    };
    if (!jsonEquals(status, job.status)) this.world.setStatus(JOBS, job, status);
  }

  private removeLater(job: Job, endedAt: number): number | undefined {
    const ttl = job.spec.ttlSecondsAfterFinished;
    if (ttl === undefined) return undefined;
    const wait = endedAt + ttl * 1_000 - this.world.now();
    if (wait > 0) return wait;
    this.world.delete(JOBS, job);
    return undefined;
  }
}

/** Counts never go back: pods that are cleaned up stay counted. Zeros are left out. */
function countsOf(pods: Counted, before: JobStatus | undefined): Partial<JobStatus> {
  const counts = {
    active: pods.active.length,
    succeeded: Math.max(pods.succeeded.length, before?.succeeded ?? 0),
    failed: Math.max(pods.failed.length, before?.failed ?? 0),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function finishedAt(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map((status) =>
    Date.parse(status.state.terminated?.finishedAt ?? ''),
  );
  return Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
}

/** When a Job ended, in milliseconds since the epoch; undefined while it has not. */
function endOf(job: Job): number | undefined {
  const condition =
    findCondition(job.status?.conditions, 'Complete') ?? findCondition(job.status?.conditions, 'Failed');
  return condition?.status === 'True' ? Date.parse(condition.lastTransitionTime ?? '') : undefined;
}

function suspension(job: Job, conditions: readonly Condition[], now: number): readonly Condition[] {
  const known = findCondition(conditions, 'Suspended');
  if (job.spec.suspend) {
    return setCondition(
      conditions,
      { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' },
      now,
    );
  }
  if (known?.status !== 'True') return conditions;
  return setCondition(
    conditions,
    { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' },
    now,
  );
}

function completedIndexes(pods: Pod[]): string {
  const indexes = pods.map((pod) => Number(pod.metadata.annotations?.[INDEX])).sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last && index === last[1] + 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}

function smallest(...values: (number | undefined)[]): number | undefined {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}
