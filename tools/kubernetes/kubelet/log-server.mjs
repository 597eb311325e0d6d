import { createServer } from 'node:https';
import { behaviourOf } from './behaviour.mjs';
import { runAt } from './pod-status.mjs';

const FOLLOW_EVERY_MS = 50;

/**
 * The kubelet's HTTPS endpoint as the API server calls it for `pods/{name}/log`.
 * @param {{key: string, cert: string, find: (namespace: string, name: string) => {pod: object, boundAt: number, attempt: number} | undefined}} options
 */
export async function startLogServer({ key, cert, find }) {
  const server = createServer({ key, cert }, (request, response) => answer(request, response, find));
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: server.address().port,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function answer(request, response, find) {
  const url = new URL(request.url, 'https://kubelet');
  const [, endpoint, namespace, name, container] = url.pathname.split('/');
  const found = endpoint === 'containerLogs' ? find(namespace, name) : undefined;
  if (!found) return refuse(response, 404, `pod "${name}" not found`);
  const run = chosenRun(found, url.searchParams.get('previous') === 'true');
  if (typeof run === 'string') {
    return refuse(response, 400, `container "${container}" in pod "${name}" ${run}`);
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  if (url.searchParams.get('follow') !== 'true') {
    return response.end(limited(lines(found.pod, container, run, Date.now()), url.searchParams));
  }
  follow({ response, find, namespace, name, container, run, parameters: url.searchParams });
}

/** The run whose log is meant, or why there is none. */
function chosenRun(life, previous) {
  const run = runAt(life, Date.now());
  if (previous) return run.last ?? 'has no previous terminated container';
  if (run.state === 'starting') return 'is waiting to start: ContainerCreating';
  if (run.state === 'pulling') return 'is waiting to start: trying and failing to pull image';
  return run.state === 'backoff' ? run.last : run;
}

function follow({ response, find, namespace, name, container, run, parameters }) {
  const { pod } = find(namespace, name);
  const first = lines(pod, container, run, Date.now());
  let sent = first.length;
  response.write(limited(first, parameters));
  const timer = setInterval(() => {
    const now = Date.now();
    const more = lines(pod, container, run, now);
    if (more.length > sent) response.write(formatted(more.slice(sent), parameters));
    sent = more.length;
    const alive = find(namespace, name)?.pod.metadata.uid === pod.metadata.uid;
    if (!alive || now >= run.end) {
      clearInterval(timer);
      response.end();
    }
  }, FOLLOW_EVERY_MS);
  response.on('close', () => clearInterval(timer));
}

function lines(pod, container, run, now) {
  const { logs, logEveryMs, crashMessage } = behaviourOf(pod);
  const written = (logs ?? `${container} started`).replace(/\n$/, '').split('\n');
  const result = written.map((text) => ({ at: run.begin, text }));
  const until = Math.min(now, run.end);
  for (let tick = 1; run.begin + tick * logEveryMs <= until; tick++) {
    result.push({ at: run.begin + tick * logEveryMs, text: `tick ${tick}` });
  }
  if (run.exitCode !== 0 && now >= run.end) result.push({ at: run.end, text: crashMessage });
  return result;
}

function limited(all, parameters) {
  const sinceSeconds = parameters.get('sinceSeconds');
  const sinceTime = parameters.get('sinceTime');
  const since = sinceTime ? Date.parse(sinceTime) : Date.now() - Number(sinceSeconds ?? Infinity) * 1000;
  let chosen = all.filter(({ at }) => at >= since);
  if (parameters.has('tailLines')) {
    const tail = Number(parameters.get('tailLines'));
    chosen = tail === 0 ? [] : chosen.slice(-tail);
  }
  const text = formatted(chosen, parameters);
  return parameters.has('limitBytes') ? text.slice(0, Number(parameters.get('limitBytes'))) : text;
}

function formatted(chosen, parameters) {
  const stamps = parameters.get('timestamps') === 'true';
  return chosen.map(({ at, text }) => `${stamps ? `${new Date(at).toISOString()} ` : ''}${text}\n`).join('');
}

function refuse(response, status, message) {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(message);
}
