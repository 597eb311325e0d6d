import { jsonEquals } from '@gennaker/kernel';
import { matcherOf } from '../api/selectors.js';
import { controllerReference, keyOf, splitKey, type KubeObject } from '../model/objects.js';
import { isPodReady, type Pod } from '../model/workloads.js';
import { behaviourOf } from '../pods/behaviour.js';
import type { StoreEvent } from '../store/store.js';
import type { Controller } from './engine.js';
import { PODS } from './replica-set-controller.js';
import type { World } from './world.js';

const SERVICES = '/services';
const ENDPOINTS = '/endpoints';
const SLICES = 'discovery.k8s.io/endpointslices';

interface Service extends KubeObject {
  spec: {
    type?: string;
    selector?: Record<string, string>;
    publishNotReadyAddresses?: boolean;
    ports?: { name?: string; port: number; protocol?: string; targetPort?: number | string }[];
  };
  status?: { loadBalancer?: { ingress?: object[] } };
}

/** Keeps the Endpoints and EndpointSlices of Services, and gives load balancers an address. */
export class EndpointsController implements Controller {
  readonly name = 'endpoints controller';

  constructor(private readonly world: World) {}

  keysFor(event: StoreEvent): string[] {
    if (event.resource === SERVICES) return [keyOf(event.object)];
    if (event.resource !== PODS) return [];
    const labels = [event.object, event.previous].map((pod) => pod?.metadata.labels ?? {});
    return this.world.store
      .list<Service>(SERVICES, event.object.metadata.namespace)
      .filter(
        ({ spec }) =>
          spec.selector && labels.some((set) => matcherOf({ matchLabels: spec.selector ?? {} })(set)),
      )
      .map(keyOf);
  }

  initialKeys(): string[] {
    return this.world.store.list(SERVICES).map(keyOf);
  }

  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const service = this.world.store.get<Service>(SERVICES, namespace, name);
    if (!service) {
      const endpoints = this.world.store.get(ENDPOINTS, namespace, name);
      if (endpoints) this.world.delete(ENDPOINTS, endpoints);
      return undefined;
    }
    this.balance(service);
    const { selector } = service.spec;
    if (!selector || Object.keys(selector).length === 0) return undefined;
    const pods = this.world.store
      .list<Pod>(PODS, namespace)
      .filter((pod) => matcherOf({ matchLabels: selector })(pod.metadata.labels ?? {}) && isAddressable(pod));
    this.write(ENDPOINTS, service, name, endpointsOf(service, pods));
    this.write(SLICES, service, `${name}-playground`, sliceOf(service, pods));
    return undefined;
  }

  private balance(service: Service): void {
    const hasAddress = (service.status?.loadBalancer?.ingress ?? []).length > 0;
    if (service.spec.type !== 'LoadBalancer' || hasAddress || behaviourOf(service).loadBalancerPending)
      return;
    const last = (Number.parseInt(service.metadata.uid.slice(0, 4), 16) % 250) + 2;
    this.world.setStatus(SERVICES, service, {
      loadBalancer: { ingress: [{ ip: `172.18.255.${last}`, ipMode: 'VIP' }] },
    });
  }

  private write(storage: string, service: Service, name: string, content: Record<string, unknown>): void {
    const { namespace } = service.metadata;
    const live = this.world.store.get(storage, namespace, name);
    if (!live) {
      const isSlice = storage === SLICES;
      this.world.create(storage, namespace, {
        apiVersion: isSlice ? 'discovery.k8s.io/v1' : 'v1',
        kind: isSlice ? 'EndpointSlice' : 'Endpoints',
        metadata: {
          name,
          labels: {
            ...service.metadata.labels,
            ...(isSlice ? { 'kubernetes.io/service-name': service.metadata.name } : {}),
          },
          ownerReferences: isSlice
            ? [controllerReference({ ...service, apiVersion: 'v1', kind: 'Service' })]
            : [],
        },
        ...content,
      });
      return;
    }
    if (Object.entries(content).every(([field, value]) => jsonEquals(live[field], value))) return;
    this.world.change(storage, live, (object) => ({ ...object, ...content }));
  }
}

function isAddressable(pod: Pod): boolean {
  return (
    pod.status?.podIP !== undefined &&
    pod.metadata.deletionTimestamp === undefined &&
    pod.status.phase !== 'Succeeded' &&
    pod.status.phase !== 'Failed'
  );
}

function portsOf(
  service: Service,
  pod: Pod | undefined,
): { name?: string; port: number; protocol: string }[] {
  return (service.spec.ports ?? []).map((port) => {
    const target = port.targetPort ?? port.port;
    const named = pod?.spec.containers
      .flatMap((container) => container.ports ?? [])
      .find((candidate) => candidate.name === target);
    return {
      ...(port.name === undefined ? {} : { name: port.name }),
      port: typeof target === 'number' ? target : (named?.containerPort ?? port.port),
      protocol: port.protocol ?? 'TCP',
    };
  });
}

function targetOf(pod: Pod): object {
  const { name, namespace, uid } = pod.metadata;
  return { kind: 'Pod', namespace, name, uid };
}

function endpointsOf(service: Service, pods: Pod[]): Record<string, unknown> {
  if (pods.length === 0) return { subsets: [] };
  const address = (pod: Pod): object => ({
    ip: pod.status?.podIP,
    nodeName: pod.spec.nodeName,
    targetRef: targetOf(pod),
  });
  const counts = (pod: Pod): boolean => isPodReady(pod) || service.spec.publishNotReadyAddresses === true;
  const ready = pods.filter(counts).map(address);
  const notReady = pods.filter((pod) => !counts(pod)).map(address);
  return {
    subsets: [
      {
        ...(ready.length > 0 ? { addresses: ready } : {}),
        ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
        ports: portsOf(service, pods[0]),
      },
    ],
  };
}

function sliceOf(service: Service, pods: Pod[]): Record<string, unknown> {
  return {
    addressType: 'IPv4',
    ports: portsOf(service, pods[0]),
    endpoints: pods.map((pod) => ({
      addresses: [pod.status?.podIP],
      conditions: { ready: isPodReady(pod), serving: isPodReady(pod), terminating: false },
      nodeName: pod.spec.nodeName,
      targetRef: targetOf(pod),
    })),
  };
}
