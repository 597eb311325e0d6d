import type { JsonObject } from '@gennaker/kernel';
import type { ManifestStatus } from '@gennaker/manifest';

/** One object of one cluster as `clouddriver.resource` holds it. */
export interface ResourceRow {
  account: string;
  /** API group; empty for the core. */
  api_group: string;
  /** As the API server writes it: `ReplicaSet`. */
  kind: string;
  /** Empty for cluster-wide objects. */
  namespace: string;
  name: string;
  api_version: string;
  uid: string;
  resource_version: string;
  /** Milliseconds since the epoch. */
  created_at: number | null;
  /** It has a deletion timestamp. */
  deleting: boolean;
  spinnaker_kind: string;
  application: string | null;
  cluster: string | null;
  stack: string | null;
  detail: string | null;
  sequence: number | null;
  /** The owner that manages it: the ReplicaSet of a Pod. */
  controller_uid: string | null;
  owner_uids: string[];
  labels: Record<string, string>;
  /**
   * What a Service's selector is compared with: `account/namespace/label=value` of a workload's template, or of a Pod
   * that no workload owns. Null for what no load balancer shows.
   */
  target_keys: string[] | null;
  /** A Service's selector in the same form; null where there is none, so that it selects nothing. */
  selector_keys: string[] | null;
  summary: ResourceSummary;
  status: ManifestStatus;
  manifest: JsonObject;
  observed_at: number;
}

export interface ContainerHealth {
  name: string;
  ready: boolean;
}

/** What the views need of a manifest beyond its metadata, small enough to be read for hundreds of objects. */
export interface ResourceSummary {
  /** Desired replicas of a workload; null when it has no such number. */
  replicas?: number | null;
  images?: string[];
  /** `service x`, from the annotation. */
  loadBalancers?: string[];
  /** A Pod's phase and containers. */
  phase?: string;
  containers?: ContainerHealth[];
  node?: string;
  startedAt?: number | null;
  /** Services that an Ingress sends requests to. */
  services?: string[];
  /** Ports of a NetworkPolicy. */
  inbound?: PolicyRule[];
  outbound?: PolicyRule[];
  /** A Job's outcome. */
  job?: { succeeded: number; failed: number; active: number; completedAt: number | null };
}

export interface PolicyRule {
  protocol: string;
  /** A number or a named port; null when the rule allows every port. */
  port: number | string | null;
  endPort: number | null;
}

export interface ResourceKey {
  account: string;
  api_group: string;
  kind: string;
  namespace: string;
  name: string;
}
