import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { catalogMigrations } from '@gennaker/catalog';
import { clouddriverMigrations } from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';
import { operationMigrations, operationStream } from '@gennaker/operation';
import { startPlayground } from '@gennaker/playground';
import { clouddriverConfigFrom } from '../apps/clouddriver/src/clouddriver.config.js';
import { ClouddriverService } from '../apps/clouddriver/src/clouddriver.service.js';
import type { KubernetesClient } from '../apps/clouddriver/src/kubernetes/client/kubernetes-client.js';
import { type BenchStack, quantile, row, startBenchStack } from './support/bench-stack.js';

/**
 * node --import ./test/typescript.mjs bench/reasons.bench.ts
 *
 * How long after the cluster knows it a waiting stage says why a rollout does not come up: from the moment at which a
 * watch of our own shows the trouble to the commit of the log line, or of the failure. On the cluster of KUBECONFIG (with the
 * playground's kubelets, for what pods do), else on a playground in this process.
 */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const namespace = `reasons-${randomUUID().slice(0, 8)}`;

interface Scenario {
  name: string;
  annotations?: JsonObject;
  pod?: JsonObject;
  spec?: JsonObject;
  /** The kind that shows it, and a text of the object from which on the cluster knows. */
  knows: { kind: string; text: string };
  /** A text of the events of the waiting operation. */
  says: string;
  /** What is done to the object while it is waited for. */
  act?: (client: KubernetesClient, name: string) => Promise<unknown>;
}

const NOWHERE = { nodeSelector: { disk: 'gold' } };
const BIG = { containers: [{ name: 'app', image: 'nginx:1', resources: { requests: { cpu: '64' } } }] };

const scenarios: Scenario[] = [
  {
    name: 'image pull',
    annotations: { 'playground.gennaker.io/image-pull-error': 'true' },
    knows: { kind: 'pods', text: 'ImagePull' },
    says: 'ImagePull',
  },
  {
    name: 'crash loop, with the end of the log',
    annotations: { 'playground.gennaker.io/crash-loop': 'true', 'playground.gennaker.io/logs': 'doomed' },
    knows: { kind: 'pods', text: 'CrashLoopBackOff' },
    says: 'doomed',
  },
  {
    name: 'unschedulable',
    pod: NOWHERE,
    knows: { kind: 'pods', text: '"reason":"Unschedulable"' },
    says: 'Unschedulable',
  },
  {
    name: 'quota',
    pod: BIG,
    knows: { kind: 'deployments', text: 'exceeded quota' },
    says: 'exceeded quota',
  },
  {
    name: 'paused',
    pod: NOWHERE,
    knows: { kind: 'deployments', text: '"paused":true' },
    says: 'kubernetes.paused',
    act: (client, name) =>
      client.patch({ kind: 'deploy', namespace, name }, { spec: { paused: true } }, { type: 'merge' }),
  },
  {
    name: 'deleted',
    pod: NOWHERE,
    knows: { kind: 'deployments', text: 'DELETED' },
    says: 'kubernetes.deleted',
    act: (client, name) => client.delete({ kind: 'deploy', namespace, name }),
  },
];

function deployment(name: string, { annotations = {}, pod = {}, spec = {} }: Scenario) {
  const labels = { app: name };
  const template = {
    metadata: { labels, annotations },
    spec: { containers: [{ name: 'app', image: 'nginx:1' }], ...pod },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: 1, selector: { matchLabels: labels }, template, ...spec },
  };
}

/** When a watch shows the text in an object of that name (or in the kind of its event); milliseconds. */
async function known(
  client: KubernetesClient,
  { kind, text }: Scenario['knows'],
  name: string,
  signal: AbortSignal,
): Promise<number> {
  const { resourceVersion } = await client.list(kind, { namespace, limit: 1, signal });
  for await (const { type, object } of client.watch(kind, { namespace, resourceVersion, signal })) {
    if (!object.metadata?.name?.startsWith(name)) continue;
    if (type === text || JSON.stringify(object).includes(text)) return performance.now();
  }
  throw new Error(`the watch ended before ${kind} said ${text}`);
}

/** When the operation's events hold the text. */
function said(stack: BenchStack, id: string, text: string): Promise<number> {
  const { live, journal } = stack.platform;
  return new Promise((resolve, reject) => {
    const look = async (): Promise<void> => {
      const events = await journal.store.read(operationStream(id));
      if (!JSON.stringify(events.slice(1)).includes(text)) return;
      stop();
      resolve(performance.now());
    };
    const stop = live.subscribe(({ stream }) => {
      if (stream === operationStream(id)) look().catch(reject);
    });
  });
}

async function lagOf(
  scenario: Scenario,
  name: string,
  { stack, driver, client }: { stack: BenchStack; driver: ClouddriverService; client: KubernetesClient },
): Promise<number> {
  const watching = new AbortController();
  const id = stack.platform.ids.next();
  const knows = known(client, scenario.knows, name, watching.signal);
  const says = said(stack, id, scenario.says);
  const began = scenario.act === undefined ? undefined : said(stack, id, 'Unschedulable');
  await client.create(deployment(name, scenario));
  const { operations } = driver.operations;
  await operations.request({
    id,
    kind: 'waitForManifestToStabilize',
    cloudProvider: 'kubernetes',
    account: 'bench',
    user: 'bench',
    description: { account: 'bench', manifestNamesByNamespace: { [namespace]: [`deployment ${name}`] } },
  });
  await began;
  await scenario.act?.(client, name);
  const [knew, told] = await Promise.all([knows, says]);
  watching.abort();
  await operations.cancel(id, 'bench');
  await client.delete({ kind: 'deploy', namespace, name }).catch(() => undefined);
  return Math.max(0, told - knew);
}

const playground = process.env['KUBECONFIG'] === undefined ? await startPlayground() : undefined;
const kubeconfigContents = playground?.kubeconfig() ?? readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8');
const stack = await startBenchStack([operationMigrations, catalogMigrations, clouddriverMigrations]);
const driver = new ClouddriverService(
  stack.platform,
  clouddriverConfigFrom(
    { CLOUDDRIVER_INVENTORY: 'false' },
    { accounts: [{ name: 'bench', kubeconfigContents }] },
  ),
);
await driver.start();
const { client } = driver.kubernetes.registry.get('bench');
try {
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await client.create({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'quota', namespace },
    spec: { hard: { 'requests.cpu': '1' } },
  });
  await client.create({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'small', namespace },
    spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '1m' } }] },
  });
  console.log(
    playground === undefined ? 'on the cluster of KUBECONFIG' : 'on the playground, in this process',
  );
  row('from the cluster’s knowing to our saying', 'ms p50', 'ms most');
  for (const [index, scenario] of scenarios.entries()) {
    const lags: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      lags.push(await lagOf(scenario, `case-${index}-${round}-x`, { stack, driver, client }));
    }
    row(`  ${scenario.name}`, quantile(lags, 0.5), Math.max(...lags));
  }
} finally {
  await client.delete({ kind: 'Namespace', name: namespace }).catch(() => undefined);
  await driver.stop();
  await stack.close();
  await playground?.stop();
}
