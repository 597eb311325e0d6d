import { type JsonObject } from '@gennaker/kernel';
import { describe, expect, it } from 'vitest';
import { type Manifest } from '../manifest.js';
import { currentPods, describeTrouble, podSelectorOf, podTroubles } from './pod-trouble.js';
import { stabilityOf } from './stability.js';

const object = (apiVersion: string, kind: string, status?: JsonObject, spec: JsonObject = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: 'x', generation: 2 },
  spec,
  ...(status ? { status } : {}),
});
const condition = (type: string, status: string, more: JsonObject = {}): JsonObject => ({
  type,
  status,
  ...more,
});
const conditions = (...list: JsonObject[]): JsonObject => ({ conditions: list });

const CUSTOM = ['cert-manager.io/v1', 'Certificate'] as const;
const KNATIVE = ['serving.knative.dev/v1', 'Service'] as const;
const ROLLOUT = ['argoproj.io/v1alpha1', 'Rollout'] as const;
const GATEWAY = ['gateway.networking.k8s.io/v1', 'Gateway'] as const;
const ROUTE = ['gateway.networking.k8s.io/v1', 'HTTPRoute'] as const;
const ISTIO = ['networking.istio.io/v1', 'VirtualService'] as const;
const CRD = ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'] as const;

describe('the stability of', () => {
  it.each<[string, readonly [string, string], JsonObject | undefined, string, string?]>([
    ['a custom resource without status', CUSTOM, undefined, 'stable'],
    ['one that is ready', CUSTOM, conditions(condition('Ready', 'True')), 'stable'],
    [
      'one that is not',
      CUSTOM,
      conditions(condition('Ready', 'False', { message: 'issuing' })),
      'waiting',
      'issuing',
    ],
    ['one that nobody knows of', CUSTOM, conditions(condition('Ready', 'Unknown')), 'waiting'],
    [
      'one being reconciled',
      CUSTOM,
      conditions(condition('Reconciling', 'True', { reason: 'Busy' }), condition('Ready', 'True')),
      'waiting',
      'Busy',
    ],
    [
      'one that is stuck',
      CUSTOM,
      conditions(condition('Stalled', 'True', { message: 'no quota' })),
      'failed',
      'no quota',
    ],
    [
      'one whose controller lags',
      CUSTOM,
      { observedGeneration: 1, ...conditions(condition('Ready', 'True')) },
      'waiting',
    ],
    ['a Knative service without status', KNATIVE, undefined, 'waiting'],
    [
      'a ready Knative service',
      KNATIVE,
      { observedGeneration: 2, ...conditions(condition('Ready', 'True')) },
      'stable',
    ],
    [
      'a Knative service on its way',
      KNATIVE,
      conditions(condition('Ready', 'Unknown', { message: 'deploying' })),
      'waiting',
      'deploying',
    ],
    [
      'a failed Knative revision',
      ['serving.knative.dev/v1', 'Revision'],
      conditions(condition('Ready', 'False', { message: 'image' })),
      'failed',
      'image',
    ],
    ['a healthy Rollout', ROLLOUT, { phase: 'Healthy', observedGeneration: '2' }, 'stable'],
    ['a Rollout of an older generation', ROLLOUT, { phase: 'Healthy', observedGeneration: '1' }, 'waiting'],
    ['a degraded Rollout', ROLLOUT, { phase: 'Degraded', message: 'aborted' }, 'failed', 'aborted'],
    ['a paused Rollout', ROLLOUT, { phase: 'Paused' }, 'paused'],
    ['a progressing Rollout', ROLLOUT, { phase: 'Progressing' }, 'waiting'],
    [
      'a programmed Gateway',
      GATEWAY,
      conditions(condition('Accepted', 'True'), condition('Programmed', 'True')),
      'stable',
    ],
    [
      'a Gateway that was seen before its change',
      GATEWAY,
      conditions(condition('Accepted', 'True', { observedGeneration: 1 }), condition('Programmed', 'True')),
      'waiting',
    ],
    [
      'a pending Gateway',
      GATEWAY,
      conditions(condition('Accepted', 'True'), condition('Programmed', 'False', { reason: 'Pending' })),
      'waiting',
    ],
    [
      'a refused Gateway',
      GATEWAY,
      conditions(condition('Accepted', 'False', { message: 'bad listener' })),
      'failed',
      'bad listener',
    ],
    [
      'an accepted route',
      ROUTE,
      { parents: [conditions(condition('Accepted', 'True'), condition('ResolvedRefs', 'True'))] },
      'stable',
    ],
    [
      'a route to nowhere',
      ROUTE,
      {
        parents: [
          conditions(
            condition('Accepted', 'True'),
            condition('ResolvedRefs', 'False', { message: 'no Service' }),
          ),
        ],
      },
      'failed',
      'no Service',
    ],
    ['an Istio resource', ISTIO, undefined, 'stable'],
    [
      'an Istio resource with an error',
      ISTIO,
      { validationMessages: [{ level: 'ERROR', documentationUrl: 'https://istio.io/x' }] },
      'failed',
      'https://istio.io/x',
    ],
    ['an established definition', CRD, conditions(condition('Established', 'True')), 'stable'],
    ['a new definition', CRD, undefined, 'waiting'],
    [
      'a definition whose names are taken',
      CRD,
      conditions(condition('NamesAccepted', 'False', { message: 'taken' })),
      'failed',
      'taken',
    ],
    ['a Service', ['v1', 'Service'], undefined, 'stable'],
    [
      'a Deployment without status',
      ['apps/v1', 'Deployment'],
      undefined,
      'waiting',
      'No status reported yet',
    ],
  ])('%s', (_what, [apiVersion, kind], status, state, message) => {
    const stability = stabilityOf(object(apiVersion, kind, status));
    expect(stability.state).toBe(state);
    if (message !== undefined) expect(stability.message).toBe(message);
  });

  it('a route waits for every gateway that it names', () => {
    const route = object(...ROUTE, { parents: [] }, { parentRefs: [{ name: 'a' }] });
    expect(stabilityOf(route)).toEqual({ state: 'waiting', message: '0 of 1 gateways have answered' });
  });

  it('a Rollout that pauses for a while goes on by itself', () => {
    const steps = [{ setWeight: 20 }, { pause: { duration: '1m' } }, { pause: {} }];
    const at = (currentStepIndex: number) =>
      stabilityOf(
        object(...ROLLOUT, { phase: 'Paused', currentStepIndex }, { strategy: { canary: { steps } } }),
      ).state;
    expect(at(1)).toBe('waiting');
    expect(at(2)).toBe('paused');
  });

  it('an object that is gone is deleted', () => {
    expect(stabilityOf(undefined).state).toBe('deleted');
  });

  it('a paused Deployment counts as paused only while it has something left to do', () => {
    const paused = {
      conditions: [condition('Progressing', 'Unknown', { reason: 'DeploymentPaused', message: 'paused' })],
    };
    const at = (updatedReplicas: number) =>
      stabilityOf(
        object(
          'apps/v1',
          'Deployment',
          {
            ...paused,
            observedGeneration: 2,
            updatedReplicas,
            replicas: updatedReplicas,
            availableReplicas: 1,
            readyReplicas: 1,
          },
          { replicas: 1 },
        ),
      );
    expect(at(0)).toEqual({ state: 'paused', message: 'paused' });
    expect(at(1).state).toBe('stable');
  });
});

describe('what is wrong with a pod', () => {
  const pod = (status: JsonObject): Manifest => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    status,
  });
  const container = (state: JsonObject, lastState: JsonObject = {}): JsonObject => ({
    containerStatuses: [{ name: 'app', state, lastState }],
  });
  const crash = { terminated: { exitCode: 137, reason: 'OOMKilled' } };

  it.each<[string, JsonObject, string[]]>([
    ['nothing, when it runs', { phase: 'Running', ...container({ running: {} }) }, []],
    ['nothing, while it is being made', container({ waiting: { reason: 'ContainerCreating' } }), []],
    [
      'an image',
      container({ waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }),
      ['container app of pod p: ImagePullBackOff: no such image'],
    ],
    [
      'crashes, with the way it last ended',
      container({ waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } }, crash),
      ['container app of pod p: CrashLoopBackOff: OOMKilled, exit code 137'],
    ],
    [
      'an exit',
      { ...container({ terminated: { exitCode: 2, reason: 'Error' } }) },
      ['container app of pod p: Error: exit code 2'],
    ],
    [
      'its place, in the scheduler’s words',
      {
        conditions: [
          condition('PodScheduled', 'False', { reason: 'Unschedulable', message: '0/2 nodes are available' }),
        ],
      },
      ['pod p: Unschedulable: 0/2 nodes are available'],
    ],
    [
      'an eviction',
      { phase: 'Failed', reason: 'Evicted', message: 'low on memory' },
      ['pod p: Evicted: low on memory'],
    ],
  ])('%s', (_what, status, expected) => {
    expect(podTroubles(pod(status)).map((trouble) => describeTrouble(trouble))).toEqual(expected);
  });

  it('is told together with the end of its log', () => {
    const [trouble] = podTroubles(pod(container({ waiting: { reason: 'CrashLoopBackOff' } }, crash)));
    expect(trouble?.log).toEqual({ container: 'app', previous: true });
    expect(describeTrouble(trouble!, ['boom'])).toContain('its log ends with:\nboom');
  });
});

describe('the pods of a workload', () => {
  const owned = (name: string, owner: string, more: JsonObject = {}): Manifest => ({
    metadata: { name, uid: name, ownerReferences: [{ uid: owner }], ...more },
  });

  it('are those of the present revision', () => {
    const workload: Manifest = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { uid: 'd', annotations: { 'deployment.kubernetes.io/revision': '2' } },
    };
    const sets = ['1', '2'].map((revision) =>
      owned(`set-${revision}`, 'd', { annotations: { 'deployment.kubernetes.io/revision': revision } }),
    );
    const pods = [owned('old', 'set-1'), owned('new', 'set-2')];
    expect(currentPods(workload, pods, sets)).toEqual([pods[1]]);
  });

  it('are found by all of its selector', () => {
    const matchExpressions = [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
    ];
    expect(podSelectorOf({ spec: { selector: { matchLabels: { app: 'x' }, matchExpressions } } })).toBe(
      'app=x,tier in (a,b),!old',
    );
    expect(podSelectorOf({ spec: {} })).toBeUndefined();
  });
});
