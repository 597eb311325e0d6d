import { annotationsOf, metadataOf } from '@gennaker/manifest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CRON_TAB_GROUP, FIRST, ScenarioDriver, SECOND } from './scenario-driver.suite.js';
import {
  configMap,
  cronJob,
  cronTab,
  cronTabDefinition,
  deployment,
  IMAGE,
  imageArtifact,
  imageOf,
  replicaSet,
  secret,
  service,
} from './scenario-manifests.suite.js';

const UNVERSIONED = { 'strategy.spinnaker.io/versioned': 'false' };

/** Upstream's 33 scenarios of deployManifest, asked over HTTP. */
export function describeDeployScenarios(kubeconfig: () => Promise<string>): void {
  describe('deploy', () => {
    let on: ScenarioDriver;
    let ns: string;
    beforeAll(async () => {
      on = await ScenarioDriver.start(await kubeconfig());
      ns = on.namespace;
    });
    afterAll(() => on.stop());

    const readyReplicas = async (name: string, namespace = ns): Promise<unknown> =>
      ((await on.get('deployment', name, namespace))?.['status'] as { readyReplicas?: number } | undefined)
        ?.readyReplicas;
    const exists = async (kind: string, name: string): Promise<boolean> =>
      (await on.get(kind, name)) !== undefined;

    it('D01 puts a manifest without a namespace where the override says', async () => {
      const name = on.name('override');
      expect(await on.deploy([deployment(name)], { namespaceOverride: ns })).toEqual([`deployment ${name}`]);
      expect(await readyReplicas(name)).toBe(1);
    });

    it('D02 refuses a namespace that the account does not list', async () => {
      const manifests = [deployment(on.name('listed'), { namespace: 'default' })];
      const description = { account: SECOND, moniker: { app: 'a' }, namespaceOverride: ns, manifests };
      const { status } = await on.driver.ask('POST', '/kubernetes/ops', [{ deployManifest: description }]);
      expect(status).toBe(400);
    });

    it('D03 puts a manifest without a namespace into the default one', async () => {
      const name = on.name(`default-${ns}`);
      expect(await on.deploy([deployment(name)], { namespace: 'default' })).toEqual([`deployment ${name}`]);
      expect(await readyReplicas(name, 'default')).toBe(1);
      await on.run('deleteManifest', {
        account: FIRST,
        manifestName: `deployment ${name}`,
        location: 'default',
      });
    });

    it('D04 deploys all documents of a file', async () => {
      const name = on.name('several');
      const names = await on.deploy([deployment(name, { namespace: ns }), service(name, ns)]);
      expect(names.toSorted()).toEqual([`deployment ${name}`, `service ${name}`]);
      expect(await readyReplicas(name)).toBe(1);
      expect(await exists('service', name)).toBe(true);
    });

    it('D05 changes the image of what it deployed before', async () => {
      const name = on.name('update');
      for (const tag of ['3.11', '3.12']) {
        await on.deploy([deployment(name, { namespace: ns, image: `${IMAGE}:${tag}` })]);
        expect(imageOf(await on.get('deployment', name))).toBe(`${IMAGE}:${tag}`);
      }
      expect(await readyReplicas(name)).toBe(1);
    });

    it.each([
      ['D06 binds an optional image', [], ['3.12'], '3.12'],
      ['D07 binds a required image', ['3.13'], [], '3.13'],
      ['D08 binds a required image rather than an optional one', ['3.14'], ['3.12'], '3.14'],
    ])('%s', async (_name, required, optional, bound) => {
      const name = on.name('image');
      await on.deploy([deployment(name, { namespace: ns, image: IMAGE })], {
        requiredArtifacts: required.map((tag) => imageArtifact(tag)),
        optionalArtifacts: optional.map((tag) => imageArtifact(tag)),
      });
      expect(imageOf(await on.get('deployment', name))).toBe(`${IMAGE}:${bound}`);
    });

    it.each([
      ['D09', 'configMap', configMap, (name: string) => ({ name: 'v', configMap: { name } })],
      ['D10', 'secret', secret, (name: string) => ({ name: 'v', secret: { secretName: name } })],
    ])('%s mounts the version of a %s that an artifact names', async (_id, kind, manifest, volume) => {
      const name = on.name(`mounted-${kind.toLowerCase()}`);
      await on.apply(manifest(`${name}-v005`, ns));
      const artifact = {
        type: `kubernetes/${kind}`,
        name,
        reference: `${name}-v005`,
        version: 'v005',
        location: ns,
        metadata: { account: FIRST },
      };
      await on.deploy([deployment(name, { namespace: ns, volumes: [volume(name)] })], {
        optionalArtifacts: [artifact],
      });
      const deployed = (await on.get('deployment', name))?.['spec'] as {
        template: { spec: { volumes: object[] } };
      };
      expect(deployed.template.spec.volumes).toMatchObject([volume(`${name}-v005`)]);
    });

    it.each([
      ['D11', 'configMap', configMap],
      ['D12', 'secret', secret],
    ])('%s adds a version to the name of a %s', async (_id, kind, manifest) => {
      const name = on.name('versioned');
      expect(await on.deploy([manifest(name, ns)])).toEqual([`${kind} ${name}-v000`]);
      expect(await exists(kind, `${name}-v000`)).toBe(true);
    });

    it.each([
      ['D13', 'configMap', configMap, { file: 'a', newfile: 'new content' }],
      ['D14', 'secret', secret, { file: 'YQ==', newfile: 'SGVsbG8gd29ybGQK' }],
    ])(
      '%s gives a changed %s a new version, and leaves the old one alone',
      async (_id, kind, manifest, changed) => {
        const name = on.name('changed');
        expect(await on.deploy([manifest(name, ns)])).toEqual([`${kind} ${name}-v000`]);
        const before = await on.get(kind, `${name}-v000`);
        expect(await on.deploy([manifest(name, ns, changed)])).toEqual([`${kind} ${name}-v001`]);
        expect(await on.deploy([manifest(name, ns, changed)])).toEqual([`${kind} ${name}-v001`]);
        expect(await on.get(kind, `${name}-v000`)).toEqual(before);
        expect((await on.get(kind, `${name}-v001`))?.['data']).toEqual(changed);
      },
    );

    it.each([
      ['D15', 'configMap', configMap],
      ['D16', 'secret', secret],
    ])('%s leaves the name of a %s alone that does not want versions', async (_id, kind, manifest) => {
      const name = on.name('unversioned');
      expect(await on.deploy([manifest(name, ns, undefined, UNVERSIONED)])).toEqual([`${kind} ${name}`]);
      expect(await exists(kind, `${name}-v000`)).toBe(false);
    });

    it.each([
      ['D17 red/black, Service and ReplicaSet together', 'RED_BLACK', 'redblack', true],
      ['D18 blue/green, Service and ReplicaSet together', 'BLUE_GREEN', 'bluegreen', true],
      ['D19 red/black with a Service that is there', 'RED_BLACK', 'redblack', false],
      ['D20 blue/green with a Service that is there', 'BLUE_GREEN', 'bluegreen', false],
    ])('%s: only the last of two receives traffic', async (_name, strategy, option, together) => {
      const name = on.name('traffic');
      const svc = service(name, ns, { pointer: `${name}-here` });
      if (!together) await on.apply(svc);
      const manifests = [replicaSet(name, { namespace: ns }), ...(together ? [svc] : [])];
      const options = { strategy: option, enableTraffic: true, namespace: ns, services: [`service ${name}`] };
      const fields = {
        services: [`service ${name}`],
        strategy,
        trafficManagement: { enabled: true, options },
      };
      for (const version of ['v000', 'v001']) {
        const expected = [...(together ? [`service ${name}`] : []), `replicaSet ${name}-${version}`];
        expect(await on.deploy(manifests, fields)).toEqual(expected);
      }
      await on.run('disableManifest', {
        app: 'scenarios',
        account: FIRST,
        cloudProvider: 'kubernetes',
        location: ns,
        manifestName: `replicaSet ${name}-v000`,
      });
      const pods = await on.driver.client.list('Pod', {
        apiVersion: 'v1',
        namespace: ns,
        labelSelector: `pointer=${name}-here`,
      });
      expect(pods.items.map((pod) => pod.metadata?.ownerReferences?.[0]?.name)).toEqual([`${name}-v001`]);
    });

    it('D21 binds the image of a CronJob', async () => {
      const name = on.name('cron');
      const { apiVersion } = await on.driver.client.resource('cronJob');
      const manifest = cronJob(name, ns, apiVersion, IMAGE);
      expect(await on.deploy([manifest], { requiredArtifacts: [imageArtifact('3.12')] })).toEqual([
        `cronJob ${name}`,
      ]);
      const deployed = (await on.get('cronJob', name))?.['spec'] as { jobTemplate: object };
      expect(imageOf(deployed.jobTemplate as never)).toBe(`${IMAGE}:3.12`);
    });

    it('D22 deploys a definition of the first beta where the cluster still serves it', async ({ skip }) => {
      const served = await on.driver.client
        .resource('customResourceDefinition', 'apiextensions.k8s.io/v1beta1')
        .catch(() => undefined);
      if (served === undefined) return skip('this cluster serves no apiextensions.k8s.io/v1beta1');
      const group = `beta.${ns}.example.com`;
      const { spec, ...rest } = cronTabDefinition({ group });
      const { versions: _versions, ...fields } = spec;
      const manifest = {
        ...rest,
        apiVersion: 'apiextensions.k8s.io/v1beta1',
        spec: { ...fields, version: 'v1' },
      };
      const name = `customResourceDefinition crontabs.${group}`;
      expect(await on.deploy([manifest], { namespace: '' })).toEqual([name]);
      await on.remove('customResourceDefinition', `crontabs.${group}`);
    });

    it('D23 deploys a definition', async () => {
      const group = `plain.${ns}.example.com`;
      const names = await on.deploy([cronTabDefinition({ group })], { namespace: '' });
      expect(names).toEqual([`customResourceDefinition crontabs.${group}`]);
      expect(await on.clusterWide('customResourceDefinition', `crontabs.${group}`)).toBeDefined();
      await on.remove('customResourceDefinition', `crontabs.${group}`);
    });

    it.each(['Namespaced', 'Cluster'] as const)(
      'D24/D25 deploys a %s definition and a resource of it',
      async (scope) => {
        const group = `${scope.toLowerCase()}.${ns}.example.com`;
        const kind = `CronTab.${group}`;
        const place = scope === 'Cluster' ? '' : ns;
        await on.deploy([cronTabDefinition({ group, scope })], { namespace: '' });
        const fields = { namespace: place, ...(scope === 'Namespaced' && { namespaceOverride: ns }) };
        expect(await on.deploy([cronTab('mine', undefined, 'a', group)], fields)).toEqual([`${kind} mine`]);
        expect(
          await on.driver.client.find({ kind, name: 'mine', ...(place && { namespace: place }) }),
        ).toBeDefined();
        await on.remove('customResourceDefinition', `crontabs.${group}`);
      },
    );

    it('D26 shows the custom kinds of an account among its kinds', async () => {
      const { body } = await on.driver.get('/credentials?expand=true');
      const account = (body as { name: string; spinnakerKindMap: object }[]).find(
        ({ name }) => name === FIRST,
      );
      expect(account?.spinnakerKindMap).toHaveProperty([`CronTab.${CRON_TAB_GROUP}`], 'unclassified');
    });

    it.each([
      ['D27 an unversioned Deployment', deployment, 'false', 'deployment', ''],
      ['D28 a versioned ReplicaSet', replicaSet, 'true', 'replicaSet', '-v001'],
    ])('%s keeps the size it has, and takes the rest', async (_name, workload, versioned, kind, suffix) => {
      const name = on.name('capacity');
      const annotations = {
        'strategy.spinnaker.io/versioned': versioned,
        'strategy.spinnaker.io/use-source-capacity': 'true',
      };
      await on.deploy([workload(name, { namespace: ns, annotations })]);
      const env = [{ name: 'test', value: 'test' }];
      const second = workload(name, { namespace: ns, annotations, replicas: 5, env });
      expect(await on.deploy([second])).toEqual([`${kind} ${name}${suffix}`]);
      expect(await on.get(kind, `${name}${suffix}`)).toMatchObject({
        spec: { replicas: 1, template: { spec: { containers: [{ env }] } } },
      });
    });

    it('D29 applies on the server what asks for it', async () => {
      const name = on.name('server-side');
      const annotations = { 'strategy.spinnaker.io/server-side-apply': 'force-conflicts' };
      await on.deploy([deployment(name, { namespace: ns, annotations })]);
      const { managedFields } = metadataOf((await on.get('deployment', name)) ?? {});
      const fields = managedFields as { operation: string }[];
      expect(fields.filter(({ operation }) => operation === 'Apply')).toMatchObject([{ manager: 'kubectl' }]);
    });

    it.each([
      ['D30 whose annotation says false', { 'strategy.spinnaker.io/server-side-apply': 'false' }],
      ['D31 that asks for nothing', undefined],
    ])('%s is applied as kubectl does', async (_name, annotations) => {
      const name = on.name('client-side');
      await on.deploy([deployment(name, { namespace: ns, ...(annotations && { annotations }) })]);
      expect(annotationsOf((await on.get('deployment', name)) ?? {})).toHaveProperty([
        'kubectl.kubernetes.io/last-applied-configuration',
      ]);
    });

    it('D32 deploys only what label selectors choose', async () => {
      const chosen = on.name('chosen');
      const other = on.name('other');
      const labelled = (name: string, tier: string) => {
        const manifest = deployment(name, { namespace: ns });
        return { ...manifest, metadata: { ...manifest.metadata, labels: { tier } } };
      };
      const selectors = [{ kind: 'EQUALS', key: 'tier', values: ['front'] }];
      const names = await on.deploy([labelled(chosen, 'front'), labelled(other, 'back')], {
        labelSelectors: { selectors },
      });
      expect(names).toEqual([`deployment ${chosen}`]);
      expect(await exists('deployment', other)).toBe(false);
    });

    it('D33 fails when label selectors choose nothing, unless that is allowed', async () => {
      const labelSelectors = { selectors: [{ kind: 'EQUALS', key: 'tier', values: ['none'] }] };
      const manifests = [deployment(on.name('nothing'), { namespace: ns })];
      await expect(on.deploy(manifests, { labelSelectors })).rejects.toThrow(
        'nothing deployed to account account1',
      );
      expect(await on.deploy(manifests, { labelSelectors, allowNothingSelected: true })).toEqual([]);
    });
  });
}
