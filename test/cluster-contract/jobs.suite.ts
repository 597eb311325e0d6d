import { describe, expect, it } from 'vitest';
import { at, eventually, ownNamespace, ResourceClient, servedVersion } from './cluster.js';
import { behaviour, job, podTemplate } from './workloads.js';

const namespace = ownNamespace();
const jobs = new ResourceClient('batch/v1', 'jobs', namespace);
const pods = new ResourceClient('v1', 'pods', namespace);

/** The Job controller waits 10 s, then 20 s, after an update that met another one. */
const PATIENCE_MS = 90_000;

const podsOf = async (name: string) => (await pods.list({ labelSelector: `job-name=${name}` })).items;
const failed = (reason: string) => ({
  status: {
    conditions: expect.arrayContaining([expect.objectContaining({ type: 'Failed', status: 'True', reason })]),
  },
});
const complete = {
  status: {
    conditions: expect.arrayContaining([expect.objectContaining({ type: 'Complete', status: 'True' })]),
  },
};

describe.concurrent('a Job', { timeout: PATIENCE_MS + 30_000 }, () => {
  it('runs its pod and is complete when that has succeeded', async () => {
    const made = await jobs.create(job('simple'));
    await eventually(() => jobs.get('simple'), PATIENCE_MS).toMatchObject(complete);
    const { status } = await jobs.get('simple');
    expect(status).toMatchObject({
      succeeded: 1,
      startTime: expect.any(String),
      completionTime: expect.any(String),
    });
    expect(await podsOf('simple')).toMatchObject([
      {
        metadata: {
          labels: { 'job-name': 'simple', 'controller-uid': made.metadata.uid },
          ownerReferences: [{ kind: 'Job', name: 'simple', controller: true }],
        },
        status: {
          phase: 'Succeeded',
          containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }],
        },
      },
    ]);
  });

  it('is active while its pod runs', async () => {
    await jobs.create(job('active', { annotations: behaviour.runs(3600) }));
    await eventually(() => jobs.get('active')).toMatchObject({ status: { active: 1 } });
    expect(at(await jobs.get('active'), 'status.conditions') ?? []).toEqual([]);
  });

  it('runs as many pods as it wants completions, and no more than parallelism at a time', async () => {
    await using watch = await jobs.watch({ fieldSelector: 'metadata.name=several' });
    await jobs.create(job('several', { spec: { completions: 4, parallelism: 2 } }));
    await eventually(() => jobs.get('several'), PATIENCE_MS).toMatchObject(complete);
    expect(await jobs.get('several')).toMatchObject({ status: { succeeded: 4 } });
    const active = watch.events.map(({ object }) => (at(object, 'status.active') ?? 0) as number);
    expect(Math.max(...active)).toBe(2);
  });

  it('fails when its pods failed more often than backoffLimit', async () => {
    await jobs.create(
      job('failing', { annotations: behaviour.jobFails('true', 3), spec: { backoffLimit: 0 } }),
    );
    await eventually(() => jobs.get('failing'), PATIENCE_MS).toMatchObject(failed('BackoffLimitExceeded'));
    expect(await jobs.get('failing')).toMatchObject({
      status: {
        failed: 1,
        conditions: expect.arrayContaining([
          expect.objectContaining({
            type: 'Failed',
            message: 'Job has reached the specified backoff limit',
          }),
        ]),
      },
    });
    expect(at(await jobs.get('failing'), 'status.succeeded') ?? 0).toBe(0);
    expect(await podsOf('failing')).toMatchObject([
      {
        status: {
          phase: 'Failed',
          containerStatuses: [{ state: { terminated: { exitCode: 3, reason: 'Error' } } }],
        },
      },
    ]);
  });

  it('tries again with a new pod until backoffLimit', async () => {
    await jobs.create(job('trying', { annotations: behaviour.jobFails('true'), spec: { backoffLimit: 1 } }));
    await eventually(() => jobs.get('trying'), PATIENCE_MS).toMatchObject(failed('BackoffLimitExceeded'));
    expect(await podsOf('trying')).toHaveLength(2);
  });

  it('is complete when a later pod succeeds', async () => {
    await jobs.create(job('second-try', { annotations: behaviour.jobFails(1), spec: { backoffLimit: 3 } }));
    await eventually(() => jobs.get('second-try'), PATIENCE_MS).toMatchObject(complete);
    expect(await jobs.get('second-try')).toMatchObject({ status: { succeeded: 1, failed: 1 } });
  });

  it('restarts the container in its pod under OnFailure', async () => {
    await jobs.create(
      job('restarting', {
        annotations: behaviour.jobFails('true'),
        podSpec: { restartPolicy: 'OnFailure' },
        spec: { backoffLimit: 4 },
      }),
    );
    await eventually(() => podsOf('restarting')).toSatisfy(
      ([pod]) => ((at(pod, 'status.containerStatuses.0.restartCount') ?? 0) as number) > 0,
    );
  });

  it('fails at its deadline, and its pods are stopped', async () => {
    await jobs.create(job('late', { annotations: behaviour.runs(3600), spec: { activeDeadlineSeconds: 1 } }));
    // A controller of this version that looks a moment too early does not look again before something happens.
    let second = 0;
    const nudged = () => {
      const now = Math.floor(Date.now() / 1_000);
      if (now === second) return jobs.get('late');
      second = now;
      return jobs.patch('late', { metadata: { annotations: { nudged: String(now) } } });
    };
    await eventually(nudged, PATIENCE_MS).toMatchObject(failed('DeadlineExceeded'));
    await eventually(async () =>
      (await podsOf('late')).filter((pod) => at(pod, 'status.phase') === 'Running'),
    ).toEqual([]);
  });

  it('takes its pods along when it is deleted in the background', async () => {
    await jobs.create(job('cascading'));
    await eventually(() => podsOf('cascading')).toHaveLength(1);
    await jobs.remove('cascading', { propagationPolicy: 'Background' });
    await eventually(() => podsOf('cascading')).toHaveLength(0);
  });

  it('may not restart its pods always', async () => {
    await expect(jobs.create(job('always', { podSpec: { restartPolicy: 'Always' } }))).rejects.toMatchObject({
      status: 422,
      body: {
        details: { causes: [expect.objectContaining({ field: 'spec.template.spec.restartPolicy' })] },
      },
    });
  });

  it('starts no pod while suspended', async ({ skip }) => {
    const made = await jobs.create(job('suspended', { spec: { suspend: true } }));
    skip(at(made, 'spec.suspend') === undefined, 'this version has no suspend');
    await eventually(() => jobs.get('suspended')).toMatchObject({
      status: { conditions: [expect.objectContaining({ type: 'Suspended', status: 'True' })] },
    });
    expect(await podsOf('suspended')).toEqual([]);
    await jobs.patch('suspended', { spec: { suspend: false } });
    await eventually(() => jobs.get('suspended'), PATIENCE_MS).toMatchObject(complete);
  });
});

describe('a CronJob', () => {
  const cronJob = (name: string, schedule: string) => ({
    metadata: { name },
    spec: { schedule, jobTemplate: { spec: { template: withPolicy(podTemplate(name)) } } },
  });
  const withPolicy = (template: ReturnType<typeof podTemplate>) => ({
    ...template,
    spec: { ...template.spec, restartPolicy: 'Never' },
  });

  it('is kept with its defaults in the version that the server has', async () => {
    const version = await servedVersion(['batch/v1', 'batch/v1beta1'], 'cronjobs');
    const cronJobs = new ResourceClient(version ?? 'batch/v1', 'cronjobs', namespace);
    const made = await cronJobs.create(cronJob('nightly', '0 3 * * *'));
    expect(made.spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    await expect(cronJobs.create(cronJob('never', 'at dawn'))).rejects.toMatchObject({
      status: 422,
      body: { details: { causes: [expect.objectContaining({ field: 'spec.schedule' })] } },
    });
  });
});
