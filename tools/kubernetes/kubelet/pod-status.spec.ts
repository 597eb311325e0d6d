import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript, as all tools are
import { podStatusAt } from './pod-status.mjs';
// @ts-expect-error plain JavaScript, as all tools are
import { eventsBetween } from './pod-events.mjs';

const BOUND_AT = Date.parse('2026-01-01T00:00:00Z');

interface Container {
  ready: boolean;
  restartCount: number;
  state: Record<string, { reason?: string; exitCode?: number }>;
  lastState: Record<string, { exitCode?: number }>;
}
interface Report {
  status: {
    phase: string;
    conditions: { type: string; status: string; reason?: string; lastTransitionTime: string }[];
    containerStatuses: Container[];
  };
  nextAt: number;
}
interface PodOptions {
  annotations?: Record<string, string>;
  spec?: object;
  owner?: string;
  conditions?: object[];
}

function pod({ annotations = {}, spec, owner, conditions = [] }: PodOptions = {}) {
  return {
    metadata: {
      name: 'web',
      uid: '01234567-89ab-cdef-0123-456789abcdef',
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([name, value]) => [`playground.gennaker.io/${name}`, value]),
      ),
      ...(owner && { ownerReferences: [{ kind: owner, uid: 'owner' }] }),
    },
    spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
    status: { conditions },
  };
}

/** The report `after` ms from the binding. */
function reportOf(options: PodOptions, after: number, attempt = 0): Report {
  return podStatusAt({ pod: pod(options), boundAt: BOUND_AT, attempt }, BOUND_AT + after) as Report;
}

function summary({ status }: Report) {
  const [container] = status.containerStatuses;
  const [[state, detail] = ['', {}]] = Object.entries(container?.state ?? {});
  return [status.phase, state, detail.reason ?? detail.exitCode, container?.ready].filter(
    (part) => part !== undefined,
  );
}

describe('the life of a pod', () => {
  it('goes from creating over running to ready, and tells when it changes next', () => {
    const annotations = { 'start-delay': '2s', 'ready-delay': '500ms' };
    const creating = reportOf({ annotations }, 0);
    expect(summary(creating)).toEqual(['Pending', 'waiting', 'ContainerCreating', false]);
    expect(creating.nextAt).toBe(BOUND_AT + 2000);
    const running = reportOf({ annotations }, 2000);
    expect(summary(running)).toEqual(['Running', 'running', false]);
    expect(running.nextAt).toBe(BOUND_AT + 2500);
    const ready = reportOf({ annotations }, 2500);
    expect(summary(ready)).toEqual(['Running', 'running', true]);
    expect(ready.nextAt).toBe(Infinity);
  });

  it('ends in ImagePullBackOff when its image cannot be pulled', () => {
    const annotations = { 'image-pull-error': 'true', 'start-delay': '0s' };
    const first = reportOf({ annotations }, 0);
    expect(summary(first)).toEqual(['Pending', 'waiting', 'ErrImagePull', false]);
    expect(summary(reportOf({ annotations }, first.nextAt - BOUND_AT))).toEqual([
      'Pending',
      'waiting',
      'ImagePullBackOff',
      false,
    ]);
  });

  it('crashes and restarts with growing pauses, never ready', () => {
    const annotations = { 'crash-loop': 'true', 'start-delay': '0s', 'crash-after': '1s', 'exit-code': '7' };
    const pauses: number[] = [];
    let at = 0;
    for (let restarts = 0; restarts < 3; restarts++) {
      const running = reportOf({ annotations }, at);
      expect(summary(running)).toEqual(['Running', 'running', false]);
      expect(running.status.containerStatuses[0]?.restartCount).toBe(restarts);
      const backoff = reportOf({ annotations }, running.nextAt - BOUND_AT);
      expect(summary(backoff)).toEqual(['Running', 'waiting', 'CrashLoopBackOff', false]);
      expect(backoff.status.containerStatuses[0]?.lastState).toMatchObject({ terminated: { exitCode: 7 } });
      pauses.push(backoff.nextAt - running.nextAt);
      at = backoff.nextAt - BOUND_AT;
    }
    expect(pauses).toEqual([1000, 2000, 4000]);
  });

  it('stays up after as many crashes as were asked for', () => {
    const annotations = {
      'crash-loop': '1',
      'start-delay': '0s',
      'crash-after': '1s',
      'crash-backoff': '1s',
    };
    const recovered = reportOf({ annotations }, 60_000);
    expect(summary(recovered)).toEqual(['Running', 'running', true]);
    expect(recovered.status.containerStatuses[0]?.restartCount).toBe(1);
  });

  it.each([
    ['Never', '0', ['Succeeded', 'terminated', 'Completed', false]],
    ['Never', 'true', ['Failed', 'terminated', 'Error', false]],
    ['OnFailure', '0', ['Succeeded', 'terminated', 'Completed', false]],
    ['OnFailure', 'true', ['Running', 'waiting', 'CrashLoopBackOff', false]],
  ])('of a Job with restart policy %s and failures %s ends as it must', (restartPolicy, fails, expected) => {
    const annotations = { 'job-fails': fails, 'start-delay': '0s', 'job-duration': '1s' };
    expect(summary(reportOf({ annotations, spec: { restartPolicy }, owner: 'Job' }, 1000))).toEqual(expected);
  });

  it('of a Job succeeds once enough pods before it have failed', () => {
    const options = { annotations: { 'job-fails': '2' }, spec: { restartPolicy: 'Never' }, owner: 'Job' };
    const phases = [0, 1, 2].map((attempt) => reportOf(options, 60_000, attempt).status.phase);
    expect(phases).toEqual(['Failed', 'Failed', 'Succeeded']);
  });

  it('is not ready before its readiness gates are open', () => {
    const spec = { readinessGates: [{ conditionType: 'example.org/Open' }] };
    const ready = (conditions: object[]) =>
      reportOf({ spec, conditions }, 60_000).status.conditions.find(({ type }) => type === 'Ready');
    expect(ready([])).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' });
    expect(ready([{ type: 'example.org/Open', status: 'True' }])).toMatchObject({ status: 'True' });
  });

  it('keeps the time of a condition that does not change', () => {
    const lastTransitionTime = '2025-12-31T00:00:00Z';
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }];
    const ready = reportOf({ conditions }, 60_000).status.conditions.find(({ type }) => type === 'Ready');
    expect(ready?.lastTransitionTime).toBe(lastTransitionTime);
  });
});

describe('the events of a pod', () => {
  const told = (options: PodOptions, before: number | undefined, after: number) =>
    (
      eventsBetween(
        pod(options),
        before === undefined ? undefined : reportOf(options, before).status,
        reportOf(options, after).status,
      ) as { reason: string }[]
    ).map(({ reason }) => reason);

  it('tell of a start once', () => {
    expect(told({}, 0, 60_000)).toEqual(['Pulled', 'Created', 'Started']);
    expect(told({}, 60_000, 70_000)).toEqual([]);
  });

  it('warn of what fails', () => {
    expect(told({ annotations: { 'image-pull-error': 'true' } }, 0, 60_000)).toEqual(['BackOff', 'Failed']);
    const crashing = { annotations: { 'crash-loop': 'true', 'start-delay': '0s', 'crash-after': '1s' } };
    expect(told(crashing, 500, 1000)).toEqual(['BackOff']);
  });
});
