import { jsonEquals } from '@gennaker/kernel';
import { controllerReference, isControlledBy, keyOf, splitKey, timestamp } from '../model/objects.js';
import type { CronJob, Job } from '../model/workloads.js';
import type { StoreEvent } from '../store/store.js';
import { lastScheduledTime, nextScheduledTime } from '../validation/cron-schedule.js';
import { findCondition } from './conditions.js';
import type { Controller } from './engine.js';
import { JOBS } from './job-controller.js';
import { refusal, type World } from './world.js';

const CRON_JOBS = 'batch/cronjobs';

/** Starts Jobs by schedule and keeps their history short. */
export class CronJobController implements Controller {
  readonly name = 'CronJob controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === CRON_JOBS) return event.type === 'DELETED' ? [] : [keyOf(event.object)];
    if (event.resource !== JOBS) return [];
    const owner = event.object.metadata.ownerReferences?.find((reference) => reference.kind === 'CronJob');
    return owner ? [`${event.object.metadata.namespace}/${owner.name}`] : [];
  }

  initialKeys(): string[] {
    return this.world.store.list(CRON_JOBS).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const cron = this.world.store.get<CronJob>(CRON_JOBS, namespace, name);
    if (!cron || cron.metadata.deletionTimestamp !== undefined) return undefined;
    const jobs = this.jobs(cron);
    this.trim(cron, jobs);
    const now = this.world.now();
    const scheduled = cron.spec.suspend ? undefined : this.due(cron, now);
    const started = scheduled === undefined ? undefined : this.start(cron, jobs, scheduled);
    this.updateStatus(cron, started);
    return cron.spec.suspend
      ? undefined
      : nextScheduledTime(cron.spec.schedule, cron.spec.timeZone, now) - now;
  }

  private jobs(cron: CronJob): Job[] {
    return this.world.store
      .list<Job>(JOBS, cron.metadata.namespace)
      .filter((job) => isControlledBy(job, cron));
  }

  private due(cron: CronJob, now: number): number | undefined {
    const after = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp);
    const last = lastScheduledTime(cron.spec.schedule, cron.spec.timeZone, { after, until: now });
    const deadline = cron.spec.startingDeadlineSeconds;
    const isLate = last !== undefined && deadline !== undefined && last + deadline * 1_000 < now;
    return isLate ? undefined : last;
  }

  private start(cron: CronJob, jobs: Job[], scheduled: number): number | undefined {
    const active = jobs.filter((job) => !isOver(job));
    if (active.length > 0 && cron.spec.concurrencyPolicy === 'Forbid') return undefined;
    if (cron.spec.concurrencyPolicy === 'Replace') for (const job of active) this.world.delete(JOBS, job);
    const { metadata = {}, spec } = cron.spec.jobTemplate;
    try {
      const job = this.world.create<Job>(
        JOBS,
        cron.metadata.namespace,
        structuredClone({
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: {
            name: `${cron.metadata.name}-${Math.floor(scheduled / 60_000)}`,
            labels: metadata.labels,
            annotations: {
              ...metadata.annotations,
              'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(scheduled),
            },
            ownerReferences: [controllerReference(cron)],
          },
          spec,
        }),
      );
      this.world.events.record(
        cron,
        'Normal',
        'SuccessfulCreate',
        `Created job ${job.metadata.name}`,
        'cronjob-controller',
      );
    } catch (error) {
      const message = refusal(error);
      if (!message.includes('already exists')) {
        this.world.events.record(
          cron,
          'Warning',
          'FailedCreate',
          `Error creating job: ${message}`,
          'cronjob-controller',
        );
      }
    }
    return scheduled;
  }

  private trim(cron: CronJob, jobs: Job[]): void {
    const finished = (type: string): Job[] =>
      jobs
        .filter((job) => findCondition(job.status?.conditions, type)?.status === 'True')
        .sort((a, b) => Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp));
    for (const [type, limit] of [
      ['Complete', cron.spec.successfulJobsHistoryLimit ?? 3],
      ['Failed', cron.spec.failedJobsHistoryLimit ?? 1],
    ] as const) {
      const list = finished(type);
      for (const job of list.slice(0, Math.max(0, list.length - limit))) this.world.delete(JOBS, job);
    }
  }

  private updateStatus(cron: CronJob, started: number | undefined): void {
    const jobs = this.jobs(cron);
    const active = jobs
      .filter((job) => !isOver(job))
      .map(({ apiVersion, kind, metadata }) => ({
        apiVersion,
        kind,
        name: metadata.name,
        namespace: metadata.namespace ?? '',
        uid: metadata.uid,
      }));
    const successes = jobs.map((job) => job.status?.completionTime).filter((time) => time !== undefined);
    const last = [cron.status?.lastSuccessfulTime, ...successes]
      .filter((time) => time !== undefined)
      .sort()
      .at(-1);
    const lastScheduleTime = started === undefined ? cron.status?.lastScheduleTime : timestamp(started);
    const status = {
      ...(active.length > 0 ? { active } : {}),
      ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
      ...(last === undefined ? {} : { lastSuccessfulTime: last }),
    };
    if (!jsonEquals(status, cron.status)) this.world.setStatus(CRON_JOBS, cron, status);
  }
}

function isOver(job: Job): boolean {
  return ['Complete', 'Failed'].some(
    (type) => findCondition(job.status?.conditions, type)?.status === 'True',
  );
}
