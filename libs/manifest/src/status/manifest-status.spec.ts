import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Manifest } from '../manifest.js';
import { manifestStatus } from './manifest-status.js';
import { type ManifestStatus } from './status.js';

type Aspect = keyof ManifestStatus;

interface Case {
  id: string;
  manifest: Manifest;
  expected: Record<Aspect, boolean> & { messages?: Partial<Record<Aspect, string>> };
}

const cases = JSON.parse(
  readFileSync(new URL('../__fixtures__/status-cases.json', import.meta.url), 'utf8'),
) as Case[];

describe('the status of', () => {
  it.each(cases)('$id', ({ manifest, expected }) => {
    const status = manifestStatus(manifest);
    for (const aspect of ['stable', 'paused', 'available', 'failed'] as const) {
      expect(status[aspect].state, aspect).toBe(expected[aspect]);
      const message = expected.messages?.[aspect];
      if (message !== undefined) expect(status[aspect].message).toBe(message);
    }
  });

  it.each([
    [
      'a Job that failed for good',
      'batch/v1',
      'Job',
      { conditions: [{ type: 'Failed', status: 'True', message: 'x' }] },
    ],
    ['a Job with nothing to do', 'batch/v1', 'Job', { succeeded: 1 }],
    ['a CronJob that never ran', 'batch/v1', 'CronJob', {}],
    ['a custom resource of a native kind’s name', 'serving.knative.dev/v1', 'Deployment', {}],
  ])('%s is stable', (_what, apiVersion, kind, status) => {
    expect(manifestStatus({ apiVersion, kind, metadata: { name: 'x' }, status }).stable.state).toBe(true);
  });

  it('a Deployment past its deadline is failed, and still says what it waits for', () => {
    const status = manifestStatus({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', generation: 1 },
      spec: { replicas: 2 },
      status: {
        observedGeneration: 1,
        updatedReplicas: 1,
        conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
      },
    });
    expect(status.failed).toEqual({ state: true, message: 'Deployment exceeded its progress deadline' });
    expect(status.stable).toEqual({ state: false, message: 'Waiting for all replicas to be updated' });
  });
});
