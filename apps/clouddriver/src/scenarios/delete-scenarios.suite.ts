import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST, ScenarioDriver } from './scenario-driver.suite.js';
import { cronTab, cronTabDefinition, deployment, replicaSet, secret } from './scenario-manifests.suite.js';

/** Upstream's 12 scenarios of deleteManifest. */
export function describeDeleteScenarios(kubeconfig: () => Promise<string>): void {
  describe('delete', () => {
    let on: ScenarioDriver;
    let ns: string;
    beforeAll(async () => {
      on = await ScenarioDriver.start(await kubeconfig());
      ns = on.namespace;
    });
    afterAll(() => on.stop());

    const remove = (manifestName: string, cascading: unknown = true) =>
      on.run('deleteManifest', {
        app: 'scenarios',
        mode: 'static',
        cloudProvider: 'kubernetes',
        account: FIRST,
        location: ns,
        manifestName,
        options: { cascading },
      });
    const target = (name: string, criteria: string) =>
      on.driver.get(
        `/manifests/${FIRST}/${ns}/replicaSet/cluster/scenarios/${encodeURIComponent(`replicaSet ${name}`)}/dynamic/${criteria}`,
      );
    const running = async (name: string): Promise<number> => {
      const options = { apiVersion: 'v1', namespace: ns, labelSelector: `app=${name}` };
      return (await on.driver.client.list('Pod', options)).items.filter(
        ({ status }) => (status as { phase?: string } | undefined)?.phase === 'Running',
      ).length;
    };

    it('X01 deletes what somebody else made', async () => {
      await on.apply(secret('stranger', ns));
      expect(await remove('secret stranger')).toEqual(['secret stranger']);
      expect(await on.get('secret', 'stranger')).toBeUndefined();
    });

    it.each([
      ['X02', 'newest', [1, 1], 'v001'],
      ['X03', 'second-newest', [1, 1], 'v000'],
      ['X04', 'oldest', [1, 1], 'v000'],
      ['X05', 'largest', [0, 1], 'v001'],
      ['X06', 'smallest', [0, 1], 'v000'],
    ])('%s deletes the %s of a cluster', async (_id, criteria, sizes, version) => {
      const name = on.name(criteria);
      for (const replicas of sizes) {
        await on.deploy([replicaSet(name, { replicas })], { namespaceOverride: ns });
        // Creation times have seconds only: by age, versions decide within one.
      }
      const { status, body } = await target(name, criteria);
      expect([status, body]).toEqual([
        200,
        { kind: 'replicaSet', namespace: ns, name: `${name}-${version}` },
      ]);
      const deleted = await on.run('deleteManifest', {
        app: 'scenarios',
        mode: 'dynamic',
        cloudProvider: 'kubernetes',
        account: FIRST,
        location: ns,
        cluster: `replicaSet ${name}`,
        criteria,
        kind: 'replicaSet',
        manifestName: `replicaSet ${name}-${version}`,
        options: { cascading: true },
      });
      expect(deleted).toEqual([`replicaSet ${name}-${version}`]);
      expect(await on.get('replicaSet', `${name}-${version}`)).toBeUndefined();
    });

    it('X07 leaves the pods of a Deployment when it does not cascade', async () => {
      const name = on.name('orphaned');
      await on.deploy([deployment(name, { namespace: ns, replicas: 3 })]);
      expect(await remove(`deployment ${name}`, false)).toEqual([`deployment ${name}`]);
      expect(await on.get('deployment', name)).toBeUndefined();
      expect(await running(name)).toBe(3);
    });

    it.each(['foreground', 'background', 'orphan'])('X08 takes %s as a way to cascade', async (cascading) => {
      const name = on.name(cascading);
      await on.deploy([deployment(name, { namespace: ns })]);
      expect(await remove(`deployment ${name}`, cascading)).toEqual([`deployment ${name}`]);
      expect(await on.get('deployment', name)).toBeUndefined();
    });

    it('X09 fails on a way to cascade that is none, and leaves the object', async () => {
      const name = on.name('bogus');
      await on.deploy([deployment(name, { namespace: ns })]);
      await expect(remove(`deployment ${name}`, 'bogus')).rejects.toThrow('invalid cascade value (bogus)');
      expect(await on.get('deployment', name)).toBeDefined();
    });

    it('X10 answers with no name for what is not there, and 404 for a target of nothing', async () => {
      expect(await remove('deployment not-there')).toEqual([]);
      expect(await on.driver.get(`/manifests/${FIRST}/${ns}/replicaSet%20not-there-v000`)).toMatchObject({
        status: 404,
      });
      expect((await target('not-there', 'smallest')).status).toBe(404);
    });

    it('X11 deletes a definition, although a namespace is given', async () => {
      const group = `gone.${ns}.example.com`;
      await on.apply(cronTabDefinition({ group }));
      const name = `customResourceDefinition crontabs.${group}`;
      expect(await remove(name)).toEqual([name]);
      expect(await on.clusterWide('customResourceDefinition', `crontabs.${group}`)).toBeUndefined();
    });

    it('X12 deletes a custom resource', async () => {
      const group = `instance.${ns}.example.com`;
      const kind = `CronTab.${group}`;
      await on.deploy([cronTabDefinition({ group })], { namespace: '' });
      await on.deploy([cronTab('mine', ns, 'a', group)]);
      expect(await remove(`${kind} mine`)).toEqual([`${kind} mine`]);
      expect(await on.get(kind, 'mine')).toBeUndefined();
      await on.remove('customResourceDefinition', `crontabs.${group}`);
    });
  });
}
