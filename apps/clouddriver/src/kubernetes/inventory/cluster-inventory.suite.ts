import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, deployment, rows, startHarness, type Harness } from './inventory.suite.js';

/** What the inventory owes on any cluster. */
export function describeClusterInventory(name: string, kubeconfig: () => Promise<string>): void {
  describe(`the inventory of ${name}`, () => {
    const namespace = `inventory-${Math.random().toString(36).slice(2, 8)}`;
    let harness: Harness;

    beforeAll(async () => {
      harness = await startHarness(await kubeconfig(), { namespaces: [namespace] });
      await harness.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await harness.client.create(configMap('early', namespace));
      await harness.replica().start();
    });

    afterAll(async () => {
      await harness.client.delete({ kind: 'Namespace', name: namespace });
      await harness.stop();
    });

    const NAMES = `select name from clouddriver.resource where kind = 'ConfigMap' and name <> 'kube-root-ca.crt' order by name`;

    it('holds what was there before it began', async () => {
      await rows(harness.database, NAMES, [{ name: 'early' }]);
    });

    it('follows what is made, changed and deleted', async () => {
      await harness.client.create(configMap('late', namespace));
      await rows(harness.database, NAMES, [{ name: 'early' }, { name: 'late' }]);
      await harness.client.patch(
        { kind: 'cm', namespace, name: 'late' },
        { metadata: { labels: { tier: 'gold' } } },
        { type: 'merge' },
      );
      await rows(harness.database, `select labels from clouddriver.resource where name = 'late'`, [
        { labels: { tier: 'gold' } },
      ]);
      await harness.client.delete({ kind: 'cm', namespace, name: 'late' });
      await rows(harness.database, NAMES, [{ name: 'early' }]);
    });

    it('knows who owns whom, from the Deployment to its Pods', async () => {
      await harness.client.create(deployment('web', namespace, 2));
      const chain = `
      select d.kind as top, r.kind as middle, count(p.*)::int as pods
      from clouddriver.resource d
      join clouddriver.resource r on r.controller_uid = d.uid
      join clouddriver.resource p on p.controller_uid = r.uid
      where d.name = 'web' group by 1, 2`;
      await rows(harness.database, chain, [{ top: 'Deployment', middle: 'ReplicaSet', pods: 2 }]);
    });

    it('never stores what a Secret holds', async () => {
      const metadata = { name: 'hidden', namespace };
      await harness.client.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        stringData: { password: 'hunter2' },
      });
      await rows(
        harness.database,
        `select manifest->'data' as data from clouddriver.resource where name = 'hidden'`,
        [{ data: null }],
      );
    });

    it('watches a new custom kind as soon as it is served', async () => {
      const group = `${namespace}.example.com`;
      const definition = (versions: object[]): object => ({
        group,
        scope: 'Namespaced',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
        versions,
      });
      const version = {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      };
      await harness.client.create({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `widgets.${group}` },
        spec: definition([version]),
      });
      await expect
        .poll(() => harness.client.findResource(`widget.${group}`), { timeout: 10_000 })
        .toBeDefined();
      await harness.client.create({
        apiVersion: `${group}/v1`,
        kind: 'Widget',
        metadata: { name: 'first', namespace },
      });
      await rows(harness.database, `select name from clouddriver.resource where kind = 'Widget'`, [
        { name: 'first' },
      ]);
      await harness.client.delete({ kind: 'crd', name: `widgets.${group}` });
      await rows(harness.database, `select name from clouddriver.resource where kind = 'Widget'`, []);
    });
  });
}
