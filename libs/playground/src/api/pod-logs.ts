import type { Clock } from '@gennaker/kernel';
import type { Container, Pod } from '../model/workloads.js';
import { behaviourOf } from '../pods/behaviour.js';
import { isLogOpen, logLines, type LogLine } from '../pods/pod-log-lines.js';
import type { Exchange } from './request.js';
import type { ResourceApi } from './resource-api.js';
import { badRequest, notFound } from './status-error.js';
import { isTrue } from './watch.js';

const POD = { group: '', plural: 'pods', kind: 'Pod' };

/** Serves `/log`: container, follow, previous, tailLines, limitBytes, sinceSeconds, sinceTime, timestamps. */
export function serveLogs(
  exchange: Exchange,
  { api, clock }: { api: ResourceApi; clock: Clock },
  target: { namespace: string | undefined; name: string },
): void {
  const { query, response } = exchange;
  const read = (): Pod | undefined => api.store.get<Pod>('/pods', target.namespace, target.name);
  const pod = read();
  if (!pod) throw notFound(POD, target.name);
  const container = chosenContainer(pod, query.get('container'));
  const previous = isTrue(query.get('previous'));
  const lines = logLines(pod, container, previous, clock.now());
  if (!lines) throw badRequest(whyNoLog(pod, container, previous));
  const selected = limitLines(lines, query, clock.now());
  const format = lineFormat(query);
  const follows = isTrue(query.get('follow')) && !previous && isLogOpen(pod, container);
  const text = limitBytes(selected.map(format).join(''), query.get('limitBytes'));
  if (!follows) return exchange.send(200, 'text/plain', text);

  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  response.write(text);
  let written = lines.length;
  const more = (): void => {
    const current = read();
    const next =
      current?.metadata.uid === pod.metadata.uid
        ? logLines(current, container, false, clock.now())
        : undefined;
    for (const line of (next ?? []).slice(written)) response.write(format(line));
    written = Math.max(written, next?.length ?? 0);
    if (!current || !next || !isLogOpen(current, container)) stop(true);
  };
  const every = behaviourOf(pod).logEvery;
  const timer = every === undefined ? undefined : setInterval(more, Math.max(every, 20));
  const unsubscribe = api.store.subscribe((event) => {
    if (event.resource === '/pods' && event.object.metadata.uid === pod.metadata.uid) more();
  });
  const stop = (end: boolean): void => {
    clearInterval(timer);
    unsubscribe();
    if (end) response.end();
  };
  response.on('close', () => stop(false));
}

function chosenContainer(pod: Pod, name: string | null): Container {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  if (name) {
    const found = all.find((container) => container.name === name);
    if (!found) throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
    return found;
  }
  const [only, ...others] = pod.spec.containers;
  if (!only || others.length > 0) {
    const names = pod.spec.containers.map((container) => container.name).join(' ');
    throw badRequest(
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names}]`,
    );
  }
  return only;
}

function whyNoLog(pod: Pod, container: Container, previous: boolean): string {
  const { name } = pod.metadata;
  if (previous) return `previous terminated container "${container.name}" in pod "${name}" not found`;
  const status = pod.status?.containerStatuses?.find((entry) => entry.name === container.name);
  const reason = status?.state.waiting?.reason ?? 'ContainerCreating';
  const words =
    reason === 'ImagePullBackOff' || reason === 'ErrImagePull' ? 'trying and failing to pull image' : reason;
  return `container "${container.name}" in pod "${name}" is waiting to start: ${words}`;
}

function limitLines(lines: LogLine[], query: URLSearchParams, now: number): LogLine[] {
  const seconds = query.get('sinceSeconds');
  const time = query.get('sinceTime');
  const from =
    seconds === null ? (time === null ? -Infinity : Date.parse(time)) : now - Number(seconds) * 1_000;
  const recent = lines.filter((line) => line.time >= from);
  const tail = query.get('tailLines');
  if (tail === null) return recent;
  const count = Number(tail);
  if (!Number.isInteger(count) || count < 0) {
    throw badRequest(`tailLines: Invalid value: ${tail}: must be greater than or equal to 0`);
  }
  return count === 0 ? [] : recent.slice(-count);
}

function lineFormat(query: URLSearchParams): (line: LogLine) => string {
  if (!isTrue(query.get('timestamps'))) return ({ text }) => `${text}\n`;
  return ({ time, text }) => `${new Date(time).toISOString().replace('Z', '000000Z')} ${text}\n`;
}

function limitBytes(text: string, limit: string | null): string {
  return limit === null ? text : Buffer.from(text).subarray(0, Number(limit)).toString();
}
