import { GIT_VERSION } from './api/discovery.js';
import type { World } from './controllers/world.js';
import { timestamp } from './model/objects.js';
import { nodeAddress } from './pods/kubelet.js';

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What every cluster has before its first user comes. Leaves alone what a saved cluster already holds. */
export function bootstrap(world: World, nodeCount: number): void {
  for (const name of NAMESPACES) {
    if (world.store.get('/namespaces', undefined, name)) continue;
    world.create('/namespaces', undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (let index = 1; index <= nodeCount; index++) addNode(world, `playground-${index}`);
  if (!world.store.get('storage.k8s.io/storageclasses', undefined, 'standard')) {
    world.create('storage.k8s.io/storageclasses', undefined, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'playground.gennaker.io/simulated',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    });
  }
  for (const [name, value] of [
    ['system-cluster-critical', 2_000_000_000],
    ['system-node-critical', 2_000_001_000],
  ] as const) {
    if (world.store.get('scheduling.k8s.io/priorityclasses', undefined, name)) continue;
    world.create('scheduling.k8s.io/priorityclasses', undefined, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
    });
  }
  if (!world.store.get('/services', 'default', 'kubernetes')) {
    world.create('/services', 'default', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
    });
  }
}

const CAPACITY = { cpu: '32', memory: '128Gi', 'ephemeral-storage': '500Gi', pods: '2000' };

function addNode(world: World, name: string): void {
  if (world.store.get('/nodes', undefined, name)) return;
  const time = timestamp(world.now());
  const node = world.create('/nodes', undefined, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'playground.gennaker.io/simulated': 'true',
      },
    },
    spec: { podCIDR: `10.244.${name.replace(/\D/g, '')}.0/24` },
  });
  world.setStatus('/nodes', node, {
    capacity: CAPACITY,
    allocatable: CAPACITY,
    addresses: [
      { type: 'InternalIP', address: nodeAddress(name) },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'this node is simulated',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      },
    ],
    nodeInfo: {
      machineID: name,
      systemUUID: name,
      bootID: name,
      kernelVersion: 'none',
      osImage: 'Gennaker playground (a simulation)',
      containerRuntimeVersion: 'playground://1',
      kubeletVersion: GIT_VERSION,
      kubeProxyVersion: GIT_VERSION,
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  });
}
