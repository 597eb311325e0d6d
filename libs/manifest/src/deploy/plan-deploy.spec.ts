import { readFileSync } from 'node:fs';
import { type Artifact } from '@gennaker/artifact';
import { formatSequence, type Moniker } from '@gennaker/moniker';
import { describe, expect, it } from 'vitest';
import { type KubernetesKind, printKind } from '../kind.js';
import { annotationsOf, type Manifest, nameOf } from '../manifest.js';
import { artifactOfManifest, nextVersion, versionedName } from '../versioning.js';
import { type ClusterView, type DeployRequest, planDeploy } from './plan-deploy.js';

interface Case {
  id: string;
  op: 'version' | 'to_artifact' | 'deploy';
  account: string;
  moniker: Partial<Moniker>;
  manifest: Manifest;
  manifests: Manifest[];
  artifacts: Artifact[];
  requiredArtifacts: Artifact[];
  optionalArtifacts: Artifact[];
  enableArtifactBinding: boolean;
  services: string[];
  enableTraffic: boolean;
  skipSpecTemplateLabels: boolean;
  live_resources: Record<string, Manifest>;
  expected_bound: Artifact[];
  expected_created_references: string[];
  expected_manifests_in_apply_order: Manifest[];
  expected_error?: string;
  expected_version: number;
  expected_version_string: string;
  expected_name: string;
  expected_artifact: Artifact;
}

const cases = JSON.parse(
  readFileSync(new URL('../__fixtures__/deploy-cases.json', import.meta.url), 'utf8'),
) as Case[];
const of = (op: Case['op']): Case[] => cases.filter((one) => one.op === op);

function viewOf(live: Record<string, Manifest> = {}, objects: Manifest[] = []): ClusterView {
  return {
    objectsOf: () => objects,
    find: (kind: KubernetesKind, _namespace, name) => live[`${printKind(kind)} ${name}`],
    reservedVersions: () => [],
  };
}

const request = (changes: Partial<DeployRequest>): DeployRequest => ({
  account: 'my-account',
  manifests: [],
  moniker: {},
  requiredArtifacts: [],
  optionalArtifacts: [],
  enableArtifactBinding: true,
  versioned: null,
  enableTraffic: true,
  services: [],
  strategy: null,
  skipSpecTemplateLabels: false,
  ...changes,
});

describe('the next version', () => {
  it.each(of('version'))('$id', (one) => {
    const version = nextVersion(one.artifacts.map((artifact) => artifact.version));
    expect(version).toBe(one.expected_version);
    expect(formatSequence(version)).toBe(one.expected_version_string);
    expect(versionedName(nameOf(one.manifest), version)).toBe(one.expected_name);
  });
});

describe('the artifact of an object', () => {
  it.each(of('to_artifact'))('$id', ({ manifest, account, expected_artifact }) => {
    expect(artifactOfManifest(manifest, account, null)).toEqual(expected_artifact);
  });
});

describe('planning a deploy', () => {
  it.each(of('deploy'))('$id', (one) => {
    const run = () => planDeploy(request(one), viewOf(one.live_resources));
    if (one.expected_error !== undefined) {
      expect(run).toThrow('selector');
      return;
    }
    const plan = run();
    expect(plan.manifests.map(({ manifest }) => manifest)).toEqual(one.expected_manifests_in_apply_order);
    expect(new Set(plan.manifests.map(({ artifact }) => artifact.reference))).toEqual(
      new Set(one.expected_created_references),
    );
    const byReference = (a: Artifact, b: Artifact): number =>
      String(a.reference).localeCompare(String(b.reference));
    expect([...plan.boundArtifacts].sort(byReference)).toEqual([...one.expected_bound].sort(byReference));
  });

  const configMap = (data: object, metadata: object = {}): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cm', namespace: 'ns', ...metadata },
    data,
  });
  const deployed = (data: object, version: string): Manifest => ({
    ...configMap(data, { name: `cm-${version}` }),
    metadata: {
      name: `cm-${version}`,
      namespace: 'ns',
      creationTimestamp: `2026-01-01T00:00:0${version.at(-1)}Z`,
      annotations: {
        'artifact.spinnaker.io/name': 'cm',
        'artifact.spinnaker.io/version': version,
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(
          configMap(data, { labels: { a: 'b' } }),
        ),
      },
    },
  });

  it('applies an unchanged ConfigMap as the version it already is', () => {
    const plan = planDeploy(
      request({ manifests: [configMap({ a: '1' })] }),
      viewOf({}, [deployed({ a: '1' }, 'v000'), deployed({ a: '2' }, 'v001')]),
    );
    expect(plan.manifests[0]).toMatchObject({ version: 0, reused: true });
  });

  it('takes a version that nobody has taken or reserved', () => {
    const view = { ...viewOf({}, [deployed({ a: '1' }, 'v000')]), reservedVersions: () => [1, 2] };
    const plan = planDeploy(request({ manifests: [configMap({ a: '9' })] }), view);
    expect(nameOf(plan.manifests[0]!.manifest)).toBe('cm-v003');
  });

  it('refuses to start when a required artifact has no place', () => {
    const requiredArtifacts = [{ type: 'docker/image', name: 'other', reference: 'other:1' }];
    expect(() => planDeploy(request({ manifests: [configMap({})], requiredArtifacts }), viewOf())).toThrow(
      'required artifacts could not be bound',
    );
  });

  it('copies the size of the newest version where the manifest asks for it', () => {
    const replicaSet = (name: string, replicas: number, annotations: object): Manifest => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name, annotations },
      spec: { replicas },
    });
    const live = replicaSet('rs-v004', 7, {
      'artifact.spinnaker.io/name': 'rs',
      'artifact.spinnaker.io/version': 'v004',
    });
    const manifest = replicaSet('rs', 1, { 'strategy.spinnaker.io/use-source-capacity': 'true' });
    const plan = planDeploy(request({ manifests: [manifest] }), viewOf({}, [live]));
    expect(plan.manifests[0]!.manifest).toMatchObject({
      metadata: { name: 'rs-v005' },
      spec: { replicas: 7 },
    });
  });

  it('obeys the annotation before the stage before the kind about versions', () => {
    const versionWith = (versioned: boolean | null, annotations: object): number | null =>
      planDeploy(request({ manifests: [configMap({}, { annotations })], versioned }), viewOf()).manifests[0]!
        .version;
    expect(versionWith(null, {})).toBe(0);
    expect(versionWith(false, {})).toBeNull();
    expect(versionWith(false, { 'strategy.spinnaker.io/versioned': 'true' })).toBe(0);
    expect(versionWith(true, { 'strategy.spinnaker.io/versioned': 'maybe' })).toBeNull();
  });

  it('refuses red/black with a history that would delete the old version', () => {
    const manifest = configMap({}, { annotations: { 'strategy.spinnaker.io/max-version-history': '1' } });
    expect(() => planDeploy(request({ manifests: [manifest], strategy: 'RED_BLACK' }), viewOf())).toThrow(
      'max version history',
    );
  });

  it('refuses load balancers that differ from those of the manifest', () => {
    const manifest: Manifest = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'rs',
        annotations: { 'traffic.spinnaker.io/load-balancers': '["service a","service b"]' },
      },
    };
    const services = ['service b', 'service a'];
    expect(() => planDeploy(request({ manifests: [manifest], services }), viewOf())).toThrow(
      'load balancers',
    );
  });

  it('knows what gets its name from the cluster by what that begins with', () => {
    const manifest = { apiVersion: 'batch/v1', kind: 'Job', metadata: { generateName: 'nightly-' } };
    const [planned] = planDeploy(request({ manifests: [manifest] }), viewOf()).manifests;
    expect(annotationsOf(planned?.manifest ?? {})['moniker.spinnaker.io/cluster']).toBe('job nightly');
  });
});
