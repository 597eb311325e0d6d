import { connectDatabase, migrate, type Database } from '@gennaker/database';
import { createTestDatabase, type TestDatabase } from '@gennaker/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clouddriverMigrations } from '../clouddriver-migrations.js';
import { ResourceStore } from '../resource-store.js';
import { application, applicationNames, applications } from './applications.js';
import { cluster, clusterNames, clusters } from './clusters.js';
import { instance } from './instances.js';
import { loadBalancer, loadBalancers } from './load-balancers.js';
import { storedManifest } from './manifests.js';
import { projectClusters } from './project-clusters.js';
import { rawResources } from './raw-resources.js';
import { search } from './search.js';
import { securityGroup, securityGroups } from './security-groups.js';
import { serverGroupManagers } from './server-group-managers.js';
import { expandedServerGroups, serverGroup, serverGroups, serverGroupsById } from './server-groups.js';
import { resource, running, workload } from './shop.suite.js';

let test: TestDatabase;
let database: Database;

const front = resource('deployment', 'front', workload(2, { app: 'front' }, 'shop/front:2'));
const labels = { app: 'front', tier: 'web' };
const old = resource('replicaSet', 'front-1', workload(0, labels, 'shop/front:1'), {
  owner: front,
  annotations: {
    'deployment.kubernetes.io/revision': '1',
    'moniker.spinnaker.io/cluster': 'deployment front',
  },
});
const current = resource('replicaSet', 'front-2', workload(2, labels, 'shop/front:2'), {
  owner: front,
  labels: { team: 'a' },
  annotations: {
    'deployment.kubernetes.io/revision': '2',
    'moniker.spinnaker.io/cluster': 'deployment front',
  },
});
const up = resource('pod', 'front-2-a', running(true), { owner: current, labels });
const down = resource('pod', 'front-2-b', running(false), { owner: current, labels });
const service = resource('service', 'front', { spec: { selector: { app: 'front' } } });
const ingress = resource('ingress', 'www', {
  spec: {
    rules: [
      { http: { paths: [{ path: '/', backend: { service: { name: 'front', port: { number: 80 } } } }] } },
    ],
  },
});
const dark = resource('replicaSet', 'dark-v003', workload(1, { app: 'dark' }, 'shop/dark:1'), {
  annotations: { 'traffic.spinnaker.io/load-balancers': '["service front"]' },
});
const lone = resource('pod', 'lone', running(true, 'Pending'), {
  application: 'tools',
  labels: { app: 'front' },
});
const policy = resource('networkPolicy', 'closed', {
  spec: {
    ingress: [{ ports: [{ port: 80 }, { port: 'http', protocol: 'UDP' }, { port: 8000, endPort: 8010 }] }],
  },
});
const config = resource('configMap', 'settings-v000', { data: { a: '1' } });
const elsewhere = resource('statefulSet', 'front', workload(3, { app: 'front' }, 'shop/db:1'), {
  account: 'staging',
});
const everything = [front, old, current, up, down, service, ingress, dark, lone, policy, config, elsewhere];

beforeAll(async () => {
  test = await createTestDatabase();
  await migrate(test.url, [clouddriverMigrations]);
  database = await connectDatabase({ url: test.url, name: 'test' });
  await new ResourceStore(database.pool).upsert(everything);
});

afterAll(async () => {
  await database.close();
  await test.drop();
});

const names = (items: { name: string }[]): string[] => items.map((item) => item.name).sort();

describe('server groups', () => {
  it('have the pods that they own, the services that select them and the manager that made them', async () => {
    const all = await serverGroups(database.pool, ['shop'], { accounts: ['prod'] });
    expect(names(all)).toEqual(['replicaSet dark-v003', 'replicaSet front-1', 'replicaSet front-2']);
    expect(all.find((group) => group.name === 'replicaSet front-2')).toEqual({
      name: 'replicaSet front-2',
      account: 'prod',
      region: 'web',
      cluster: 'deployment front',
      type: 'kubernetes',
      cloudProvider: 'kubernetes',
      instanceType: null,
      application: 'shop',
      isDisabled: false,
      moniker: { app: 'shop', cluster: 'deployment front', stack: null, detail: null, sequence: 2 },
      buildInfo: { images: ['shop/front:2'] },
      createdTime: current.created_at,
      capacity: { desired: 2 },
      instances: [
        expect.objectContaining({
          id: up.uid,
          name: 'pod front-2-a',
          healthState: 'Up',
          availabilityZone: 'web',
        }),
        expect.objectContaining({ id: down.uid, name: 'pod front-2-b', healthState: 'Down' }),
      ],
      loadBalancers: ['service front'],
      securityGroups: [],
      instanceCounts: { total: 2, up: 1, down: 1, unknown: 0, outOfService: 0, starting: 0 },
      labels: { team: 'a' },
      serverGroupManagers: [{ account: 'prod', location: 'web', name: 'deployment front' }],
    });
  });

  it('are disabled when they name a load balancer and none selects them', async () => {
    const groups = await serverGroups(database.pool, ['shop']);
    expect(groups.filter((group) => group.isDisabled).map((group) => group.name)).toEqual([
      'replicaSet dark-v003',
    ]);
  });

  it('can be limited to clusters', async () => {
    const filter = { clusters: ['prod:deployment front'] };
    expect(names(await serverGroups(database.pool, ['shop'], filter))).toEqual([
      'replicaSet front-1',
      'replicaSet front-2',
    ]);
  });

  it('are shown from every account that may be seen, and from no other', async () => {
    expect(await serverGroups(database.pool, ['shop'], { accounts: [] })).toEqual([]);
    const groups = await expandedServerGroups(database.pool, ['shop'], { accounts: ['staging'] });
    expect(groups).toMatchObject([
      { name: 'statefulSet front', account: 'staging', capacity: { desired: 3 } },
    ]);
  });

  it('are found by name, whatever the case of the kind', async () => {
    const id = { account: 'prod', region: 'web', name: 'ReplicaSet front-2' };
    expect(await serverGroup(database.pool, id)).toMatchObject({
      name: 'replicaSet front-2',
      displayName: 'front-2',
      apiVersion: 'apps/v1',
      kind: 'replicaSet',
      namespace: 'web',
      disabled: false,
      capacity: { desired: 2, min: null, max: null, pinned: false },
      instances: [{ name: up.uid, humanReadableName: 'pod front-2-a', zone: 'web' }, { name: down.uid }],
    });
    expect(names(await serverGroupsById(database.pool, [id, { ...id, name: 'replicaSet gone' }]))).toEqual([
      'replicaSet front-2',
    ]);
  });

  it.each(['front-2', 'replicaSet nobody', 'replicaSet front-2 more', 'pod front-2', ''])(
    'are undefined for "%s"',
    async (name) => {
      expect(await serverGroup(database.pool, { account: 'prod', region: 'web', name })).toBeUndefined();
    },
  );
});

describe('server group managers', () => {
  it('list the server groups that they made', async () => {
    const [manager, ...more] = await serverGroupManagers(database.pool, 'shop');
    expect(more).toEqual([]);
    expect(manager).toMatchObject({ name: 'deployment front', cloudProvider: 'kubernetes' });
    expect(names(manager?.serverGroups ?? [])).toEqual(['replicaSet front-1', 'replicaSet front-2']);
  });
});

describe('load balancers', () => {
  it('are Services with what their selectors match, and Ingresses with what is behind their Services', async () => {
    const all = await loadBalancers(database.pool, 'shop');
    expect(names(all)).toEqual(['ingress www', 'service front']);
    for (const balancer of all) {
      expect(names(balancer.serverGroups)).toEqual(['replicaSet front-1', 'replicaSet front-2']);
      expect(balancer.instances).toMatchObject([{ id: lone.uid, health: { state: 'Down' } }]);
    }
    expect(
      all[0]?.serverGroups.find((group) => group.name === 'replicaSet front-2')?.instances,
    ).toMatchObject([
      { id: up.uid, name: 'pod front-2-a', zone: 'web', health: { state: 'Up', type: 'kubernetes/pod' } },
      { id: down.uid, health: { state: 'Down' } },
    ]);
  });

  it('are found by name', async () => {
    const id = { account: 'prod', region: 'web', name: 'service front' };
    expect(await loadBalancer(database.pool, id)).toMatchObject({
      name: 'service front',
      displayName: 'front',
    });
    expect(await loadBalancer(database.pool, { ...id, account: 'staging' })).toBeUndefined();
  });
});

describe('clusters', () => {
  it('are named by account', async () => {
    expect(await clusterNames(database.pool, 'shop')).toEqual({
      prod: ['dark', 'deployment front', 'front'],
      staging: ['front'],
    });
    expect(await clusterNames(database.pool, 'shop', ['staging'])).toEqual({ staging: ['front'] });
  });

  it('hold their server groups and load balancers', async () => {
    const found = await clusters(database.pool, 'shop', { account: 'prod' });
    expect(found.find((c) => c.name === 'deployment front')).toMatchObject({
      account: 'prod',
      loadBalancers: ['service front'],
      serverGroups: ['replicaSet front-1', 'replicaSet front-2'],
      moniker: { app: 'shop', cluster: 'deployment front', sequence: null },
    });
    const whole = await cluster(database.pool, {
      application: 'shop',
      account: 'prod',
      name: 'deployment front',
    });
    expect(names(whole?.serverGroups ?? [])).toEqual(['replicaSet front-1', 'replicaSet front-2']);
    expect(names(whole?.loadBalancers ?? [])).toEqual(['service front']);
    expect(
      await cluster(database.pool, { application: 'shop', account: 'prod', name: 'none' }),
    ).toBeUndefined();
  });
});

describe('applications', () => {
  it('are everything that some object belongs to', async () => {
    expect(await applicationNames(database.pool)).toEqual(['shop', 'tools']);
    expect(await applicationNames(database.pool, ['staging'])).toEqual(['shop']);
    expect((await applications(database.pool, { expand: true }))[0]).toEqual({
      name: 'shop',
      attributes: { name: 'shop' },
      clusterNames: { prod: ['dark', 'deployment front', 'front'], staging: ['front'] },
    });
  });

  it('have clusters and accounts', async () => {
    expect(await application(database.pool, 'shop')).toMatchObject({
      name: 'shop',
      attributes: { cloudProviders: 'kubernetes', accounts: 'prod,staging' },
      clusters: {
        staging: [
          { name: 'front', serverGroups: ['statefulSet front'], loadBalancers: [], provider: 'kubernetes' },
        ],
      },
    });
    expect(await application(database.pool, 'unknown')).toBeUndefined();
  });
});

describe('security groups', () => {
  it('are NetworkPolicies by account, provider and namespace', async () => {
    const name = 'networkPolicy closed';
    expect(await securityGroups(database.pool)).toEqual({
      prod: { kubernetes: { web: [{ id: name, name }] } },
    });
    expect(await securityGroups(database.pool, { account: 'staging' })).toEqual({});
    expect(await securityGroup(database.pool, { account: 'prod', region: 'web', name })).toMatchObject({
      id: name,
      inboundRules: [
        { protocol: 'TCP', portRanges: [{ startPort: 80, endPort: 80 }] },
        { protocol: 'UDP', portRanges: [{ startPortName: 'http' }] },
        { protocol: 'TCP', portRanges: [{ startPort: 8000, endPort: 8010 }] },
      ],
      outboundRules: [],
    });
  });
});

describe('instances', () => {
  it('are found by uid in their account and namespace', async () => {
    const id = { account: 'prod', region: 'web', uid: up.uid };
    expect(await instance(database.pool, id)).toMatchObject({
      name: up.uid,
      humanReadableName: 'pod front-2-a',
      healthState: 'Up',
      health: [
        { state: 'Up', source: 'Pod', type: 'kubernetes/pod', healthClass: 'platform' },
        { state: 'Up', source: 'Container main', type: 'kubernetes/container', healthClass: 'platform' },
      ],
    });
    expect(await instance(database.pool, { ...id, region: 'other' })).toBeUndefined();
    expect(await instance(database.pool, { ...id, uid: service.uid })).toBeUndefined();
  });
});

describe('manifests and raw resources', () => {
  it('give the manifest as it was last seen', async () => {
    const found = await storedManifest(database.pool, {
      account: 'prod',
      region: 'web',
      name: 'configMap settings-v000',
    });
    expect(found).toMatchObject({
      manifest: { kind: 'ConfigMap', data: { a: '1' } },
      status: { stable: { state: true } },
    });
  });

  it('list everything of an application as the account shows it', async () => {
    const limits = (extra: object) => [
      {
        name: 'prod',
        kinds: [],
        omitKinds: [],
        rawResourcesEndpointConfig: { kindExpressions: [], omitKindExpressions: [], ...extra },
      },
    ];
    const kinds = async (extra: object): Promise<string[]> => {
      const found = await rawResources(database.pool, 'shop', { accounts: ['prod'], limits: limits(extra) });
      return [...new Set(found.map((item) => item.kind))].sort();
    };
    expect(await kinds({})).toEqual([
      'configMap',
      'deployment',
      'ingress',
      'networkPolicy',
      'pod',
      'replicaSet',
      'service',
    ]);
    expect(await kinds({ kindExpressions: ['config.*'] })).toEqual(['configMap']);
    expect(await kinds({ omitKindExpressions: ['p', '.*Set', 'po.'] })).not.toContain('pod');
  });
});

describe('the clusters of a project', () => {
  const project = (extra: object) =>
    projectClusters(database.pool, {
      applications: ['shop'],
      clusters: [{ account: 'prod', stack: '*', detail: '*', ...extra }],
    });

  it('count what runs, by application and region', async () => {
    expect(await project({})).toMatchObject([
      {
        account: 'prod',
        instanceCounts: { total: 2, up: 1, down: 1 },
        applications: [
          {
            application: 'shop',
            lastPush: current.created_at,
            clusters: [
              { region: 'web', builds: [{ deployed: current.created_at, images: ['shop/front:2'] }] },
            ],
          },
        ],
      },
    ]);
  });

  it('are empty where the stack or the account is another', async () => {
    for (const extra of [{ stack: 'test' }, { account: 'staging' }]) {
      expect(await project(extra)).toMatchObject([
        { instanceCounts: { total: 0 }, applications: [{ clusters: [] }] },
      ]);
    }
  });
});

describe('search', () => {
  const find = async (query: string, types: string[], extra: object = {}) =>
    search(database.pool, { query, types, page: 1, pageSize: 10, ...extra });

  it('finds parts of names without regard to case', async () => {
    const found = await find('FRONT-2', ['serverGroups', 'instances']);
    expect(found).toMatchObject({ totalMatches: 3, pageNumber: 1, query: 'FRONT-2' });
    expect(found.results).toContainEqual(
      expect.objectContaining({
        provider: 'kubernetes',
        type: 'serverGroups',
        kubernetesKind: 'replicaSet',
        serverGroup: 'replicaSet front-2',
        account: 'prod',
        region: 'web',
        application: 'shop',
        cluster: 'deployment front',
      }),
    );
    expect(found.results).toContainEqual(expect.objectContaining({ type: 'instances', instanceId: up.uid }));
  });

  it('finds what belongs to an application of that name', async () => {
    expect((await find('shop', ['securityGroups'])).results).toMatchObject([
      { name: 'networkPolicy closed' },
    ]);
  });

  it('takes the text as it is, not as a pattern', async () => {
    expect((await find('%', ['serverGroups'])).totalMatches).toBe(0);
    expect((await find('_', ['serverGroups'])).totalMatches).toBe(0);
  });

  it('gives pages, over clusters and resources alike', async () => {
    const types = ['clusters', 'serverGroups'];
    const whole = (await find('front', types)).results;
    const pages = [];
    for (const page of [1, 2, 3]) pages.push(...(await find('front', types, { page, pageSize: 2 })).results);
    expect(pages).toEqual(whole.slice(0, 6));
    expect(new Set(whole.map((result) => result.type))).toEqual(new Set(types));
  });

  it('keeps to the filters and to the accounts that may be seen', async () => {
    expect(
      (await find('front', ['serverGroups'], { filters: { account: 'Staging' } })).results,
    ).toMatchObject([{ account: 'staging' }]);
    expect((await find('front', ['serverGroups', 'clusters'], { accounts: ['none'] })).totalMatches).toBe(0);
  });

  it('finds applications', async () => {
    expect((await find('ool', ['applications'])).results).toEqual([
      { provider: 'kubernetes', type: 'applications', application: 'tools', name: 'tools' },
    ]);
  });
});

describe('one cluster that two accounts see', () => {
  const sides = ['east', 'west'];

  beforeAll(async () => {
    const rows = sides.flatMap((account) => {
      const draft = { account, application: 'twice' };
      const labelled = { app: 'twin' };
      const manager = resource('deployment', 'twin', workload(1, labelled, 'twin:1'), {
        ...draft,
        uid: 'u-d',
      });
      const group = resource('replicaSet', 'twin-1', workload(1, labelled, 'twin:1'), {
        ...draft,
        uid: 'u-rs',
        owner: manager,
        annotations: { 'moniker.spinnaker.io/cluster': 'deployment twin' },
      });
      const pod = resource('pod', 'twin-1-a', running(true), { ...draft, uid: 'u-pod', owner: group });
      const front = resource(
        'service',
        'twin',
        { spec: { selector: labelled } },
        {
          ...draft,
          uid: 'u-svc',
        },
      );
      return [manager, group, pod, front];
    });
    await new ResourceStore(database.pool).upsert(rows);
  });

  it('is shown in each of them once', async () => {
    for (const groups of [
      await serverGroups(database.pool, ['twice']),
      await expandedServerGroups(database.pool, ['twice']),
    ]) {
      expect(groups).toMatchObject(
        sides.map((account) => ({
          account,
          instanceCounts: { total: 1, up: 1 },
          loadBalancers: ['service twin'],
          serverGroupManagers: [{ account, name: 'deployment twin' }],
        })),
      );
    }
    const ofManager = await serverGroupManagers(database.pool, 'twice');
    expect(ofManager).toMatchObject(sides.map((account) => ({ account, serverGroups: [{ account }] })));
    for (const { serverGroups: groups } of ofManager) expect(groups).toHaveLength(1);
    const balancers = await loadBalancers(database.pool, 'twice');
    expect(balancers.map(({ account, serverGroups: all }) => [account, all.length])).toEqual([
      ['east', 1],
      ['west', 1],
    ]);
    for (const { account, serverGroups: groups } of balancers) {
      expect(groups).toMatchObject([{ account, instances: [{ id: 'u-pod' }] }]);
      expect(groups[0]?.instances).toHaveLength(1);
    }
  });

  it('gives an instance in the account that is asked for', async () => {
    for (const account of sides) {
      const found = await instance(database.pool, { account, region: 'web', uid: 'u-pod' });
      expect(found).toMatchObject({ account });
    }
  });
});
