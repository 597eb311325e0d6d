import { describe, expect, it } from 'vitest';
import { strategyOf } from './annotations.js';
import { chooseByCriteria, membersOf } from './criteria.js';
import { kindFrom, parseKind, printKind, sameKind } from './kind.js';
import { kindProperties } from './kinds.js';
import {
  flattenManifests,
  fullResourceName,
  type Manifest,
  nameOf,
  parseFullResourceName,
} from './manifest.js';
import { inDeployOrder } from './ordering.js';
import { labelSelectorText, matchesSelectors } from './selectors.js';
import { attach, attachPatch, detachPatch } from './traffic.js';
import { referencedNames, surplusVersions } from './version-history.js';
import { reusableVersion } from './versioning.js';

describe('a kind', () => {
  it.each([
    ['Deployment', 'deployment'],
    ['DEPLOYMENT.apps', 'deployment'],
    ['cm', 'configMap'],
    ['hpa', 'horizontalpodautoscaler'],
    ['crd', 'customResourceDefinition'],
    ['Certificate.cert-manager.io', 'Certificate.cert-manager.io'],
    ['Deployment.example.com', 'Deployment.example.com'],
  ])('%s is printed %s', (text, printed) => {
    expect(printKind(parseKind(text))).toBe(printed);
  });

  it('is the same whatever its case and version, but not in another group', () => {
    expect(sameKind(parseKind('replicaset'), kindFrom('ReplicaSet', 'extensions'))).toBe(true);
    expect(sameKind(parseKind('service'), parseKind('Service.serving.knative.dev'))).toBe(false);
  });

  it('takes its properties from the account where that names it', () => {
    const widget = parseKind('Widget.example.com');
    expect(kindProperties(widget)).toMatchObject({
      deployPriority: 1000,
      versioned: false,
      spinnakerKind: 'unclassified',
    });
    const custom = {
      kubernetesKind: 'widget.example.com',
      deployPriority: 'PDB_PRIORITY',
      versioned: true,
      spinnakerKind: 'serverGroups',
    };
    expect(kindProperties(widget, [custom])).toMatchObject({
      deployPriority: 90,
      versioned: true,
      spinnakerKind: 'serverGroups',
    });
  });
});

describe('a full resource name', () => {
  it('names kind and object', () => {
    expect(fullResourceName({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'a' } })).toBe(
      'replicaSet a',
    );
    expect(parseFullResourceName('rs a')).toEqual({ kind: { name: 'replicaSet', group: '' }, name: 'a' });
  });

  it.each(['a', 'a b c', '', ' a'])('is not %j', (text) => {
    expect(() => parseFullResourceName(text)).toThrow(
      'Expected a full resource name of the form <kind> <name>',
    );
  });
});

describe('the order of a deploy', () => {
  it('goes by kind, and keeps the order within a kind', () => {
    const kinds = [
      'HorizontalPodAutoscaler',
      'Deployment',
      'Widget',
      'Service',
      'ConfigMap',
      'Namespace',
      'Pod',
    ];
    const manifests = kinds.map((kind) => ({
      apiVersion: kind === 'Widget' ? 'example.com/v1' : 'v1',
      kind,
    }));
    expect(inDeployOrder(manifests).map(({ kind }) => kind)).toEqual([
      'Namespace',
      'ConfigMap',
      'Service',
      'Deployment',
      'Pod',
      'HorizontalPodAutoscaler',
      'Widget',
    ]);
  });

  it('opens lists and drops empty documents', () => {
    const list = { kind: 'List', items: [{ kind: 'A' }, null, { kind: 'List', items: [{ kind: 'B' }] }] };
    expect(flattenManifests([null, list, { kind: 'C' }]).map(({ kind }) => kind)).toEqual(['A', 'B', 'C']);
  });
});

describe('strategy annotations', () => {
  const strategy = (annotations: Record<string, string>) =>
    strategyOf({
      metadata: {
        annotations: Object.fromEntries(
          Object.entries(annotations).map(([key, value]) => [`strategy.spinnaker.io/${key}`, value]),
        ),
      },
    });

  it('are read in order of their weight', () => {
    expect(strategy({}).deployStrategy).toBe('APPLY');
    expect(strategy({ 'server-side-apply': 'true' }).deployStrategy).toBe('SERVER_SIDE_APPLY');
    expect(strategy({ 'server-side-apply': 'force-conflicts' })).toMatchObject({
      deployStrategy: 'SERVER_SIDE_APPLY',
      forceConflicts: true,
    });
    expect(strategy({ 'server-side-apply': 'no' }).deployStrategy).toBe('APPLY');
    expect(strategy({ 'server-side-apply': 'true', replace: 'true' }).deployStrategy).toBe('REPLACE');
    expect(strategy({ recreate: 'true', replace: 'true' }).deployStrategy).toBe('RECREATE');
  });

  it('ignore a history that is no number', () => {
    expect(strategy({ 'max-version-history': '3' }).maxVersionHistory).toBe(3);
    expect(strategy({ 'max-version-history': 'many' }).maxVersionHistory).toBeUndefined();
  });
});

describe('label selectors', () => {
  it('become Kubernetes’ own, and mean the same here', () => {
    const selectors = [
      { kind: 'EQUALS' as const, key: 'a', values: ['1'] },
      { kind: 'NOT_CONTAINS' as const, key: 'b', values: ['x', 'y'] },
      { kind: 'EXISTS' as const, key: 'c' },
      { kind: 'NOT_EXISTS' as const, key: 'd' },
      { kind: 'ANY' as const },
    ];
    expect(labelSelectorText(selectors)).toBe('a = 1,b notin (x, y),c,!d');
    expect(matchesSelectors(selectors, { a: '1', c: '' })).toBe(true);
    expect(matchesSelectors(selectors, { a: '1', b: 'x', c: '' })).toBe(false);
    expect(matchesSelectors(selectors, { a: '1' })).toBe(false);
  });

  it('say which of them lacks its key or value', () => {
    expect(() => labelSelectorText([{ kind: 'EQUALS', values: ['1'] }])).toThrow(
      'labelSelectors.selectors[0].key',
    );
    expect(() => labelSelectorText([{ kind: 'CONTAINS', key: 'a', values: [] }])).toThrow(
      'at least one value',
    );
  });
});

describe('choosing by criteria', () => {
  const set = (name: string, created: string, replicas?: number): Manifest => ({
    metadata: {
      name,
      creationTimestamp: created,
      annotations: {
        'moniker.spinnaker.io/application': 'app',
        'moniker.spinnaker.io/cluster': 'replicaSet x',
      },
    },
    spec: replicas === undefined ? {} : { replicas },
  });
  const sets = [set('b', '2026-01-02', 5), set('c', '2026-01-03'), set('a', '2026-01-01', 1)];

  it.each([
    ['oldest', 'a'],
    ['newest', 'c'],
    ['second_newest', 'b'],
    ['largest', 'b'],
    ['smallest', 'c'],
  ] as const)('%s is %s', (criteria, name) => {
    expect(nameOf(chooseByCriteria(membersOf(sets, 'app', 'replicaSet x'), criteria)!)).toBe(name);
  });

  it('finds nothing in too small a cluster', () => {
    expect(chooseByCriteria([sets[0]!], 'second_newest')).toBeUndefined();
    expect(membersOf(sets, 'other', 'replicaSet x')).toEqual([]);
  });
});

describe('traffic', () => {
  const service: Manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { selector: { 'a/b': '1' } },
  };
  const workload = (labels: object): Manifest => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'w' },
    spec: { template: { metadata: { labels } } },
  });

  it('is attached to a new object, unless a label is there already', () => {
    const fresh = workload({ app: 'w' });
    attach(service, fresh);
    expect(fresh).toEqual(workload({ app: 'w', 'a/b': '1' }));
    expect(() => attach(service, workload({ 'a/b': 'other' }))).toThrow('must have no label keys in common');
    expect(() => attach({ ...service, kind: 'Ingress' }, fresh)).toThrow('No support for load balancing');
  });

  it('is patched on and off a live one, and only where that changes something', () => {
    expect(attachPatch({ 'a/b': '1' }, workload({}))).toEqual([
      { op: 'add', path: '/spec/template/metadata/labels/a~1b', value: '1' },
    ]);
    expect(attachPatch({ 'a/b': '1' }, workload({ 'a/b': '1' }))).toEqual([]);
    expect(attachPatch({ a: '1' }, { metadata: {} })).toEqual([
      { op: 'add', path: '/metadata/labels', value: {} },
      { op: 'add', path: '/metadata/labels/a', value: '1' },
    ]);
    expect(detachPatch({ 'a/b': '1' }, workload({ 'a/b': '1' }))).toEqual([
      { op: 'remove', path: '/spec/template/metadata/labels/a~1b' },
    ]);
    expect(detachPatch({ 'a/b': '1' }, workload({}))).toEqual([]);
  });
});

describe('old versions', () => {
  const version = (number: number): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `cm-v00${number}`,
      namespace: 'ns',
      creationTimestamp: `2026-01-0${number + 1}`,
      annotations: {
        'artifact.spinnaker.io/name': 'cm',
        'artifact.spinnaker.io/version': `v00${number}`,
        'strategy.spinnaker.io/max-version-history': '2',
      },
    },
    data: { value: String(number) },
  });
  const all = [0, 1, 2, 3].map(version);

  it('go beyond the history, but not while something refers to them', () => {
    expect(surplusVersions(all[3]!, all, new Set()).map(nameOf)).toEqual(['cm-v000', 'cm-v001']);
    expect(surplusVersions(all[3]!, all, new Set(['cm-v000'])).map(nameOf)).toEqual(['cm-v001']);
    expect(surplusVersions({ metadata: { name: 'x' } }, all, new Set())).toEqual([]);
  });

  it('leave the deployed one, even where it is the oldest', () => {
    expect(surplusVersions(all[0]!, all, new Set()).map(nameOf)).toEqual(['cm-v001']);
  });

  it('are reused by their content alone, also where nobody noted it', () => {
    const fresh = (value: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cm', labels: { new: '1' } },
      data: { value },
    });
    expect(reusableVersion(all, fresh('2'))).toBe(2);
    expect(reusableVersion(all, fresh('9'))).toBeNull();
  });

  it('are referred to by pods, templates and pull secrets', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'ns' },
      spec: { volumes: [{ configMap: { name: 'a' } }], imagePullSecrets: [{ name: 's' }] },
    };
    const job = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { namespace: 'ns' },
      spec: {
        jobTemplate: {
          spec: { template: { spec: { containers: [{ envFrom: [{ configMapRef: { name: 'b' } }] }] } } },
        },
      },
    };
    expect(referencedNames([pod, job], 'configMap', 'ns')).toEqual(new Set(['a', 'b']));
    expect(referencedNames([pod, job], 'secret', 'ns')).toEqual(new Set(['s']));
    expect(referencedNames([pod], 'configMap', 'elsewhere')).toEqual(new Set());
  });
});
