import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { clouddriverMigrations } from '@gennaker/inventory';
import { operationMigrations } from '@gennaker/operation';
import { startPlayground } from '@gennaker/playground';
import { clouddriverConfigSchema } from '../apps/clouddriver/src/clouddriver.config.js';
import { ClouddriverService } from '../apps/clouddriver/src/clouddriver.service.js';
import { row, startBenchStack } from './support/bench-stack.js';

/**
 * node --import ./test/typescript.mjs --expose-gc bench/churn.bench.ts
 *
 * An hour of a fleet that changes 33 times a second (200 clusters, one object in a thousand every half minute), run as
 * fast as the cluster takes it: of ten changes eight are patches, one deletes and one creates. Memory after a full
 * collection, at each tenth; the inventory must be level with the cluster at the end. On the cluster of KUBECONFIG, else
 * on a playground in this process, whose own memory then counts too.
 */
const OBJECTS = Number(process.env['BENCH_OBJECTS'] ?? 2_000);
const CHANGES = Number(process.env['BENCH_CHANGES'] ?? 120_000);
const WIDTH = 8;
const TENTHS = 10;
const namespace = `churn-${randomUUID().slice(0, 8)}`;
const gc = (globalThis as { gc?: () => void }).gc;

interface Sample {
  heap: number;
  rss: number;
}

function sample(): Sample {
  gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 1e6, rss: rss / 1e6 };
}

const playground = process.env['KUBECONFIG'] === undefined ? await startPlayground() : undefined;
const kubeconfigContents = playground?.kubeconfig() ?? readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
const stack = await startBenchStack([operationMigrations, clouddriverMigrations]);
const { pool } = stack.platform.database;
const account = { name: 'bench', kubeconfigContents };
const driver = new ClouddriverService(stack.platform, clouddriverConfigSchema.parse({ accounts: [account] }));
await driver.start();
const { client } = driver.kubernetes.registry.get('bench');
await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });

const configMap = (index: number, value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: `object-${index}`,
    namespace,
    labels: { value },
    annotations: { 'moniker.spinnaker.io/application': `app${index % 50}` },
  },
  data: { text: 'x'.repeat(1_500) },
});

const alive = new Set<number>();

/** Each worker keeps to objects of its own, so that none deletes what another is about to patch. */
async function worker(own: number, changes: number): Promise<void> {
  const mine = Array.from({ length: OBJECTS / WIDTH }, (_, i) => i * WIDTH + own);
  for (let change = 0; change < changes; change += 1) {
    const index = mine[change % mine.length] ?? own;
    const ref = { kind: 'ConfigMap', namespace, name: `object-${index}` };
    if (!alive.has(index)) {
      await client.create(configMap(index, `c${change}`));
      alive.add(index);
    } else if (change % 10 === 0) {
      await client.delete(ref);
      alive.delete(index);
    } else {
      await client.patch(ref, { metadata: { labels: { value: `c${change}` } } }, { type: 'merge' });
    }
  }
}

/** Names and versions, in the cluster and in the inventory. */
async function isLevel(): Promise<boolean> {
  const live = await client.listAll('ConfigMap', { namespace });
  const { rows } = await pool.query<{ name: string; resource_version: string }>(
    `select name, resource_version from clouddriver.resource where account = 'bench' and namespace = $1 and kind = 'ConfigMap'`,
    [namespace],
  );
  const stored = new Map(rows.map((one) => [one.name, one.resource_version]));
  return (
    stored.size === live.length &&
    live.every(({ metadata }) => stored.get(metadata?.name ?? '') === metadata?.resourceVersion)
  );
}

try {
  const samples: Sample[] = [];
  const started = performance.now();
  for (let tenth = 0; tenth < TENTHS; tenth += 1) {
    const changes = Math.ceil(CHANGES / TENTHS / WIDTH);
    await Promise.all(Array.from({ length: WIDTH }, (_, own) => worker(own, changes)));
    samples.push(sample());
  }
  const seconds = (performance.now() - started) / 1_000;
  console.log(
    playground === undefined ? 'on the cluster of KUBECONFIG' : 'on the playground, in this process',
  );
  row(`churn of ${CHANGES} changes`, `${seconds.toFixed(0)} s`, `${(CHANGES / seconds).toFixed(0)}/s`);
  row('  heap at each tenth (MB)', ...samples.map(({ heap }) => heap.toFixed(0)));
  row('  RSS at each tenth (MB)', ...samples.map(({ rss }) => rss.toFixed(0)));
  const [second, last] = [samples[1]?.heap ?? 0, samples.at(-1)?.heap ?? 0];
  row('  heap, last tenth to second', (last / second).toFixed(2));
  const levelBy = performance.now() + 30_000;
  while (!(await isLevel()) && performance.now() < levelBy) await delay(50);
  row('  inventory level with the cluster', String(await isLevel()));
} finally {
  await client.delete({ kind: 'Namespace', name: namespace });
  await driver.stop();
  await stack.close();
  await playground?.stop();
}
