import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  clouddriverMigrations,
  clusters,
  expandedServerGroups,
  loadBalancers,
  ResourceStore,
  search,
  serverGroupManagers,
  serverGroups,
} from '@gennaker/inventory';
import { operationMigrations } from '@gennaker/operation';
import { startPlayground } from '@gennaker/playground';
import { clouddriverConfigSchema } from '../apps/clouddriver/src/clouddriver.config.js';
import { ClouddriverService } from '../apps/clouddriver/src/clouddriver.service.js';
import type { KubernetesClient } from '../apps/clouddriver/src/kubernetes/client/kubernetes-client.js';
import type { KubernetesObject } from '../apps/clouddriver/src/kubernetes/client/kubernetes-client.types.js';
import { type BenchStack, quantile, row, startBenchStack } from './support/bench-stack.js';
import { cpuMsOf } from './support/cpu.js';
import { fleet } from './support/fleet.js';

/**
 * node --import ./test/typescript.mjs --expose-gc bench/inventory.bench.ts
 *
 * On the cluster of KUBECONFIG, else on a playground in this process (whose own work then counts too).
 */
const OBJECTS = Number(process.env['BENCH_OBJECTS'] ?? 10_000);
const CHANGES = 300;
const namespace = `bench-${randomUUID().slice(0, 8)}`;
const gc = (globalThis as { gc?: () => void }).gc;

function configMap(index: number, value: string): KubernetesObject {
  const annotations = { 'moniker.spinnaker.io/application': `app${index % 50}` };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `object-${index}`, namespace, annotations, labels: { value } },
    data: { text: 'x'.repeat(1_500) },
  };
}

async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
}

function megabytes(): { rss: number; heap: number } {
  gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss: rss / 1e6, heap: heapUsed / 1e6 };
}

async function untilCount(stack: BenchStack, count: number): Promise<void> {
  for (;;) {
    const { rows } = await stack.platform.database.pool.query<{ n: number }>(
      'select count(*)::int as n from clouddriver.resource where namespace = $1',
      [namespace],
    );
    if ((rows[0]?.n ?? 0) >= count) return;
    await delay(10);
  }
}

async function initialSync(stack: BenchStack, driver: ClouddriverService): Promise<void> {
  const before = megabytes();
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss / 1e6)), 20);
  const started = performance.now();
  await driver.start();
  await untilCount(stack, OBJECTS);
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(sampler);
  const after = megabytes();
  row(`initial sync of ${OBJECTS} objects`, `${seconds.toFixed(2)} s`, `${(OBJECTS / seconds).toFixed(0)}/s`);
  row('  memory: RSS before, peak, after (MB)', before.rss, peak, after.rss);
  row('  memory: heap before, after (MB)', before.heap, after.heap);
}

/** From sending a change to the API server, and from its answer, to the commit that makes it visible. */
async function changeToVisible(stack: BenchStack, client: KubernetesClient): Promise<void> {
  const fromSent: number[] = [];
  const fromAnswer: number[] = [];
  for (let i = 0; i < CHANGES; i += 1) {
    const index = i * 7;
    const visible = new Promise<number>((resolve) => {
      const stop = stack.platform.live.subscribe(({ stream }) => {
        if (stream !== `inventory-app${index % 50}`) return;
        stop();
        resolve(performance.now());
      });
    });
    const sent = performance.now();
    await client.patch(
      { kind: 'ConfigMap', namespace, name: `object-${index}` },
      { metadata: { labels: { value: `v${i}` } } },
      { type: 'merge' },
    );
    const answered = performance.now();
    const seen = await visible;
    fromSent.push(seen - sent);
    fromAnswer.push(Math.max(0, seen - answered));
    await delay(10);
  }
  row('change to visible, from the request (ms p50, p99)', quantile(fromSent, 0.5), quantile(fromSent, 0.99));
  row(
    'change to visible, from the answer (ms p50, p99)',
    quantile(fromAnswer, 0.5),
    quantile(fromAnswer, 0.99),
  );
}

async function views(stack: BenchStack): Promise<void> {
  const { pool } = stack.platform.database;
  const store = new ResourceStore(pool);
  for (const application of ['shop', ...Array.from({ length: 20 }, (_, i) => `other${i}`)]) {
    const rows = fleet(application);
    for (let i = 0; i < rows.length; i += 500) await store.upsert(rows.slice(i, i + 500));
  }
  await pool.query('vacuum analyze clouddriver.resource');
  const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from clouddriver.resource');
  console.log(
    `\nviews of one application of 500 server groups and 1500 pods, among ${rows[0]?.n} objects (ms p50, p99, CPU of node and Postgres)`,
  );
  const measured: [string, () => Promise<unknown>][] = [
    ['serverGroups', () => serverGroups(pool, ['shop'])],
    ['serverGroups?expand=true', () => expandedServerGroups(pool, ['shop'])],
    ['serverGroupManagers', () => serverGroupManagers(pool, 'shop')],
    ['loadBalancers', () => loadBalancers(pool, 'shop')],
    ['clusters', () => clusters(pool, 'shop')],
    [
      'search',
      () => search(pool, { query: 'shop-7', types: ['serverGroups', 'instances'], page: 1, pageSize: 500 }),
    ],
  ];
  for (const [name, work] of measured) {
    const times: number[] = [];
    const pids = [process.pid, ...stack.pids];
    let cpu = 0;
    for (let i = 0; i < 45; i += 1) {
      if (i === 5) cpu = cpuMsOf(pids);
      const started = performance.now();
      const answer = await work();
      JSON.stringify(answer);
      times.push(performance.now() - started);
    }
    row(
      `  ${name}`,
      quantile(times.slice(5), 0.5),
      quantile(times.slice(5), 0.99),
      (cpuMsOf(pids) - cpu) / 40,
    );
  }
}

const playground = process.env['KUBECONFIG'] === undefined ? await startPlayground() : undefined;
const kubeconfigContents = playground?.kubeconfig() ?? readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
const stack = await startBenchStack([operationMigrations, clouddriverMigrations]);
const account = { name: 'bench', kubeconfigContents };
const driver = new ClouddriverService(stack.platform, clouddriverConfigSchema.parse({ accounts: [account] }));
await driver.kubernetes.registry.start();
const { client } = driver.kubernetes.registry.get('bench');
console.log(playground === undefined ? 'on the cluster of KUBECONFIG' : 'on the playground, in this process');
await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
await inParallel(OBJECTS, 16, (index) => client.create(configMap(index, 'new')));
try {
  await initialSync(stack, driver);
  await changeToVisible(stack, client);
  await views(stack);
} finally {
  await client.delete({ kind: 'Namespace', name: namespace });
  await driver.stop();
  await stack.close();
  await playground?.stop();
}
