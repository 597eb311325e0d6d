import { Kubelet } from '../pods/kubelet.js';
import { Scheduler } from '../pods/scheduler.js';
import { AutoscalerController } from './autoscaler-controller.js';
import { CrdController } from './crd-controller.js';
import { CronJobController } from './cron-job-controller.js';
import { DaemonSetController } from './daemon-set-controller.js';
import { DisruptionController } from './disruption-controller.js';
import { EventCleaner } from './event-cleaner.js';
import { QuotaController } from './quota-controller.js';
import { StatefulSetController } from './stateful-set-controller.js';
import { VolumeController } from './volume-controller.js';
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
    new StatefulSetController(world),
    new DaemonSetController(world),
    new JobController(world),
    new CronJobController(world),
    new VolumeController(world),
    new Scheduler(world),
    new Kubelet(world),
    new EndpointsController(world),
    new DisruptionController(world),
    new AutoscalerController(world),
    new QuotaController(world),
    new EventCleaner(world),
  ];
}
