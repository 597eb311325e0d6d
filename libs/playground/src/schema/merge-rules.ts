/**
 * How lists and maps of the built-in kinds merge. The OpenAPI document says this with `x-kubernetes-patch-merge-key`,
 * `x-kubernetes-list-type` and `x-kubernetes-map-type`; the client's models leave it out, so it is written down here.
 */
export interface ListRule {
  /** Key of a strategic merge patch. */
  readonly patchKey?: string;
  /** Keys that identify an item in server-side apply. Absent with `set`. */
  readonly keys?: readonly string[];
  /** A list of distinct scalars. */
  readonly set?: boolean;
  /** Patches of an item may hold `$retainKeys`. */
  readonly retainKeys?: boolean;
}

const by = (key: string, keys: readonly string[] = [key]): ListRule => ({ patchKey: key, keys });

/** `Type.field` → rule. Lists that are not named here are atomic. */
export const LIST_RULES: Readonly<Record<string, ListRule>> = {
  'ObjectMeta.ownerReferences': by('uid'),
  'ObjectMeta.finalizers': { set: true },
  'PodSpec.containers': by('name'),
  'PodSpec.initContainers': by('name'),
  'PodSpec.ephemeralContainers': by('name'),
  'PodSpec.volumes': { ...by('name'), retainKeys: true },
  'PodSpec.imagePullSecrets': by('name'),
  'PodSpec.hostAliases': by('ip'),
  'PodSpec.topologySpreadConstraints': by('topologyKey', ['topologyKey', 'whenUnsatisfiable']),
  'PodSpec.resourceClaims': { ...by('name'), retainKeys: true },
  'PodSpec.schedulingGates': by('name'),
  'Container.ports': by('containerPort', ['containerPort', 'protocol']),
  'Container.env': by('name'),
  'Container.volumeMounts': by('mountPath'),
  'Container.volumeDevices': by('devicePath'),
  'EphemeralContainer.ports': by('containerPort', ['containerPort', 'protocol']),
  'EphemeralContainer.env': by('name'),
  'EphemeralContainer.volumeMounts': by('mountPath'),
  'EphemeralContainer.volumeDevices': by('devicePath'),
  'ResourceRequirements.claims': { keys: ['name'] },
  'VolumeResourceRequirements.claims': { keys: ['name'] },
  'PodStatus.podIPs': by('ip'),
  'PodStatus.hostIPs': { patchKey: 'ip' },
  'PodStatus.resourceClaimStatuses': { ...by('name'), retainKeys: true },
  'PodStatus.conditions': by('type'),
  'ServiceSpec.ports': by('port', ['port', 'protocol']),
  'ServiceStatus.conditions': by('type'),
  'ServiceAccount.secrets': by('name'),
  'NodeSpec.podCIDRs': { set: true },
  'NodeStatus.addresses': by('type'),
  'NodeStatus.conditions': by('type'),
  'NamespaceStatus.conditions': by('type'),
  'ReplicationControllerStatus.conditions': by('type'),
  'PersistentVolumeClaimStatus.conditions': by('type'),
  'DeploymentStatus.conditions': by('type'),
  'ReplicaSetStatus.conditions': by('type'),
  'StatefulSetStatus.conditions': by('type'),
  'DaemonSetStatus.conditions': by('type'),
  'JobStatus.conditions': { patchKey: 'type' },
  'PodDisruptionBudgetStatus.conditions': by('type'),
  'V2HorizontalPodAutoscalerStatus.conditions': by('type'),
  'CustomResourceDefinitionStatus.conditions': { keys: ['type'] },
  'APIServiceStatus.conditions': by('type'),
  'CertificateSigningRequestStatus.conditions': { keys: ['type'] },
  'FlowSchemaStatus.conditions': by('type'),
  'PriorityLevelConfigurationStatus.conditions': by('type'),
  'MutatingWebhookConfiguration.webhooks': by('name'),
  'ValidatingWebhookConfiguration.webhooks': by('name'),
  'MutatingWebhook.matchConditions': by('name'),
  'ValidatingWebhook.matchConditions': by('name'),
  'CSINodeSpec.drivers': by('name'),
};

/** Structs that server-side apply owns as a whole (`x-kubernetes-map-type: atomic`). */
export const ATOMIC_STRUCTS: ReadonlySet<string> = new Set([
  'LabelSelector',
  'NodeSelector',
  'NodeSelectorTerm',
  'ConfigMapKeySelector',
  'SecretKeySelector',
  'FileKeySelector',
  'ObjectFieldSelector',
  'ResourceFieldSelector',
  'LocalObjectReference',
  'ObjectReference',
  'TypedLocalObjectReference',
  'SecretReference',
  'RoleRef',
  'RbacV1Subject',
  'OwnerReference',
  'ScopeSelector',
  'ScopedResourceSelectorRequirement',
  'DiscoveryV1EndpointPort',
  'CoreV1EndpointPort',
  'EndpointAddress',
  'IngressClassParametersReference',
  'ServiceBackendPort',
]);

/** `Type.field` of maps that server-side apply owns as a whole. */
export const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'ServiceSpec.selector',
  'PodSpec.nodeSelector',
  'ReplicationControllerSpec.selector',
]);

/** Structs whose strategic merge patch may replace the fields that are not named (`patchStrategy: retainKeys`). */
export const RETAIN_KEYS_STRUCTS: ReadonlySet<string> = new Set(['DeploymentStrategy']);
