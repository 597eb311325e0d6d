import { describe, expect, it } from 'vitest';
import { jobSelector, jobStatus, podOfJob } from './job-status.js';
import { logProperties } from './log-properties.js';

const job = (status: object, spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: {
    name: 'migrate-v001',
    namespace: 'web',
    uid: 'job-uid',
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { 'job.spinnaker.io/logs': 'https://logs/{{ jobName }}' },
  },
  spec,
  status,
});
const pod = (name: string, second: string, phase: string, states: object[] = []) => ({
  metadata: { name, creationTimestamp: `2026-01-01T00:00:${second}Z` },
  status: { phase, containerStatuses: states.map((state, i) => ({ name: `c${i}`, state })) },
});

describe('the status of a job', () => {
  it('runs until a condition says otherwise', () => {
    expect(jobStatus('prod', job({ active: 1 }), [])).toMatchObject({
      name: 'migrate-v001',
      account: 'prod',
      id: 'job-uid',
      location: 'web',
      provider: 'kubernetes',
      jobState: 'Running',
      createdTime: Date.parse('2026-01-01T00:00:00Z'),
      completedTime: null,
      logs: 'https://logs/{{ jobName }}',
      pods: [],
      mostRecentPodName: null,
    });
  });

  it('has succeeded with the exit code of its newest pod', () => {
    const status = {
      succeeded: 1,
      completionTime: '2026-01-01T00:01:00Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    };
    const pods = [
      pod('b', '20', 'Succeeded', [{ terminated: { exitCode: 0, reason: 'Completed' } }]),
      pod('a', '10', 'Failed'),
    ];
    expect(jobStatus('prod', job(status), pods)).toMatchObject({
      jobState: 'Succeeded',
      completedTime: Date.parse('2026-01-01T00:01:00Z'),
      mostRecentPodName: 'b',
      exitCode: 0,
      failureDetails: null,
      completionDetails: { exitCode: 0, reason: 'Completed', signal: null, message: null },
    });
  });

  const failed = {
    conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded', message: 'too often' }],
  };

  it('has failed because of the container that ended badly', () => {
    const ends = [
      { terminated: { exitCode: 0 } },
      { terminated: { exitCode: 3, reason: 'Error', message: 'no such table' } },
    ];
    const status = jobStatus('prod', job(failed), [pod('a', '10', 'Failed', ends)]);
    expect(status).toMatchObject({
      jobState: 'Failed',
      exitCode: 3,
      reason: 'Error',
      message: 'no such table',
    });
    expect(status.failureDetails).toBe('Pod a, container c1 ended with exit code 3 (Error: no such table)');
  });

  it('has failed because of a container that never started, or for what the job itself says', () => {
    const waiting = [{ waiting: { reason: 'ImagePullBackOff', message: 'not found' } }];
    expect(jobStatus('prod', job(failed), [pod('a', '10', 'Pending', waiting)]).failureDetails).toBe(
      'Pod a, container c0 is waiting: ImagePullBackOff not found',
    );
    expect(jobStatus('prod', job(failed), [])).toMatchObject({
      failureDetails: 'too often',
      reason: 'BackoffLimitExceeded',
    });
  });

  it('reads its log from a pod that succeeded, else from the newest', () => {
    const pods = [pod('a', '10', 'Failed'), pod('b', '20', 'Succeeded'), pod('c', '30', 'Failed')];
    expect(podOfJob(pods)).toMatchObject({ metadata: { name: 'b' } });
    expect(podOfJob([pods[0]!, pods[2]!])).toMatchObject({ metadata: { name: 'c' } });
  });

  it('finds its pods by its selector', () => {
    expect(jobSelector(job({}, { selector: { matchLabels: { 'controller-uid': 'u' } } }))).toBe(
      'controller-uid=u',
    );
    expect(jobSelector(job({}))).toBe('job-name=migrate-v001');
  });
});

describe('the properties in a log', () => {
  it.each([
    ['SPINNAKER_PROPERTY_Build_Id=12=3', { build_id: '12=3' }],
    ['2026-01-01 INFO SPINNAKER_PROPERTY_A=x ', { a: 'x' }],
    ['SPINNAKER_CONFIG_JSON={"a":{"b":[1]}}', { a: { b: [1] } }],
    ['SPINNAKER_PROPERTY_A=1\nSPINNAKER_CONFIG_JSON={"a":2}\nSPINNAKER_PROPERTY_B=', { a: 2, b: '' }],
    ['SPINNAKER_CONFIG_JSON={"a":', {}],
    ['echo SPINNAKER_CONFIG_JSON={"a":1}', {}],
    ['nothing here', {}],
  ])('of %j are %j', (log, properties) => {
    expect(logProperties(log)).toEqual(properties);
  });
});
