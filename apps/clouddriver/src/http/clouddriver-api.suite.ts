import { randomBytes, randomUUID } from 'node:crypto';
import { catalogMigrations } from '@gennaker/catalog';
import { createHttpApp } from '@gennaker/http';
import { clouddriverMigrations } from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';
import { operationMigrations } from '@gennaker/operation';
import { createPlatform, platformConfigFrom, type Platform } from '@gennaker/platform';
import { createTestDatabase, testServers, type TestDatabase } from '@gennaker/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clouddriverConfigFrom } from '../clouddriver.config.js';
import { ClouddriverModule } from '../clouddriver.module.js';
import { ClouddriverService } from '../clouddriver.service.js';
import type { KubernetesClient } from '../kubernetes/client/kubernetes-client.js';
import type { KubernetesObject } from '../kubernetes/client/kubernetes-client.types.js';

interface Answer {
  status: number;
  body: unknown;
  headers: Record<string, unknown>;
}

/** The cloud driver as a process would run it, on a database of its own. */
export class RunningClouddriver {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly client: KubernetesClient,
    private readonly platform: Platform,
    private readonly test: TestDatabase,
  ) {}

  /** `client` is that of the first account. */
  static async start(...accounts: [JsonObject, ...JsonObject[]]): Promise<RunningClouddriver> {
    const test = await createTestDatabase();
    const servers = {
      DATABASE_URL: test.url,
      REDIS_URL: testServers().redisUrl,
      QUEUE_PREFIX: `test-${randomUUID()}`,
    };
    const platform = await createPlatform(platformConfigFrom('clouddriver', servers), [
      operationMigrations,
      catalogMigrations,
      clouddriverMigrations,
    ]);
    const env = { CLOUDDRIVER_ENCRYPTION_KEYS: randomBytes(32).toString('base64') };
    const config = clouddriverConfigFrom(env, { accounts });
    const app = await createHttpApp(ClouddriverModule.register(platform, config), {
      service: 'clouddriver',
      logLevel: 'silent',
    });
    const { client } = app
      .get(ClouddriverService, { strict: false })
      .kubernetes.registry.get(String(accounts[0]['name']));
    return new RunningClouddriver(app, client, platform, test);
  }

  async get(url: string): Promise<Answer> {
    return this.ask('GET', url);
  }

  async ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object): Promise<Answer> {
    const answer = await this.app.inject({ method, url, ...(payload && { payload }) });
    const body: unknown = answer.body === '' ? undefined : JSON.parse(answer.body);
    return { status: answer.statusCode, body, headers: answer.headers };
  }

  /** Waits until the answer's body is so. */
  async eventually(
    url: string,
    matches: (matcher: ReturnType<typeof expect.poll>) => Promise<unknown>,
  ): Promise<void> {
    const read = async (): Promise<unknown> => (await this.get(url)).body;
    await matches(expect.poll(read, { timeout: 30_000, interval: 30 }));
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.platform.close();
    await this.test.drop();
  }
}

/** What the cloud driver's API owes on any cluster. */
export function describeClouddriverApi(name: string, kubeconfig: () => Promise<string>): void {
  describe(`the API on ${name}`, () => {
    const namespace = `api-${Math.random().toString(36).slice(2, 8)}`;
    let driver: RunningClouddriver;

    beforeAll(async () => {
      driver = await RunningClouddriver.start({
        name: 'prod',
        kubeconfigContents: await kubeconfig(),
        namespaces: [namespace],
        kinds: ['deployment', 'replicaSet', 'pod', 'service', 'configMap', 'secret', 'job', 'namespace'],
      });
      const { client } = driver;
      await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await client.create(shopDeployment(namespace));
      await client.create(service(namespace));
      const replicaSets = ['v000', 'v001', 'v002'].map((version, i) => versioned(namespace, version, i));
      for (const replicaSet of replicaSets) await client.create(replicaSet);
      await client.create(job(namespace));
      await client.create({
        ...named('v1', 'Secret', 'hidden', namespace),
        stringData: { password: 'hunter2' },
      });
    });

    afterAll(async () => {
      await driver.client.delete({ kind: 'Namespace', name: namespace });
      await driver.stop();
    });

    it('shows the server groups of an application, up when their pods are', async () => {
      await driver.eventually('/applications/shop/serverGroups', (body) =>
        body.toContainEqual(
          expect.objectContaining({
            name: expect.stringMatching(/^replicaSet front-/),
            account: 'prod',
            region: namespace,
            capacity: { desired: 2 },
            instanceCounts: expect.objectContaining({ total: 2, up: 2 }),
            loadBalancers: ['service front'],
            serverGroupManagers: [{ account: 'prod', location: namespace, name: 'deployment front' }],
          }),
        ),
      );
      expect((await driver.get('/applications/shop/clusters')).body).toMatchObject({
        prod: expect.arrayContaining(['front']),
      });
      expect((await driver.get('/applications/shop/serverGroupManagers')).body).toMatchObject([
        { name: 'deployment front' },
      ]);
      expect((await driver.get('/applications/shop/loadBalancers')).body).toMatchObject([
        { name: 'service front', serverGroups: [expect.anything()] },
      ]);
    });

    it('shows a pod, and what it says', async () => {
      const groups = (await driver.get('/applications/shop/serverGroups')).body as {
        name: string;
        instances: { id: string; name: string }[];
      }[];
      const pod = groups.find((group) => group.name.startsWith('replicaSet front-'))?.instances[0];
      const path = `/instances/prod/${namespace}`;
      expect((await driver.get(`${path}/${pod?.id}`)).body).toMatchObject({
        humanReadableName: pod?.name,
        healthState: 'Up',
      });
      for (const id of [pod?.id, pod?.name, pod?.name.slice('pod '.length)]) {
        const { body } = await driver.get(
          `${path}/${encodeURIComponent(id ?? '')}/console?provider=kubernetes`,
        );
        expect(body).toEqual({ output: [{ name: 'main', output: expect.any(String) }] });
      }
      expect((await driver.get(`${path}/nobody/console`)).body).toMatchObject({
        output: [{ name: 'Error' }],
      });
    });

    it('gives a manifest with status, artifacts and events', async () => {
      const { status, body } = await driver.get(
        `/manifests/prod/${namespace}/${encodeURIComponent('Deployment front')}`,
      );
      expect(status).toBe(200);
      expect(body).toMatchObject({
        account: 'prod',
        name: 'deployment front',
        location: namespace,
        moniker: { app: 'shop', cluster: 'front' },
        manifest: { kind: 'Deployment', metadata: { name: 'front' } },
        status: {
          stable: { state: true },
          available: { state: true },
          paused: { state: false },
          failed: { state: false },
        },
        artifacts: [{ type: 'docker/image', name: 'registry/front', reference: 'registry/front:1.0' }],
        warnings: [],
        metrics: [],
      });
      const events = (body as { events: { involvedObject: { name: string }; reason: string }[] }).events;
      expect(events.map((event) => event.involvedObject.name)).toContain('front');
    });

    it('gives the same from the inventory when asked for', async () => {
      const url = `/manifests/prod/${namespace}/${encodeURIComponent('deployment front')}?live=false&includeEvents=false`;
      await driver.eventually(url, (body) =>
        body.toMatchObject({ name: 'deployment front', events: [], status: { stable: { state: true } } }),
      );
    });

    it.each([
      ['an object that is not there', (ns: string) => `/manifests/prod/${ns}/configMap%20nobody`],
      ['an unknown kind', (ns: string) => `/manifests/prod/${ns}/widget%20x`],
      ['an unknown account', (ns: string) => `/manifests/nowhere/${ns}/pod%20x`],
      ['a namespace that the account leaves out', () => '/manifests/prod/kube-system/pod%20x'],
      ['a kind that the account leaves out', () => '/manifests/prod/_/node%20x'],
    ])('answers 404 for %s', async (_what, url) => {
      expect((await driver.get(url(namespace))).status).toBe(404);
    });

    it('answers 400 for a name that is none', async () => {
      expect(await driver.get(`/manifests/prod/${namespace}/front`)).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining('<kind> <name>') },
      });
    });

    it('finds cluster-wide objects with and without the underscore', async () => {
      for (const url of [
        `/manifests/prod/_/namespace%20${namespace}`,
        `/manifests/prod/namespace%20${namespace}`,
      ]) {
        expect((await driver.get(url)).body).toMatchObject({ name: `namespace ${namespace}`, location: '' });
      }
    });

    it('never shows what a Secret holds', async () => {
      const { body } = await driver.get(`/manifests/prod/${namespace}/secret%20hidden`);
      expect(body).toMatchObject({ name: 'secret hidden' });
      expect(JSON.stringify(body)).not.toMatch(/hunter2|aHVudGVyMg/);
    });

    const dynamic = (criteria: string): string =>
      `/manifests/prod/${namespace}/replicaSet/cluster/shop/${encodeURIComponent('replicaSet back')}/dynamic/${criteria}`;

    it.each([
      ['newest', 'back-v002'],
      ['second_newest', 'back-v001'],
      ['oldest', 'back-v000'],
      ['largest', 'back-v002'],
      ['smallest', 'back-v000'],
    ])('finds the %s of a cluster', async (criteria, name) => {
      expect((await driver.get(dynamic(criteria))).body).toEqual({ kind: 'replicaSet', namespace, name });
    });

    it('lists the objects of a cluster, and says what is wrong with a target', async () => {
      const all = (await driver.get(dynamic('x').replace('/dynamic/x', ''))).body;
      expect(all).toEqual(
        ['back-v000', 'back-v001', 'back-v002'].map((name) => ({ kind: 'replicaSet', namespace, name })),
      );
      expect(await driver.get(dynamic('biggest'))).toMatchObject({
        status: 400,
        body: { problems: [{ path: 'criteria' }] },
      });
      expect((await driver.get(dynamic('oldest').replace('/shop/', '/other/'))).status).toBe(404);
    });

    it('tells how a job ended, and what it handed on', async () => {
      const url = `/applications/shop/jobs/prod/${namespace}/${encodeURIComponent('job migrate')}`;
      await driver.eventually(url, (body) =>
        body.toMatchObject({
          name: 'migrate',
          jobState: 'Succeeded',
          provider: 'kubernetes',
          location: namespace,
          pods: [{ name: expect.stringMatching(/^migrate-/) }],
        }),
      );
      expect((await driver.get(`${url}/main`)).body).toEqual({ version: '12', nested: { a: 1 } });
      expect((await driver.ask('DELETE', url)).status).toBe(200);
      await expect.poll(async () => (await driver.get(url)).status, { timeout: 20_000 }).toBe(404);
    });

    it('finds things by name', async () => {
      expect(
        (await driver.get('/search?q=fron&type=serverGroupManagers&type=loadBalancers')).body,
      ).toMatchObject([
        {
          totalMatches: 2,
          results: expect.arrayContaining([
            expect.objectContaining({
              type: 'loadBalancers',
              loadBalancer: 'service front',
              region: namespace,
            }),
          ]),
        },
      ]);
    });

    it('says how the account is', async () => {
      await driver.eventually('/credentials/prod', (body) => body.toMatchObject({ health: { state: 'UP' } }));
      const { body } = await driver.get('/credentials?expand=true');
      expect(body).toMatchObject([
        {
          name: 'prod',
          type: 'kubernetes',
          cloudProvider: 'kubernetes',
          namespaces: [namespace],
          spinnakerKindMap: { replicaSet: 'serverGroups' },
        },
      ]);
      expect(JSON.stringify(body)).not.toContain('kubeconfig');
    });
  });
}

function named(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string,
  annotations: object = {},
): KubernetesObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      annotations: { 'moniker.spinnaker.io/application': 'shop', ...annotations },
    },
  };
}

function podTemplate(labels: object, extra: object = {}): object {
  return {
    metadata: { labels, ...extra },
    spec: { containers: [{ name: 'main', image: 'registry/front:1.0' }] },
  };
}

function shopDeployment(namespace: string): KubernetesObject {
  const spec = {
    replicas: 2,
    selector: { matchLabels: { app: 'front' } },
    template: podTemplate({ app: 'front' }, { annotations: { 'moniker.spinnaker.io/application': 'shop' } }),
  };
  return { ...named('apps/v1', 'Deployment', 'front', namespace), spec };
}

function service(namespace: string): KubernetesObject {
  return {
    ...named('v1', 'Service', 'front', namespace),
    spec: { selector: { app: 'front' }, ports: [{ port: 80 }] },
  };
}

function versioned(namespace: string, version: string, replicas: number): KubernetesObject {
  const labels = { app: `back-${version}` };
  const object = named('apps/v1', 'ReplicaSet', `back-${version}`, namespace, {
    'moniker.spinnaker.io/cluster': 'replicaSet back',
    'moniker.spinnaker.io/sequence': String(Number(version.slice(1))),
  });
  return { ...object, spec: { replicas, selector: { matchLabels: labels }, template: podTemplate(labels) } };
}

function job(namespace: string): KubernetesObject {
  const logs = 'working\nSPINNAKER_PROPERTY_VERSION=12\nSPINNAKER_CONFIG_JSON={"nested":{"a":1}}';
  const template = {
    metadata: { annotations: { 'playground.gennaker.io/logs': logs } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'registry/migrate:1.0' }] },
  };
  return { ...named('batch/v1', 'Job', 'migrate', namespace), spec: { template } };
}
