import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { catalogMigrations } from '@gennaker/catalog';
import { clouddriverMigrations } from '@gennaker/inventory';
import type { JsonObject } from '@gennaker/kernel';
import { operationMigrations, operationStream } from '@gennaker/operation';
import { clouddriverConfigFrom } from '../apps/clouddriver/src/clouddriver.config.js';
import { ClouddriverService } from '../apps/clouddriver/src/clouddriver.service.js';
import { type BenchStack, quantile, row, startBenchStack } from './support/bench-stack.js';

/**
 * A deploy, from the request to its recorded result, against `kubectl apply` of the same manifests on the same cluster, turn
 * about. Needs KUBECONFIG and a kubectl on PATH: `eval "$(node tools/kubernetes/cluster.mjs …)"` shows one way to both.
 */
const kubeconfig = process.env['KUBECONFIG'];
const kubectl = process.env['KUBECTL'] ?? 'kubectl';
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const namespace = `bench-${randomUUID().slice(0, 8)}`;
const run = promisify(execFile);

/** Half settings, half workloads without pods, so that the API server and not the scheduler is measured. */
function manifests(count: number, prefix: string, round: number): JsonObject[] {
  return Array.from({ length: count }, (_, index): JsonObject => {
    const metadata = {
      name: `${prefix}-${index}`,
      namespace,
      annotations: { 'strategy.spinnaker.io/versioned': 'false' },
    };
    if (index % 2 === 0)
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { round: String(round) } };
    const labels = { app: `${prefix}-${index}` };
    const spec = { containers: [{ name: 'app', image: `nginx:${round}` }] };
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    };
  });
}

async function deploy(
  stack: BenchStack,
  clouddriver: ClouddriverService,
  objects: JsonObject[],
): Promise<number> {
  const { operations } = clouddriver.operations;
  const id = stack.platform.ids.next();
  const began = performance.now();
  const ended = new Promise<void>((resolve, reject) => {
    const look = async (version: number): Promise<void> => {
      const [last] = await stack.platform.journal.store.read(operationStream(id), { after: version - 1 });
      if (last?.type === 'OperationSucceeded') resolve();
      else if (last?.type === 'OperationFailed') reject(new Error(JSON.stringify(last.data)));
      else return;
      stop();
    };
    const stop = stack.platform.live.subscribe(({ stream, version }) => {
      if (stream === operationStream(id)) void look(version).catch(reject);
    });
  });
  await operations.request({
    id,
    kind: 'deployManifest',
    cloudProvider: 'kubernetes',
    account: 'bench',
    user: 'bench',
    description: { account: 'bench', manifests: objects },
  });
  await ended;
  return performance.now() - began;
}

async function apply(folder: string, objects: JsonObject[]): Promise<number> {
  const file = join(folder, 'manifests.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const began = performance.now();
  await run(kubectl, ['apply', '-f', file], { maxBuffer: 64 * 1024 * 1024 });
  return performance.now() - began;
}

if (kubeconfig === undefined) {
  console.log('Deploys: no KUBECONFIG, nothing to measure on');
} else {
  const stack = await startBenchStack([operationMigrations, catalogMigrations, clouddriverMigrations]);
  const account = { name: 'bench', kubeconfigContents: readFileSync(kubeconfig, 'utf8') };
  const config = clouddriverConfigFrom({ CLOUDDRIVER_INVENTORY: 'false' }, { accounts: [account] });
  const clouddriver = new ClouddriverService(stack.platform, config);
  const folder = await mkdtemp(join(tmpdir(), 'gennaker-deploy-'));
  try {
    await clouddriver.start();
    const { client } = clouddriver.kubernetes.registry.get('bench');
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await deploy(stack, clouddriver, manifests(2, 'warm', 0));
    await apply(folder, manifests(2, 'warm-kubectl', 0));
    row('Deploy of', 'ours ms', 'kubectl ms', 'ratio');
    for (const count of [1, 10, 100]) {
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        ours.push(await deploy(stack, clouddriver, manifests(count, `ours-${count}`, round)));
        theirs.push(await apply(folder, manifests(count, `kubectl-${count}`, round)));
      }
      const [mine, other] = [quantile(ours, 0.5), quantile(theirs, 0.5)];
      row(`${count} manifests, median of ${ROUNDS} (first creates, then change)`, mine, other, mine / other);
    }
    await client.delete({ kind: 'Namespace', name: namespace });
  } finally {
    await clouddriver.stop();
    await stack.close();
    await rm(folder, { recursive: true, force: true });
  }
}
