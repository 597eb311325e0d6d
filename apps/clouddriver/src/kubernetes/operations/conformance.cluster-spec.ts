import { readFileSync } from 'node:fs';
import { type JsonObject } from '@gennaker/kernel';
import { type Manifest, metadataOf, nameOf } from '@gennaker/manifest';
import { afterAll, beforeAll } from 'vitest';
import { describeProviderOperations } from '../../providers/provider-operations.suite.js';
import { OperationsHarness } from './operations.suite.js';

const kubeconfig = readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
let harness: OperationsHarness;

beforeAll(async () => {
  harness = await OperationsHarness.start(kubeconfig);
});

afterAll(() => harness.stop());

const metadata = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  namespace: harness.namespace,
  ...more,
});
const configMap = (name: string, round: number, annotations: JsonObject = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata(name, { labels: { round: String(round) }, annotations }),
  data: { round: String(round) },
});
const inRound = async (kind: string, round: number, prefix: string): Promise<Manifest[]> => {
  const found: Manifest[] = await harness.client.listAll(kind, {
    namespace: harness.namespace,
    labelSelector: `round=${round}`,
  });
  return found.filter((one) => nameOf(one).startsWith(prefix));
};

describeProviderOperations(
  () => harness,
  [
    {
      name: 'deployManifest with versions',
      kind: 'deployManifest',
      description: (round) => ({ manifests: [configMap('versioned', round)] }),
      writes: 1,
      effects: async (round) => (await inRound('configmaps', round, 'versioned-')).length,
      refused: { description: { manifests: [{ kind: 'ConfigMap' }] }, path: 'manifests[0].apiVersion' },
    },
    {
      name: 'deployManifest that makes room for itself',
      kind: 'deployManifest',
      description: (round) => ({
        manifests: [
          configMap('fixed', round, {
            'strategy.spinnaker.io/versioned': 'false',
            'strategy.spinnaker.io/recreate': 'true',
          }),
        ],
      }),
      writes: 1,
      effects: async (round) => (await inRound('configmaps', round, 'fixed')).length,
      refused: { description: { manifests: [] }, path: 'manifests' },
    },
    {
      name: 'runJob under a generated name',
      kind: 'runJob',
      description: (round) => ({
        manifest: {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { generateName: 'job-', namespace: harness.namespace, labels: { round: String(round) } },
          spec: {
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox' }] } },
          },
        },
      }),
      writes: 1,
      effects: async (round) => (await inRound('jobs', round, 'job-')).length,
      refused: {
        description: { manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } } },
        path: 'manifest.kind',
      },
    },
    {
      name: 'patchManifest that appends to a list',
      kind: 'patchManifest',
      description: () => ({
        manifestName: 'configMap patched',
        location: harness.namespace,
        options: { mergeStrategy: 'json' },
        patchBody: [
          { op: 'add', path: '/metadata/finalizers/-', value: `example.com/${Date.now()}-${Math.random()}` },
        ],
      }),
      writes: 1,
      effects: async (round) =>
        (metadataOf((await harness.get('ConfigMap', 'patched'))!)['finalizers'] as string[]).length ===
        round + 1
          ? 1
          : 0,
      refused: {
        description: { manifestName: 'configMap patched', patchBody: {}, options: { mergeStrategy: 'json' } },
        path: 'patchBody',
      },
    },
  ],
);

beforeAll(async () => {
  await harness.client.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'patched', namespace: harness.namespace, finalizers: ['example.com/first'] },
  });
});

afterAll(async () => {
  const ref = { kind: 'cm', name: 'patched', namespace: harness.namespace };
  await harness.client.patch(ref, { metadata: { finalizers: null } }, { type: 'merge' });
});
