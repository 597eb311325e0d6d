import { Kubelet } from '../pods/kubelet.js';
import { Scheduler } from '../pods/scheduler.js';
import { CrdController } from './crd-controller.js';
import { DeploymentController } from './deployment/deployment-controller.js';
import { EndpointsController } from './endpoints-controller.js';
import type { Controller } from './engine.js';
import { GarbageCollector } from './garbage-collector.js';
import { JobController } from './job-controller.js';
import { NamespaceController } from './namespace-controller.js';
import { ReplicaSetController } from './replica-set-controller.js';
import type { World } from './world.js';

/** Every loop of the simulated control plane and its nodes. */
export function controllersOf(world: World): Controller[] {
  return [
    new CrdController(world),
    new NamespaceController(world),
    new GarbageCollector(world),
    new DeploymentController(world),
    new ReplicaSetController(world),
    ReplicaSetController.ofReplicationControllers(world),
    new JobController(world),
    new Scheduler(world),
    new Kubelet(world),
    new EndpointsController(world),
  ];
}
