import type { JsonObject } from '@gennaker/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST, ScenarioDriver } from './scenario-driver.suite.js';
import {
  cronTab,
  cronTabDefinition,
  deployment,
  IMAGE,
  imageArtifact,
  imageOf,
} from './scenario-manifests.suite.js';

/** Upstream's 6 scenarios of patchManifest. */
export function describePatchScenarios(kubeconfig: () => Promise<string>): void {
  describe('patch', () => {
    let on: ScenarioDriver;
    let ns: string;
    beforeAll(async () => {
      on = await ScenarioDriver.start(await kubeconfig());
      ns = on.namespace;
      await on.deploy([deployment('patched', { namespace: ns })]);
    });
    afterAll(() => on.stop());

    const patch = (fields: JsonObject) =>
      on.run('patchManifest', {
        account: FIRST,
        cloudProvider: 'kubernetes',
        source: 'text',
        mode: 'static',
        location: ns,
        manifestName: 'deployment patched',
        options: { mergeStrategy: 'strategic', record: true },
        allArtifacts: [],
        requiredArtifacts: [],
        ...fields,
      });
    const withImage = (image: string) => ({
      spec: { template: { spec: { containers: [{ name: 'main', image }] } } },
    });

    it('P01 adds a label to the pods, and the Deployment becomes stable again', async () => {
      const patchBody = { spec: { template: { metadata: { labels: { testPatch: 'success' } } } } };
      expect(await patch({ patchBody })).toEqual(['deployment patched']);
      expect(await on.get('deployment', 'patched')).toMatchObject(patchBody);
      await on.driver.eventually(`/manifests/${FIRST}/${ns}/deployment%20patched`, (body) =>
        body.toMatchObject({
          status: { stable: { state: true } },
          manifest: { status: { readyReplicas: 1 } },
        }),
      );
    });

    it.each([
      ['P02 an optional image', [], ['1.18'], '1.18'],
      ['P03 a required image', ['1.19'], ['1.19'], '1.19'],
    ])('%s goes into the patch', async (_name, required, all, bound) => {
      await patch({
        patchBody: withImage(IMAGE),
        requiredArtifacts: required.map((tag) => imageArtifact(tag)),
        allArtifacts: all.map((tag) => imageArtifact(tag)),
      });
      expect(imageOf(await on.get('deployment', 'patched'))).toBe(`${IMAGE}:${bound}`);
    });

    it('P04 a required image goes into the patch rather than an optional one', async () => {
      const required = imageArtifact('1.20');
      await patch({
        patchBody: withImage(IMAGE),
        requiredArtifacts: [required],
        allArtifacts: [imageArtifact('1.17'), required],
      });
      expect(imageOf(await on.get('deployment', 'patched'))).toBe(`${IMAGE}:1.20`);
    });

    it('P05 changes a definition, although a namespace is given', async () => {
      const group = `crd.${ns}.example.com`;
      const name = `crontabs.${group}`;
      await on.apply(cronTabDefinition({ group }));
      const patched = cronTabDefinition({ group, shortName: 'cntb' });
      const fields = {
        manifestName: `customResourceDefinition ${name}`,
        patchBody: patched,
        manifests: [patched],
        trafficManagement: null,
        moniker: null,
        enableTraffic: null,
      };
      expect(await patch(fields)).toEqual([`customResourceDefinition ${name}`]);
      expect(await on.clusterWide('customResourceDefinition', name)).toMatchObject({
        spec: { names: { shortNames: ['cntb'] } },
      });
      await on.remove('customResourceDefinition', name);
    });

    it('P06 changes a custom resource by a merge patch', async () => {
      const group = `cr.${ns}.example.com`;
      const kind = `CronTab.${group}`;
      await on.deploy([cronTabDefinition({ group })], { namespace: '' });
      await on.deploy([cronTab('mine', ns, 'before', group)]);
      const fields = {
        manifestName: `${kind} mine`,
        patchBody: cronTab('mine', undefined, 'after', group),
        options: { mergeStrategy: 'merge', record: true },
      };
      expect(await patch(fields)).toEqual([`${kind} mine`]);
      expect(await on.get(kind, 'mine')).toMatchObject({ spec: { image: 'after' } });
      await on.remove('customResourceDefinition', `crontabs.${group}`);
    });
  });
}
