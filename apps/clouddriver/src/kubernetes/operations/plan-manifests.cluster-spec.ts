import { readFileSync } from 'node:fs';
import { type JsonObject } from '@gennaker/kernel';
import { type Manifest } from '@gennaker/manifest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ManifestPlan } from '../plan/plan-manifests.js';
import { OperationsHarness } from './operations.suite.js';

const kubeconfig = readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
let harness: OperationsHarness;

beforeAll(async () => {
  harness = await OperationsHarness.start(kubeconfig);
  await harness.startWorker();
});

afterAll(() => harness.stop());

const configMap = (name: string, data: JsonObject, annotations: JsonObject = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: harness.namespace, annotations },
  data,
});

async function plan(...manifests: Manifest[]): Promise<ManifestPlan> {
  const result = await harness.result('planManifests', { manifests });
  return (result as unknown as { plan: ManifestPlan }).plan;
}

describe('a plan', () => {
  it('tells what would be created, changed and left alone, and changes nothing', async () => {
    const fixed = { 'strategy.spinnaker.io/versioned': 'false' };
    await harness.result('deployManifest', {
      manifests: [configMap('kept', { a: '1' }, fixed), configMap('moved', { a: '1' }, fixed)],
    });
    const { manifests } = await plan(
      configMap('kept', { a: '1' }, fixed),
      configMap('moved', { a: '2' }, fixed),
      configMap('fresh', { a: '1' }),
    );
    expect(manifests).toMatchObject([
      { manifestName: 'configMap kept', outcome: 'none' },
      {
        manifestName: 'configMap moved',
        outcome: 'change',
        diff: { changes: [{ path: 'data.a', before: '1', after: '2' }] },
      },
      { manifestName: 'configMap fresh-v000', outcome: 'create' },
    ]);
    expect(await harness.get('ConfigMap', 'fresh-v000')).toBeUndefined();
    expect(await harness.get('ConfigMap', 'moved')).toMatchObject({ data: { a: '1' } });
  });

  it('tells what the cluster would refuse, with the field, beside what it would take', async () => {
    const broken = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'broken', namespace: harness.namespace },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'c' } }, spec: { containers: [{ name: 'app', image: 'x' }] } },
      },
    };
    const { manifests } = await plan(configMap('beside', {}), broken);
    expect(manifests).toMatchObject([{ outcome: 'create' }, { outcome: 'refused' }]);
    expect(manifests[1]?.error?.problems.map(({ path }) => path)).toContain('spec.template.metadata.labels');
  });

  it('says what it cannot ask yet', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${harness.namespace}-new` } };
    const inside = {
      ...configMap('inside', {}),
      metadata: { name: 'inside', namespace: `${harness.namespace}-new` },
    };
    const { manifests } = await plan(namespace, inside);
    expect(manifests[1]).toMatchObject({ outcome: 'create' });
    expect(manifests[1]?.note).toContain('namespace comes with this deploy');
  });

  it('tells which old versions would go', async () => {
    const history = { 'strategy.spinnaker.io/max-version-history': '2' };
    for (const value of ['0', '1'])
      await harness.result('deployManifest', { manifests: [configMap('old', { value }, history)] });
    const { pruned } = await plan(configMap('old', { value: '2' }, history));
    expect(pruned).toEqual([{ manifestName: 'configMap old-v000', location: harness.namespace }]);
  });
});
