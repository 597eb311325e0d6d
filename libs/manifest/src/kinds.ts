import { type ReplacerName, WORKLOAD_REPLACERS } from '@gennaker/artifact';
import { type KubernetesKind, kindKey, parseKind, printKind } from './kind.js';

/** Which part of Spinnaker's picture of a cluster a kind is. */
export type SpinnakerKind =
  | 'instances'
  | 'serverGroups'
  | 'serverGroupManagers'
  | 'loadBalancers'
  | 'securityGroups'
  | 'configs'
  | 'unclassified';

/** What can be done to an object besides deploy, delete and patch, which every kind can. */
export type Ability =
  'scale' | 'resize' | 'pauseRollout' | 'undoRollout' | 'rollingRestart' | 'receiveTraffic' | 'loadBalance';

export interface KindProperties {
  kind: KubernetesKind;
  /** Lower goes first within a deploy. */
  deployPriority: number;
  versioned: boolean;
  /** Undefined where only the cluster knows. */
  namespaced: boolean | undefined;
  spinnakerKind: SpinnakerKind;
  abilities: ReadonlySet<Ability>;
  replacers: readonly ReplacerName[];
  /** Rules of the account for this custom resource. */
  customReplacers: readonly { type: string; path: string }[];
  deployable: boolean;
}

/** Names that accounts may use instead of a number. */
export const DEPLOY_PRIORITIES: Readonly<Record<string, number>> = {
  NAMESPACE_PRIORITY: 0,
  ROLE_PRIORITY: 20,
  RESOURCE_DEFINITION_PRIORITY: 30,
  ROLE_BINDING_PRIORITY: 30,
  ADMISSION_PRIORITY: 40,
  SERVICE_ACCOUNT_PRIORITY: 40,
  STORAGE_CLASS_PRIORITY: 40,
  MOUNTABLE_DATA_BACKING_RESOURCE_PRIORITY: 40,
  MOUNTABLE_DATA_PRIORITY: 50,
  NETWORK_RESOURCE_PRIORITY: 70,
  API_SERVICE_PRIORITY: 80,
  PDB_PRIORITY: 90,
  WORKLOAD_MODIFIER_PRIORITY: 90,
  WORKLOAD_PRIORITY: 100,
  WORKLOAD_CONTROLLER_PRIORITY: 100,
  WORKLOAD_ATTACHMENT_PRIORITY: 110,
  LOWEST_PRIORITY: 1000,
};

const LOWEST_PRIORITY = 1000;
const CUSTOM_RESOURCE_PRIORITY = 100;

interface Row {
  kinds: string;
  priority: number;
  spinnakerKind?: SpinnakerKind;
  versioned?: boolean;
  clusterWide?: boolean;
  abilities?: Ability[];
  replacers?: readonly ReplacerName[];
}

const ROLLOUT: Ability[] = ['resize', 'pauseRollout', 'undoRollout', 'rollingRestart'];

const TABLE: Row[] = [
  { kinds: 'namespace', priority: 0, clusterWide: true },
  { kinds: 'clusterRole', priority: 20, clusterWide: true },
  { kinds: 'role', priority: 20 },
  { kinds: 'customResourceDefinition clusterRoleBinding', priority: 30, clusterWide: true },
  { kinds: 'roleBinding', priority: 30 },
  { kinds: 'serviceAccount', priority: 40 },
  {
    kinds: 'storageClass mutatingWebhookConfiguration validatingWebhookConfiguration',
    priority: 40,
    clusterWide: true,
  },
  { kinds: 'persistentVolume', priority: 40, spinnakerKind: 'configs', clusterWide: true },
  { kinds: 'configMap secret', priority: 50, spinnakerKind: 'configs', versioned: true },
  { kinds: 'persistentVolumeClaim', priority: 50, spinnakerKind: 'configs' },
  { kinds: 'service', priority: 70, spinnakerKind: 'loadBalancers', abilities: ['loadBalance'] },
  { kinds: 'ingress', priority: 70, spinnakerKind: 'loadBalancers' },
  { kinds: 'networkPolicy', priority: 70, spinnakerKind: 'securityGroups' },
  { kinds: 'apiService', priority: 80, clusterWide: true },
  { kinds: 'podDisruptionBudget limitRange podPreset', priority: 90 },
  { kinds: 'podSecurityPolicy', priority: 90, clusterWide: true },
  {
    kinds: 'pod',
    priority: 100,
    spinnakerKind: 'instances',
    versioned: true,
    abilities: ['receiveTraffic'],
    replacers: ['podDockerImage'],
  },
  {
    kinds: 'replicaSet',
    priority: 100,
    spinnakerKind: 'serverGroups',
    versioned: true,
    abilities: ['scale', 'resize', 'receiveTraffic'],
    replacers: WORKLOAD_REPLACERS,
  },
  {
    kinds: 'deployment',
    priority: 100,
    spinnakerKind: 'serverGroupManagers',
    abilities: ['scale', 'receiveTraffic', ...ROLLOUT],
    replacers: WORKLOAD_REPLACERS,
  },
  {
    kinds: 'statefulSet',
    priority: 100,
    spinnakerKind: 'serverGroups',
    abilities: ['scale', 'receiveTraffic', ...ROLLOUT],
    replacers: WORKLOAD_REPLACERS,
  },
  {
    kinds: 'daemonSet',
    priority: 100,
    spinnakerKind: 'serverGroups',
    abilities: ['receiveTraffic', ...ROLLOUT],
    replacers: WORKLOAD_REPLACERS,
  },
  {
    kinds: 'job cronJob',
    priority: 100,
    spinnakerKind: 'serverGroups',
    abilities: ['receiveTraffic'],
    replacers: WORKLOAD_REPLACERS,
  },
  { kinds: 'horizontalpodautoscaler', priority: 110, replacers: ['hpaDeployment', 'hpaReplicaSet'] },
];

const BUILT_IN = new Map<string, KindProperties>(
  TABLE.flatMap((row) =>
    row.kinds.split(' ').map((name): [string, KindProperties] => {
      const kind = parseKind(name);
      return [
        kindKey(kind),
        {
          kind,
          deployPriority: row.priority,
          versioned: row.versioned ?? false,
          namespaced: row.clusterWide !== true,
          spinnakerKind: row.spinnakerKind ?? 'unclassified',
          abilities: new Set(row.abilities ?? []),
          replacers: row.replacers ?? [],
          customReplacers: [],
          deployable: true,
        },
      ];
    }),
  ),
);

const NEVER_DEPLOYED = new Set(['event', 'controllerRevision']);

/** An account's word on a custom resource. */
export interface CustomResource {
  kubernetesKind: string;
  spinnakerKind?: string;
  deployPriority?: number | string;
  versioned?: boolean;
  namespaced?: boolean;
  /** Which artifacts it refers to, and where; see `customReplacer`. */
  artifactReplacers?: { type: string; path: string }[];
}

/** Kinds by Spinnaker's table. */
export function builtInKinds(): KindProperties[] {
  return [...BUILT_IN.values()];
}

/** Everything that is known of a kind, an account's own custom resources included. */
export function kindProperties(
  kind: KubernetesKind,
  customResources: readonly CustomResource[] = [],
): KindProperties {
  const custom = customResources.find(
    (resource) => kindKey(parseKind(resource.kubernetesKind)) === kindKey(kind),
  );
  if (custom) return customKind(kind, custom);
  return (
    BUILT_IN.get(kindKey(kind)) ?? {
      kind,
      deployPriority: LOWEST_PRIORITY,
      versioned: false,
      namespaced: undefined,
      spinnakerKind: 'unclassified',
      abilities: new Set(),
      replacers: [],
      customReplacers: [],
      deployable: !NEVER_DEPLOYED.has(printKind(kind)),
    }
  );
}

function customKind(kind: KubernetesKind, custom: CustomResource): KindProperties {
  return {
    kind,
    deployPriority: priorityOf(custom.deployPriority),
    versioned: custom.versioned ?? false,
    namespaced: custom.namespaced ?? true,
    spinnakerKind: spinnakerKindOf(custom.spinnakerKind),
    abilities: new Set(),
    replacers: [],
    customReplacers: custom.artifactReplacers ?? [],
    deployable: true,
  };
}

function priorityOf(value: number | string | undefined): number {
  if (value === undefined) return CUSTOM_RESOURCE_PRIORITY;
  if (typeof value === 'number') return value;
  return (
    DEPLOY_PRIORITIES[value.trim().toUpperCase()] ??
    (/^\d+$/.test(value.trim()) ? Number(value) : LOWEST_PRIORITY)
  );
}

const SPINNAKER_KINDS: readonly SpinnakerKind[] = [
  'instances',
  'serverGroups',
  'serverGroupManagers',
  'loadBalancers',
  'securityGroups',
  'configs',
];

function spinnakerKindOf(text: string | undefined): SpinnakerKind {
  const wanted = (text ?? '').toLowerCase();
  return SPINNAKER_KINDS.find((kind) => kind.toLowerCase() === wanted) ?? 'unclassified';
}
