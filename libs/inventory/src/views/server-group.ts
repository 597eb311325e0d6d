import type { Moniker } from '@gennaker/moniker';
import {
  countInstances,
  overallHealth,
  podHealth,
  type Health,
  type HealthState,
  type InstanceCounts,
} from './instance-health.js';
import type { LoadBalancerOf, PodRow } from './relations.js';
import { createdTimeOf, fullNameOf, headOf, monikerOf, type ResourceHead, type ViewRow } from './view-row.js';

export interface InstanceSummary {
  /** The pod's uid. */
  id: string;
  /** `pod x`. */
  name: string;
  health: Health[];
  healthState: HealthState;
  launchTime: number | null;
  availabilityZone: string;
}

export interface ManagerRef {
  account: string;
  location: string;
  name: string;
}

export interface ServerGroupSummary {
  name: string;
  account: string;
  region: string;
  cluster: string | null;
  type: 'kubernetes';
  cloudProvider: 'kubernetes';
  instanceType: null;
  application: string | null;
  isDisabled: boolean;
  moniker: Moniker;
  buildInfo: { images: string[] };
  createdTime: number | null;
  capacity: { desired: number };
  instances: InstanceSummary[];
  loadBalancers: string[];
  securityGroups: string[];
  instanceCounts: InstanceCounts;
  labels: Record<string, string>;
  serverGroupManagers: ManagerRef[];
}

export interface ServerGroup extends ResourceHead {
  cluster: string | null;
  disabled: boolean;
  capacity: { desired: number; min: null; max: null; pinned: boolean };
  instanceCounts: InstanceCounts;
  instances: Instance[];
  loadBalancers: string[];
  serverGroupManagers: ManagerRef[];
  buildInfo: { images: string[] };
  zones: string[];
  securityGroups: string[];
  launchConfig: Record<string, never>;
  cloudProvider: 'kubernetes';
  type: 'kubernetes';
}

/** A pod. Its `name` is its uid, as everywhere in Spinnaker. */
export interface Instance extends ResourceHead {
  id: string;
  humanReadableName: string;
  zone: string;
  launchTime: number | null;
  healthState: HealthState;
  health: Health[];
  cloudProvider: 'kubernetes';
  providerType: 'kubernetes';
}

/** What belongs to a server group. */
export interface ServerGroupParts<Pod = PodRow> {
  pods: readonly Pod[];
  services: readonly LoadBalancerOf[];
  manager: ViewRow | undefined;
}

export function instanceOf(row: ViewRow): Instance {
  const head = headOf(row);
  const health = podHealth(row.summary);
  return {
    ...head,
    id: row.uid,
    name: row.uid,
    humanReadableName: head.name,
    zone: row.namespace,
    launchTime: row.summary.startedAt ?? null,
    healthState: overallHealth(health),
    health,
    cloudProvider: 'kubernetes',
    providerType: 'kubernetes',
  };
}

function instanceSummary(row: PodRow): InstanceSummary {
  const health = podHealth(row.summary);
  return {
    id: row.uid,
    name: fullNameOf(row),
    health,
    healthState: overallHealth(health),
    launchTime: row.summary.startedAt ?? null,
    availabilityZone: row.namespace,
  };
}

export function serverGroupSummary(row: ViewRow, parts: ServerGroupParts): ServerGroupSummary {
  const instances = parts.pods.map(instanceSummary);
  return {
    name: fullNameOf(row),
    account: row.account,
    region: row.namespace,
    cluster: row.cluster,
    type: 'kubernetes',
    cloudProvider: 'kubernetes',
    instanceType: null,
    application: row.application,
    isDisabled: isDisabled(row, parts.services),
    moniker: monikerOf(row),
    buildInfo: { images: row.summary.images ?? [] },
    createdTime: createdTimeOf(row),
    capacity: { desired: desiredOf(row) },
    instances,
    loadBalancers: parts.services.map(fullNameOf),
    securityGroups: [],
    instanceCounts: countInstances(instances.map((instance) => instance.healthState)),
    labels: row.labels,
    serverGroupManagers: managersOf(parts.manager),
  };
}

export function serverGroupDetails(row: ViewRow, parts: ServerGroupParts<ViewRow>): ServerGroup {
  const instances = parts.pods.map(instanceOf);
  return {
    ...headOf(row),
    cluster: row.cluster,
    disabled: isDisabled(row, parts.services),
    capacity: { desired: desiredOf(row), min: null, max: null, pinned: false },
    instanceCounts: countInstances(instances.map((instance) => instance.healthState)),
    instances,
    loadBalancers: parts.services.map(fullNameOf),
    serverGroupManagers: managersOf(parts.manager),
    buildInfo: { images: row.summary.images ?? [] },
    zones: [],
    securityGroups: [],
    launchConfig: {},
    cloudProvider: 'kubernetes',
    type: 'kubernetes',
  };
}

/** It says that it stands behind load balancers, and none of them selects it. */
function isDisabled(row: ViewRow, services: readonly LoadBalancerOf[]): boolean {
  return (row.summary.loadBalancers ?? []).length > 0 && services.length === 0;
}

function desiredOf(row: ViewRow): number {
  return row.summary.replicas ?? 0;
}

function managersOf(manager: ViewRow | undefined): ManagerRef[] {
  if (manager === undefined || manager.spinnaker_kind !== 'serverGroupManagers') return [];
  return [{ account: manager.account, location: manager.namespace, name: fullNameOf(manager) }];
}
