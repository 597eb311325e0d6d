#!/usr/bin/env node
/**
 * Starts and stops a real Kubernetes 1.20 control plane on loopback, with stand-ins for its kubelets.
 *
 *   node tools/kubernetes/cluster.mjs start --data DIR [--port N]   stays in the foreground; Ctrl-C stops all
 *   node tools/kubernetes/cluster.mjs stop --data DIR               ends the cluster that runs on DIR
 *
 * DIR/kubeconfig is written before the cluster is reported ready. The data stays in DIR; processes do not.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cachedBinaries, ensureBinaries } from './build.mjs';
import { startKubelets } from './kubelet-stand-in.mjs';
import { ApiClient } from './kubelet/api-client.mjs';
import { componentFlags } from './components.mjs';
import { prepareCredentials, writeKubeconfigs } from './credentials.mjs';
import { freePort, startProcess } from './processes.mjs';

const READY_MS = 60_000;
const POLL_MS = 50;
const NODES = ['node-1', 'node-2'];

/**
 * Starts a cluster on the folder `data` and resolves when it is ready for work.
 * @param {{data: string, bin: string, port?: number}} options `port` of the API server, 0 for any free one.
 * @returns {Promise<{server: string, kubeconfig: string, pids: number[], failed: Promise<Error>, stop: () => Promise<void>}>}
 * `failed` resolves when a part dies by itself.
 */
export async function startCluster({ data, bin, port = 0 }) {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const ports = { etcd: await freePort(), peer: await freePort(), api: port || (await freePort()) };
  const server = `https://127.0.0.1:${ports.api}`;
  const credentials = prepareCredentials(data);
  const flags = componentFlags({ data, ports });
  const running = [];
  const launch = (name) => {
    const process = startProcess(join(bin, name), flags[name], join(data, 'logs', `${name}.log`));
    running.push(process);
    return process;
  };
  let kubelets;
  const stop = async () => {
    await kubelets?.stop();
    // Newest first: nothing is left asking a part that is already gone.
    for (const process of running.toReversed()) await process.stop();
  };
  try {
    launch('etcd');
    await unlessDied(running[0].died, () => age(ports.etcd), 'etcd');
    launch('kube-apiserver');
    const died = Promise.race(running.map((process) => process.died));
    await unlessDied(died, () => existsSync(join(data, 'pki/apiserver.crt')), 'its certificate');
    const ca = writeKubeconfigs({ data, server, credentials });
    const api = new ApiClient({ server, ca, token: credentials.tokens.admin });
    await unlessDied(died, () => answers(api, '/readyz'), 'the API server');
    launch('kube-controller-manager');
    launch('kube-scheduler');
    const key = readFileSync(join(data, 'pki/apiserver.key'), 'utf8');
    kubelets = await startKubelets({
      server,
      ca,
      token: credentials.tokens.admin,
      key,
      cert: ca,
      nodes: NODES,
    });
    const failed = Promise.race(running.map((process) => process.died));
    await unlessDied(failed, () => readyForPods(api), 'the controllers');
    api.close();
    const pids = running.map((process) => process.pid);
    return { server, kubeconfig: join(data, 'kubeconfig'), pids, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Gives etcd some history, so that version 1 is too old for a watch, as it is on every cluster that is not
 * newborn. False while etcd does not answer.
 */
async function age(port) {
  const entry = JSON.stringify({ key: Buffer.from('age').toString('base64'), value: '' });
  try {
    for (let version = 0; version < 10; version++) {
      const answer = await fetch(`http://127.0.0.1:${port}/v3/kv/put`, {
        method: 'POST',
        body: entry,
        // etcd takes connections before it has the lock of its data folder.
        signal: AbortSignal.timeout(READY_MS / 2),
      });
      if (!answer.ok) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function answers(api, path) {
  return api.get(path).then(
    () => true,
    (error) => error.message === 'ok',
  );
}

/** Pods can be made in a namespace once its service account is there, and placed once a node is untainted. */
async function readyForPods(api) {
  try {
    await api.get('/api/v1/namespaces/default/serviceaccounts/default');
    const { items } = await api.get('/api/v1/nodes');
    return items.length === NODES.length && items.every((node) => !node.spec.taints?.length);
  } catch {
    return false;
  }
}

async function unlessDied(died, condition, what) {
  const deadline = Date.now() + READY_MS;
  /** @type {Error | undefined} */
  let failure;
  void died.then((error) => (failure = error));
  while (!(await condition())) {
    if (failure) throw failure;
    if (Date.now() > deadline) throw new Error(`Kubernetes did not get ready in 60 s: waiting for ${what}.`);
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

async function startCommand({ data, port }) {
  const code = await ensureBinaries({ mayBuild: true });
  if (code !== 0) return code;
  const pidFile = join(data, 'cluster.pid');
  if (isRunning(pidFile)) {
    console.error(`A cluster runs on ${data} already: stop it first, or take another folder.`);
    return 1;
  }
  const began = Date.now();
  const cluster = await startCluster({ data, port, bin: cachedBinaries() });
  writeFileSync(pidFile, `${process.pid}\n`);
  console.log(
    `Kubernetes is ready on ${cluster.server} after ${((Date.now() - began) / 1000).toFixed(1)} s.`,
  );
  console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
  const signalled = new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => done(undefined));
  });
  const failure = await Promise.race([signalled, cluster.failed]);
  await cluster.stop();
  rmSync(pidFile, { force: true });
  if (failure) console.error(failure.message);
  return failure ? 1 : 0;
}

/** Whether the process that wrote the file lives; another one that got its number is not a cluster. */
function isRunning(pidFile) {
  try {
    const pid = readFileSync(pidFile, 'utf8').trim();
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('cluster.mjs');
  } catch {
    return false;
  }
}

async function stopCommand({ data }) {
  const pidFile = join(data, 'cluster.pid');
  if (!existsSync(pidFile)) {
    console.log(`No cluster runs on ${data}.`);
    return 0;
  }
  if (isRunning(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM');
  else rmSync(pidFile, { force: true });
  const deadline = Date.now() + READY_MS;
  while (existsSync(pidFile) && Date.now() < deadline) await new Promise((wake) => setTimeout(wake, POLL_MS));
  return existsSync(pidFile) ? 1 : 0;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string' }, port: { type: 'string', default: '0' } },
  });
  const command = { start: startCommand, stop: stopCommand }[positionals[0]];
  const port = Number(values.port);
  if (!command || !values.data || !Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error('usage: cluster.mjs start|stop --data DIR [--port N]');
    return 64;
  }
  return command({ data: resolve(values.data), port });
}

if (process.argv[1] === import.meta.filename) {
  process.exitCode = await main().catch((error) => {
    console.error(error.message);
    return 1;
  });
}
