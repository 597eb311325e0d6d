/**
 * Stands in for the kubelets of a cluster without machines: registers nodes and keeps them ready, and plays
 * the life of every pod that is bound to one of them, as the pod's annotations say (kubelet/behaviour.mjs).
 * Scheduling, controllers, garbage collection and the API itself are the real ones.
 */
import { hostname } from 'node:os';
import { ApiClient } from './kubelet/api-client.mjs';
import { eventsBetween } from './kubelet/pod-events.mjs';
import { behaviourOf } from './kubelet/behaviour.mjs';
import { startLogServer } from './kubelet/log-server.mjs';
import { podStatusAt } from './kubelet/pod-status.mjs';

const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const RETRY_MS = 500;
const LONGEST_TIMER_MS = 60_000;

/**
 * @param {{server: string, ca: string, token: string, key: string, cert: string, nodes: string[]}} options
 * `key` and `cert` serve the log endpoint. Resolves when the nodes are registered.
 */
export async function startKubelets({ server, ca, token, key, cert, nodes }) {
  const kubelets = new Kubelets(new ApiClient({ server, ca, token }), nodes);
  await kubelets.start({ key, cert });
  return kubelets;
}

class Kubelets {
  #api;
  #nodes;
  /** @type {Map<string, {pod: object, boundAt: number, attempt: number, stopAt?: number, written?: string, timer?: NodeJS.Timeout, busy: boolean, again: boolean}>} */
  #pods = new Map();
  /** How many pods each Job, by uid, has had. */
  #attempts = new Map();
  #stopping = new AbortController();
  #logs;
  #renewal;

  constructor(api, nodes) {
    this.#api = api;
    this.#nodes = new Set(nodes);
  }

  async start({ key, cert }) {
    this.#logs = await startLogServer({ key, cert, find: (namespace, name) => this.#find(namespace, name) });
    for (const node of this.#nodes) {
      await this.#register(node);
      await this.#renewLease(node);
    }
    this.#renewal = setInterval(() => {
      for (const node of this.#nodes) this.#renewLease(node).catch(() => {});
    }, RENEW_MS);
    void this.#followPods();
  }

  async stop() {
    this.#stopping.abort();
    clearInterval(this.#renewal);
    for (const entry of this.#pods.values()) clearTimeout(entry.timer);
    this.#pods.clear();
    await this.#logs?.close();
    this.#api.close();
  }

  async #register(name) {
    const { metadata } = await this.#api
      .post('/api/v1/nodes', { metadata: { name, labels: nodeLabels(name) } })
      .catch((error) => {
        if (error.status !== 409) throw error;
        return this.#api.get(`/api/v1/nodes/${name}`);
      });
    await this.#api.patch(`/api/v1/nodes/${name}/status`, {
      metadata: { uid: metadata.uid },
      status: nodeStatus(name, this.#logs.port),
    });
  }

  async #renewLease(name) {
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
    };
    try {
      await this.#api.patch(`${path}/${name}`, { spec });
    } catch (error) {
      if (error.status !== 404) throw error;
      await this.#api.post(path, { metadata: { name, namespace: 'kube-node-lease' }, spec });
    }
  }

  /** Lists, watches, and begins again whenever the watch ends, until stopped. */
  async #followPods() {
    while (!this.#stopping.signal.aborted) {
      try {
        const list = await this.#api.get('/api/v1/pods');
        const present = new Set(list.items.map((pod) => pod.metadata.uid));
        for (const uid of this.#pods.keys()) if (!present.has(uid)) this.#forget(uid);
        for (const pod of list.items) this.#take(pod);
        const from = `resourceVersion=${list.metadata.resourceVersion}&allowWatchBookmarks=true`;
        await this.#api.watch(
          `/api/v1/pods?watch=true&${from}`,
          (event) => this.#onEvent(event),
          this.#stopping.signal,
        );
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #onEvent({ type, object }) {
    if (type === 'DELETED') this.#forget(object.metadata.uid);
    else if (type === 'ADDED' || type === 'MODIFIED') this.#take(object);
  }

  #take(pod) {
    if (!this.#nodes.has(pod.spec.nodeName)) return;
    const { uid } = pod.metadata;
    const known = this.#pods.get(uid);
    const entry = known ?? this.#begin(pod);
    entry.pod = pod;
    if (!known) this.#pods.set(uid, entry);
    void this.#reconcile(uid);
  }

  #begin(pod) {
    const job = jobOf(pod);
    const attempt = job ? (this.#attempts.get(job) ?? 0) : 0;
    if (job) this.#attempts.set(job, attempt + 1);
    return { pod, attempt, boundAt: startedBefore(pod) ?? Date.now(), busy: false, again: false };
  }

  #forget(uid) {
    clearTimeout(this.#pods.get(uid)?.timer);
    this.#pods.delete(uid);
  }

  #find(namespace, name) {
    for (const entry of this.#pods.values()) {
      const { metadata } = entry.pod;
      if (metadata.name === name && metadata.namespace === namespace) return entry;
    }
    return undefined;
  }

  async #reconcile(uid) {
    const entry = this.#pods.get(uid);
    if (!entry) return;
    if (entry.busy) {
      entry.again = true;
      return;
    }
    entry.busy = true;
    entry.again = false;
    clearTimeout(entry.timer);
    let nextAt;
    try {
      nextAt = entry.pod.metadata.deletionTimestamp ? await this.#end(entry) : await this.#report(entry);
    } catch (error) {
      nextAt = error.status === 404 || error.status === 409 ? Infinity : Date.now() + RETRY_MS;
    }
    entry.busy = false;
    if (this.#stopping.signal.aborted || !this.#pods.has(uid)) return;
    if (entry.again) return this.#reconcile(uid);
    if (nextAt === Infinity) return;
    const wait = Math.min(Math.max(nextAt - Date.now(), 0), LONGEST_TIMER_MS);
    entry.timer = setTimeout(() => void this.#reconcile(uid), wait);
  }

  /** Reports the pod's status if it has changed; answers when it changes next. */
  async #report(entry) {
    const { status, nextAt } = podStatusAt(entry, Date.now());
    const text = JSON.stringify(status, withoutTransitionTimes);
    if (text !== entry.written) {
      const before = entry.written ? JSON.parse(entry.written) : undefined;
      await this.#api.patch(`${podPath(entry.pod)}/status`, {
        metadata: { uid: entry.pod.metadata.uid },
        status,
      });
      entry.written = text;
      for (const event of eventsBetween(entry.pod, before, status)) void this.#emit(entry.pod, event);
    }
    return nextAt;
  }

  /** Ends a pod that was asked to go, after the time it takes to stop. */
  async #end(entry) {
    const { metadata, spec } = entry.pod;
    const grace = (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30) * 1000;
    entry.stopAt ??= Date.now() + Math.min(behaviourOf(entry.pod).stopMs, grace);
    if (entry.ended) return Infinity;
    if (Date.now() < entry.stopAt) return entry.stopAt;
    await this.#api.delete(podPath(entry.pod), {
      gracePeriodSeconds: 0,
      preconditions: { uid: metadata.uid },
    });
    entry.ended = true;
    return Infinity;
  }

  async #emit(pod, { type, reason, message }) {
    const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z');
    const { name, namespace, uid, resourceVersion } = pod.metadata;
    await this.#api
      .post(`/api/v1/namespaces/${namespace}/events`, {
        metadata: { generateName: `${name}.`, namespace },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion },
        source: { component: 'kubelet', host: pod.spec.nodeName },
        type,
        reason,
        message,
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
      })
      .catch(() => {});
  }
}

/** A pod that an earlier stand-in had begun goes on from there. */
function startedBefore(pod) {
  return pod.status?.startTime ? Date.parse(pod.status.startTime) : undefined;
}

function jobOf(pod) {
  return pod.metadata.ownerReferences?.find((owner) => owner.kind === 'Job')?.uid;
}

function withoutTransitionTimes(key, value) {
  return key === 'lastTransitionTime' ? undefined : value;
}

function podPath({ metadata }) {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}

function nodeLabels(name) {
  return { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
}

function nodeStatus(name, port) {
  const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z');
  const room = { cpu: '64', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '2000' };
  return {
    capacity: room,
    allocatable: room,
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: {
      architecture: 'amd64',
      bootID: name,
      containerRuntimeVersion: 'stand-in://1',
      kernelVersion: 'none',
      kubeProxyVersion: 'none',
      kubeletVersion: 'v1.20.2-stand-in',
      machineID: hostname(),
      operatingSystem: 'linux',
      osImage: 'kubelet stand-in',
      systemUUID: name,
    },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'the kubelet stand-in is ready',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
  };
}
