import { nameOf } from '@gennaker/manifest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST, ScenarioDriver, SECOND } from './scenario-driver.suite.js';
import { configMap, deployment, IMAGE, networkPolicy, service } from './scenario-manifests.suite.js';

/** Upstream's 22 scenarios of reading what runs. */
export function describeReadScenarios(kubeconfig: () => Promise<string>): void {
  describe('read', () => {
    let on: ScenarioDriver;
    let ns: string;
    let replicaSet: string;
    let pod: string;

    beforeAll(async () => {
      on = await ScenarioDriver.start(await kubeconfig());
      ns = on.namespace;
      const shop = { moniker: { app: 'shop' } };
      await on.deploy([deployment('front', { namespace: ns, replicas: 2 })], shop);
      await on.deploy([deployment('front', { namespace: ns, replicas: 2, image: `${IMAGE}:3.12` })], shop);
      await on.deploy(
        [deployment('other', { namespace: ns }), service('front', ns), service('other', ns)],
        shop,
      );
      const elsewhere = { ...shop, account: SECOND, namespace: on.secondNamespace };
      await on.deploy(
        [deployment('front', { namespace: on.secondNamespace }), service('front', on.secondNamespace)],
        elsewhere,
      );
      await on.deploy([deployment('cart', { namespace: ns })], { moniker: { app: 'cart' } });
      await on.deploy(
        [networkPolicy('deny', ns), networkPolicy('deny-second', ns), configMap('settings', ns)],
        shop,
      );
      const sets = await on.driver.client.list('ReplicaSet', { apiVersion: 'apps/v1', namespace: ns });
      replicaSet = sets.items.map(nameOf).find((name) => name.startsWith('front-')) ?? '';
      const pods = await on.driver.client.list('Pod', {
        apiVersion: 'v1',
        namespace: ns,
        labelSelector: 'app=front',
      });
      pod = pods.items.map(nameOf)[0] ?? '';
    });
    afterAll(() => on.stop());

    const clusterOf = (name: string) => `/applications/shop/clusters/${FIRST}/${encodeURIComponent(name)}`;
    const named = (name: string, rest: object = {}) => expect.objectContaining({ name, ...rest });

    it('R01 names the clusters of an application in both accounts', () =>
      on.driver.eventually('/applications/shop/clusters', (body) =>
        body.toMatchObject({
          [FIRST]: expect.arrayContaining(['deployment front']),
          [SECOND]: ['deployment front', 'service front'].filter((name) => name.startsWith('deployment')),
        }),
      ));

    it('R02 gives the clusters of one account', () =>
      on.driver.eventually(`/applications/shop/clusters/${FIRST}`, (body) =>
        body.toEqual(
          expect.toSatisfy(
            (clusters: { account: string; name: string }[]) =>
              clusters.every(({ account }) => account === FIRST) &&
              clusters.some(({ name }) => name === 'deployment front'),
          ),
        ),
      ));

    it('R03 gives the cluster of one name and account', () =>
      on.driver.eventually(`${clusterOf('deployment front')}?expand=true`, (body) =>
        body.toMatchObject([{ accountName: FIRST, name: 'deployment front', application: 'shop' }]),
      ));

    it('R04 gives the one cluster of a name, account and type', () =>
      on.driver.eventually(`${clusterOf('deployment front')}/kubernetes?expand=true`, (body) =>
        body.toMatchObject({ accountName: FIRST, name: 'deployment front', application: 'shop' }),
      ));

    it('R05 gives both server groups of a Deployment', () =>
      on.driver.eventually('/applications/shop/serverGroups?expand=true', (body) =>
        body.toEqual(
          expect.toSatisfy(
            (groups: { account: string; region: string; cluster: string }[]) =>
              groups.filter(
                (group) =>
                  group.account === FIRST && group.region === ns && group.cluster === 'deployment front',
              ).length === 2,
          ),
        ),
      ));

    it('R06 gives the server groups of two applications', () =>
      on.driver.eventually('/serverGroups?applications=shop,cart', (body) =>
        body.toEqual(
          expect.arrayContaining([
            expect.objectContaining({ account: FIRST, region: ns, cluster: 'deployment cart' }),
            expect.objectContaining({ account: FIRST, region: ns, cluster: 'deployment other' }),
          ]),
        ),
      ));

    it.each([
      ['R07 by account, region and name', ''],
      ['R08 also by its application', '/applications/shop'],
    ])('%s a server group is found', (_name, prefix) =>
      on.driver.eventually(
        `${prefix}/serverGroups/${FIRST}/${ns}/${encodeURIComponent(`replicaSet ${replicaSet}`)}`,
        (body) => body.toMatchObject({ name: `replicaSet ${replicaSet}` }),
      ),
    );

    it('R09 gives one of two pods', () =>
      on.driver.eventually(`/instances/${FIRST}/${ns}/${encodeURIComponent(`pod ${pod}`)}`, (body) =>
        body.toMatchObject({ displayName: pod, humanReadableName: `pod ${pod}` }),
      ));

    it('R10 gives the log of a pod', () =>
      on.driver.eventually(
        `/instances/${FIRST}/${ns}/${encodeURIComponent(`pod ${pod}`)}/console?provider=kubernetes`,
        (body) => body.toMatchObject({ output: [{ name: 'main', output: expect.any(String) }] }),
      ));

    it('R11 gives the load balancers of both accounts', () =>
      on.driver.eventually('/applications/shop/loadBalancers', (body) =>
        body.toEqual(
          expect.arrayContaining([
            named('service front', { account: FIRST, namespace: ns }),
            named('service front', { account: SECOND, namespace: on.secondNamespace }),
          ]),
        ),
      ));

    it('R12 gives one load balancer by account, region and name', () =>
      on.driver.eventually(`/kubernetes/loadBalancers/${FIRST}/${ns}/service%20front`, (body) =>
        body.toMatchObject([{ account: FIRST, region: ns, name: 'service front', moniker: { app: 'shop' } }]),
      ));

    it('R13 gives a manifest by account, location and name', () =>
      on.driver.eventually(`/manifests/${FIRST}/${ns}/deployment%20front`, (body) =>
        body.toMatchObject({ account: FIRST, location: ns, name: 'deployment front' }),
      ));

    it('R14 gives everything of an application, whatever its kind', () =>
      on.driver.eventually('/applications/shop/rawResources', (body) =>
        body.toEqual(expect.arrayContaining([named('configMap settings-v000', { account: FIRST })])),
      ));

    it.each([
      ['R15 in all', '/securityGroups', (of: object) => ({ [FIRST]: { kubernetes: of } })],
      ['R16 of an account', `/securityGroups/${FIRST}`, (of: object) => ({ kubernetes: of })],
      ['R17 of a region', `/securityGroups/${FIRST}?region=`, (of: object) => ({ kubernetes: of })],
      ['R18 of a provider', `/securityGroups/${FIRST}/kubernetes`, (of: object) => of],
    ])('%s there are two security groups', (_name, path, shape) => {
      const two = { [ns]: [named('networkPolicy deny'), named('networkPolicy deny-second')] };
      return on.driver.eventually(path.endsWith('=') ? `${path}${ns}` : path, (body) =>
        body.toMatchObject(shape(two)),
      );
    });

    it('R19 gives the security groups of a name, by region', () =>
      on.driver.eventually(`/securityGroups/${FIRST}/kubernetes/networkpolicy%20deny`, (body) =>
        body.toMatchObject({ [ns]: [named('networkPolicy deny')] }),
      ));

    it('R20 gives one security group, however its kind is written', () =>
      on.driver.eventually(`/securityGroups/${FIRST}/kubernetes/${ns}/networkolicy%20deny`, (body) =>
        body.toMatchObject({ displayName: 'deny' }),
      ));

    it('R21 gives the Deployments of an application as server group managers', () =>
      on.driver.eventually('/applications/cart/serverGroupManagers', (body) =>
        body.toMatchObject([{ name: 'deployment cart' }]),
      ));

    it('R22 gives an application', () =>
      on.driver.eventually('/applications/shop', (body) => body.toMatchObject({ name: 'shop' })));
  });
}
