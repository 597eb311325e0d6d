import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/prepare.mjs';
import { freePort, startProcess } from './processes.mjs';

const READY_MS = 30_000;
const POLL_MS = 50;

/**
 * Starts the playground cluster from the compiled sources.
 * @param {{data: string}} options a folder for its kubeconfig and log
 * @returns {Promise<{kubeconfig: string, stop: () => Promise<void>}>}
 */
export async function startPlayground({ data }) {
  mkdirSync(data, { recursive: true });
  const port = await freePort();
  const kubeconfig = join(data, 'kubeconfig');
  const playground = startProcess(
    process.execPath,
    [join(root, 'dist/apps/playground/src/main.js')],
    join(data, 'playground.log'),
    { env: { ...process.env, PLAYGROUND_PORT: String(port), PLAYGROUND_KUBECONFIG: kubeconfig } },
  );
  /** @type {Error | undefined} */
  let failure;
  void playground.died.then((error) => (failure = error));
  const deadline = Date.now() + READY_MS;
  while (!(existsSync(kubeconfig) && (await isReady(port)))) {
    if (!failure && Date.now() > deadline) failure = new Error('it was not ready after 30 s.');
    if (failure) {
      await playground.stop();
      throw failure;
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
  return { kubeconfig, stop: () => playground.stop() };
}

async function isReady(port) {
  return fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
