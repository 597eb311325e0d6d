import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { createRequire } from 'node:module';
import { Agent, fetch, setGlobalDispatcher } from 'undici';

const require = createRequire(import.meta.url);
const HOST = '127.0.0.1';

// The SDK expects Node 22 here and nowhere else.
Promise.withResolvers ??= () => {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
};
process.env.RESTATE_LOGGING = 'ERROR';
const restate = await import('@restatedev/restate-sdk');

/** The server with its own settings, as `npx restate-server` starts it; called over HTTP, which is the only way in. */
export async function start({ folder, steps, freePort }) {
  setGlobalDispatcher(new Agent({ connections: 64 }));
  const service = restate.service({
    name: 'peers',
    handlers: {
      steps: async (context) => {
        let n = 0;
        for (let step = 1; step <= steps; step += 1) {
          const last = n;
          n = (await context.run(`step-${step}`, () => ({ n: last + 1 }))).n;
        }
        return n;
      },
    },
  });
  const endpoint = createServer(restate.createEndpointHandler({ services: [service] }));
  endpoint.listen(0, HOST);
  await once(endpoint, 'listening');

  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const server = spawn(
    process.execPath,
    [require.resolve('@restatedev/restate-server/lib/index.js'), '--no-logo'],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        RESTATE_BASE_DIR: folder,
        RESTATE_INGRESS__BIND_ADDRESS: `${HOST}:${ingress}`,
        RESTATE_ADMIN__BIND_ADDRESS: `${HOST}:${admin}`,
        RESTATE_BIND_ADDRESS: `${HOST}:${node}`,
        RESTATE_LISTEN_MODE: 'tcp',
        RESTATE_LOG_FILTER: 'error',
        DO_NOT_TRACK: '1',
        RESTATE_DISABLE_TELEMETRY: 'true',
      },
    },
  );
  await untilHealthy([`http://${HOST}:${admin}/health`, `http://${HOST}:${ingress}/restate/health`]);
  const registered = await fetch(`http://${HOST}:${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://${HOST}:${endpoint.address().port}` }),
  });
  if (!registered.ok) throw new Error(`Restate refused the deployment: ${await registered.text()}`);
  return {
    pids: [server.pid],
    run: async () => {
      const answer = await fetch(`http://${HOST}:${ingress}/peers/steps`, { method: 'POST' });
      if (!answer.ok) throw new Error(`Restate: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    stop: async () => {
      server.kill('SIGTERM');
      await once(server, 'exit');
      endpoint.close();
    },
  };
}

async function untilHealthy(urls) {
  const until = Date.now() + 60_000;
  for (const url of urls) {
    for (;;) {
      const ok = await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ok) break;
      if (Date.now() > until) throw new Error(`Restate did not come up: ${url}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
