import { inventoryHealth } from '@gennaker/inventory';
import { startPlayground, type Playground } from '@gennaker/playground';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedApiServer, json, resources, status } from '../client/api-server.suite.js';
import { describeClusterInventory } from './cluster-inventory.suite.js';
import { CuttableProxy } from './cuttable-proxy.suite.js';
import { configMap, rows, startHarness, type Harness } from './inventory.suite.js';

const NAMES = `select name from clouddriver.resource where kind = 'ConfigMap' and namespace = 'shop' and name <> 'kube-root-ca.crt' order by name`;
const named = (...names: string[]): object[] => names.map((name) => ({ name }));
const health = async (harness: Harness) => (await inventoryHealth(harness.database.pool, ['test']))[0];
const poll = { timeout: 25_000, interval: 20 };

let shared: Playground;
beforeAll(async () => {
  shared = await startPlayground();
});
afterAll(() => shared.stop());

describeClusterInventory('the playground', async () => shared.kubeconfig());

describe('when the cluster cannot be reached', () => {
  let playground: Playground;
  let proxy: CuttableProxy;
  let harness: Harness;
  /** The same cluster, past the proxy. */
  let direct: Harness;

  beforeEach(async () => {
    playground = await startPlayground({ historyLimit: 50 });
    proxy = await CuttableProxy.to(playground.url);
    harness = await startHarness(playground.kubeconfig().replaceAll(playground.url, proxy.url), {
      kinds: ['configMap'],
    });
    direct = await startHarness(playground.kubeconfig());
    await direct.client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await direct.client.create(configMap('a', 'shop'));
    await harness.replica().start();
    await rows(harness.database, NAMES, named('a'));
  });

  afterEach(async () => {
    await harness.stop();
    await direct.stop();
    await proxy.stop();
    await playground.stop();
  });

  it('keeps what it knows, says that it may be old, and catches up', async () => {
    await expect.poll(async () => (await health(harness))?.state, poll).toBe('UP');
    proxy.cut();
    await expect
      .poll(() => health(harness), poll)
      .toMatchObject({
        state: 'DOWN',
        message: expect.any(String),
        since: expect.any(Number),
        kinds: [{ kind: 'ConfigMap', state: 'DEGRADED' }],
      });
    await rows(harness.database, NAMES, named('a'));
    await direct.client.create(configMap('b', 'shop'));
    await direct.client.delete({ kind: 'cm', namespace: 'shop', name: 'a' });
    proxy.mend();
    await rows(harness.database, NAMES, named('b'));
    await expect.poll(async () => (await health(harness))?.state, poll).toBe('UP');
  });

  it('lists again when the server has forgotten where it was', async () => {
    proxy.cut();
    await direct.client.delete({ kind: 'cm', namespace: 'shop', name: 'a' });
    for (let i = 0; i < 60; i += 1) await direct.client.create(configMap(`n${i}`, 'shop'));
    proxy.mend();
    await rows(
      harness.database,
      `select count(*)::int as n, bool_or(name = 'a') as a from clouddriver.resource where namespace = 'shop' and name <> 'kube-root-ca.crt'`,
      [{ n: 60, a: false }],
    );
  });

  it('takes a broken watch up again without a word', async () => {
    await expect.poll(async () => (await health(harness))?.state, poll).toBe('UP');
    proxy.break();
    await direct.client.create(configMap('b', 'shop'));
    await rows(harness.database, NAMES, named('a', 'b'));
    expect(await health(harness)).toMatchObject({ kinds: [{ state: 'SYNCED' }] });
  });
});

describe('several replicas', () => {
  let harness: Harness;

  beforeEach(async () => {
    harness = await startHarness(shared.kubeconfig(), {
      kinds: ['configMap', 'service', 'pod', 'deployment'],
    });
  });
  afterEach(() => harness.stop());

  const OWNERS = `select owner, count(*)::int as shards from clouddriver.shard group by owner order by owner`;

  it('share the kinds, and take over what a replica that leaves gives back', async () => {
    const [one, two] = [harness.replica({ replica: 'one' }), harness.replica({ replica: 'two' })];
    await one.start();
    await rows(harness.database, OWNERS, [{ owner: 'one', shards: 5 }]);
    await two.start();
    await rows(
      harness.database,
      `select count(distinct owner)::int as owners, max(n)::int as most from (select owner, count(*) as n from clouddriver.shard group by owner) s`,
      [{ owners: 2, most: 3 }],
    );
    await one.stop();
    await rows(harness.database, OWNERS, [{ owner: 'two', shards: 5 }]);
    await harness.client.create(configMap('after', 'default'));
    await rows(
      harness.database,
      `select name from clouddriver.resource where name = 'after'`,
      named('after'),
    );
    await harness.client.delete({ kind: 'cm', namespace: 'default', name: 'after' });
  });

  it('take over from one that died, under a new epoch', async () => {
    await harness.database.pool.query(
      `insert into clouddriver.shard (account, api_group, kind, owner, epoch, expires_at)
       values ('test', '', '*', 'dead', 7, now() - interval '1 second')`,
    );
    await harness.replica({ replica: 'alive' }).start();
    await rows(harness.database, `select owner, epoch from clouddriver.shard where kind = '*'`, [
      { owner: 'alive', epoch: 8 },
    ]);
  });
});

describe('what an account shows', () => {
  let harness: Harness;
  const start = async (account: object): Promise<void> => {
    harness = await startHarness(shared.kubeconfig(), account);
    await harness.replica().start();
  };
  afterEach(() => harness.stop());

  const wait = async (name: string): Promise<void> => {
    await rows(harness.database, `select name from clouddriver.resource where name = $1`, named(name), [
      name,
    ]);
  };

  it('leaves out omitted namespaces, and objects that ask for it', async () => {
    await start({ omitNamespaces: ['kube-system'], kinds: ['configMap'] });
    const ignored = { annotations: { 'caching.spinnaker.io/ignore': 'true' } };
    await harness.client.create(configMap('ignored', 'default', ignored));
    await harness.client.create(configMap('elsewhere', 'kube-system'));
    await harness.client.create(configMap('seen', 'default'));
    await wait('seen');
    await rows(
      harness.database,
      `select name from clouddriver.resource where name in ('ignored', 'elsewhere', 'seen')`,
      named('seen'),
    );
    for (const name of ['ignored', 'seen'])
      await harness.client.delete({ kind: 'cm', namespace: 'default', name });
    await harness.client.delete({ kind: 'cm', namespace: 'kube-system', name: 'elsewhere' });
  });

  it('keeps only what Spinnaker manages when told so, and drops what no longer is', async () => {
    await start({ onlySpinnakerManaged: true, kinds: ['configMap'] });
    const managed = { annotations: { 'moniker.spinnaker.io/application': 'shop' } };
    await harness.client.create(configMap('plain', 'default'));
    await harness.client.create(configMap('managed', 'default', managed));
    await wait('managed');
    await rows(harness.database, `select name from clouddriver.resource`, named('managed'));
    const patch = { metadata: { annotations: { 'moniker.spinnaker.io/application': null } } };
    await harness.client.patch({ kind: 'cm', namespace: 'default', name: 'managed' }, patch, {
      type: 'merge',
    });
    await rows(harness.database, `select name from clouddriver.resource`, []);
    for (const name of ['plain', 'managed'])
      await harness.client.delete({ kind: 'cm', namespace: 'default', name });
  });

  it('pokes whoever follows an application that changes', async () => {
    await start({ kinds: ['configMap'] });
    const heard = new Promise<string>((resolve) => {
      harness.bus.subscribe(({ stream }) => {
        if (stream === 'inventory-poked') resolve(stream);
      });
    });
    const annotations = { 'moniker.spinnaker.io/application': 'poked' };
    await harness.client.create(configMap('poked', 'default', { annotations }));
    expect(await heard).toBe('inventory-poked');
    await harness.client.delete({ kind: 'cm', namespace: 'default', name: 'poked' });
  });

  it('keeps text that Postgres has no place for', async () => {
    await start({ kinds: ['configMap'] });
    await harness.client.create({
      ...configMap('nul', 'default'),
      data: { text: 'a\u0000b', path: 'c:\\u0000' },
    });
    await rows(
      harness.database,
      `select manifest->'data' as data from clouddriver.resource where name = 'nul'`,
      [{ data: { text: 'ab', path: 'c:\\u0000' } }],
    );
    await harness.client.delete({ kind: 'cm', namespace: 'default', name: 'nul' });
  });
});

describe('a kind that may not be listed', () => {
  it('is reported as forbidden, keeps its rows, and does not make the account unhealthy', async () => {
    const server = await ScriptedApiServer.start();
    server.always(
      'GET /api/v1',
      json(
        resources('v1', [
          ['configmaps', 'ConfigMap', 'cm'],
          ['secrets', 'Secret', 'sc'],
        ]),
      ),
    );
    const list = { kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items: [] };
    server.always('GET /api/v1/configmaps', (request, response) => {
      if (request.query.get('watch') === 'true') response.flushHeaders();
      else void json(list)(request, response);
    });
    server.always('GET /api/v1/secrets', status(403, 'Forbidden', 'secrets is forbidden'));
    const harness = await startHarness(server.kubeconfig, { kinds: ['configMap', 'secret'] });
    await harness.replica().start();
    await expect.poll(() => health(harness), poll).toMatchObject({ state: 'UP', forbiddenKinds: ['Secret'] });
    await harness.stop();
    await server.stop();
  });
});
