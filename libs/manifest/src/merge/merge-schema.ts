import { type KubernetesKind, kindKey, parseKind } from '../kind.js';

/**
 * How a built-in type's fields are merged: the part of Kubernetes' OpenAPI document that strategic merge patches need
 * (`x-kubernetes-patch-strategy` and `x-kubernetes-patch-merge-key`). A field that is not listed is merged key by key
 * when it holds an object, and replaced as a whole when it holds a list.
 */
export interface MergeSchema {
  /** Lists of objects that are merged by this key; an empty key marks a list of plain values merged as a set. */
  mergeKey?: string;
  /** Keys that the patch does not name are dropped: the fields of a union. */
  retainKeys?: boolean;
  fields?: Record<string, MergeSchema>;
}

const list = (mergeKey: string, fields?: Record<string, MergeSchema>, retainKeys = false): MergeSchema => ({
  mergeKey,
  ...(fields ? { fields } : {}),
  ...(retainKeys ? { retainKeys } : {}),
});
const object = (fields: Record<string, MergeSchema>, retainKeys = false): MergeSchema => ({
  fields,
  ...(retainKeys ? { retainKeys } : {}),
});

const METADATA = object({ finalizers: list(''), ownerReferences: list('uid') });
const CONDITIONS = object({ conditions: list('type') });

const CONTAINER = {
  ports: list('containerPort'),
  env: list('name'),
  volumeMounts: list('mountPath'),
  volumeDevices: list('devicePath'),
};

const POD_SPEC = object({
  containers: list('name', CONTAINER),
  initContainers: list('name', CONTAINER),
  ephemeralContainers: list('name', CONTAINER),
  volumes: list('name', {}, true),
  imagePullSecrets: list('name'),
  hostAliases: list('ip'),
  topologySpreadConstraints: list('topologyKey'),
  schedulingGates: list('name'),
  resourceClaims: list('name', {}, true),
});

const POD_TEMPLATE = object({ metadata: METADATA, spec: POD_SPEC });
const WORKLOAD = object({
  metadata: METADATA,
  spec: object({ template: POD_TEMPLATE }),
  status: CONDITIONS,
});
const JOB_SPEC = object({ template: POD_TEMPLATE });

const BY_KIND: Record<string, MergeSchema> = {
  pod: object({
    metadata: METADATA,
    spec: POD_SPEC,
    status: object({ conditions: list('type'), podIPs: list('ip') }),
  }),
  podTemplate: object({ metadata: METADATA, template: POD_TEMPLATE }),
  replicaSet: WORKLOAD,
  replicationController: WORKLOAD,
  statefulSet: WORKLOAD,
  daemonSet: WORKLOAD,
  deployment: object({
    metadata: METADATA,
    spec: object({ template: POD_TEMPLATE, strategy: object({}, true) }),
    status: CONDITIONS,
  }),
  job: object({ metadata: METADATA, spec: JOB_SPEC, status: CONDITIONS }),
  cronJob: object({
    metadata: METADATA,
    spec: object({ jobTemplate: object({ metadata: METADATA, spec: JOB_SPEC }) }),
  }),
  service: object({ metadata: METADATA, spec: object({ ports: list('port') }), status: CONDITIONS }),
  serviceAccount: object({ metadata: METADATA, secrets: list('name') }),
  persistentVolumeClaim: object({ metadata: METADATA, status: CONDITIONS }),
  namespace: object({ metadata: METADATA, status: CONDITIONS }),
  node: object({
    metadata: METADATA,
    spec: object({ podCIDRs: list('') }),
    status: object({ conditions: list('type'), addresses: list('type') }),
  }),
  mutatingWebhookConfiguration: object({ metadata: METADATA, webhooks: list('name') }),
  validatingWebhookConfiguration: object({ metadata: METADATA, webhooks: list('name') }),
  podDisruptionBudget: object({ metadata: METADATA, status: CONDITIONS }),
  horizontalpodautoscaler: object({ metadata: METADATA, status: CONDITIONS }),
};

const PLAIN = object({ metadata: METADATA });
const SCHEMAS = new Map(Object.entries(BY_KIND).map(([kind, schema]) => [kindKey(parseKind(kind)), schema]));

/** Kinds of native groups that the API server keeps as custom resources or third-party types: no strategic merge. */
const JSON_ONLY = new Set(['customResourceDefinition', 'apiService'].map((kind) => kindKey(parseKind(kind))));

/**
 * The merge rules of a kind, or undefined where only JSON merge patches exist (custom resources), as kubectl decides it.
 */
export function mergeSchemaOf(kind: KubernetesKind): MergeSchema | undefined {
  if (kind.group !== '' || JSON_ONLY.has(kindKey(kind))) return undefined;
  return SCHEMAS.get(kindKey(kind)) ?? PLAIN;
}

export function fieldSchema(schema: MergeSchema | undefined, key: string): MergeSchema | undefined {
  return schema?.fields?.[key];
}

/** The rules within an element of a merged list. */
export function elementSchema(schema: MergeSchema): MergeSchema {
  return {
    ...(schema.fields ? { fields: schema.fields } : {}),
    ...(schema.retainKeys ? { retainKeys: true } : {}),
  };
}
