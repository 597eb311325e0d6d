import { isObject, type JsonObject } from '@gennaker/kernel';
import {
  ANNOTATIONS,
  annotationsOf,
  type CustomResource,
  groupOfApiVersion,
  kindOfManifest,
  kindProperties,
  labelsOf,
  listAt,
  manifestStatus,
  metadataOf,
  nameOf,
  namespaceOf,
  objectAt,
  specOf,
  templateMetadataOf,
  textAt,
} from '@gennaker/manifest';
import { kubernetesMoniker, MONIKER_ANNOTATIONS } from '@gennaker/moniker';
import type { ResourceRow } from './resource-row.js';
import { summarise } from './summarise-resource.js';

export interface DescribeContext {
  account: string;
  /** The account's word on its custom resources. */
  customResources: readonly CustomResource[];
  /** Leave out what has no application annotation. */
  onlySpinnakerManaged: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * The row of an object, or undefined when the inventory does not keep it (it says so itself, or the account keeps what
 * Spinnaker manages only). Credentials, and what is only book-keeping, are taken out of the manifest.
 */
export function describeResource(manifest: JsonObject, context: DescribeContext): ResourceRow | undefined {
  const annotations = annotationsOf(manifest);
  if (annotations[ANNOTATIONS.cachingIgnore]?.toLowerCase() === 'true') return undefined;
  if (context.onlySpinnakerManaged && !annotations[MONIKER_ANNOTATIONS.application]) return undefined;

  const metadata = metadataOf(manifest);
  const kind = kindOfManifest(manifest);
  const native = kind.group === '' ? kind.name : '';
  const moniker = kubernetesMoniker(manifest);
  const owners = listAt(metadata, 'ownerReferences');
  const controller = owners.find((owner) => owner['controller'] === true);
  return {
    account: context.account,
    api_group: groupOfApiVersion(manifest['apiVersion']),
    kind: textAt(manifest, 'kind'),
    namespace: namespaceOf(manifest),
    name: nameOf(manifest),
    api_version: textAt(manifest, 'apiVersion'),
    uid: textAt(metadata, 'uid'),
    resource_version: textAt(metadata, 'resourceVersion'),
    created_at: millis(metadata['creationTimestamp']),
    deleting: metadata['deletionTimestamp'] != null,
    spinnaker_kind: kindProperties(kind, context.customResources).spinnakerKind,
    application: moniker.app,
    cluster: moniker.cluster,
    stack: moniker.stack,
    detail: moniker.detail,
    sequence: moniker.sequence,
    controller_uid: controller === undefined ? null : textAt(controller, 'uid'),
    owner_uids: owners.map((owner) => textAt(owner, 'uid')),
    labels: labelsOf(manifest),
    target_keys: matchKeys(manifest, context.account, targetLabels(manifest, native)),
    selector_keys: matchKeys(manifest, context.account, selectorOf(manifest, native)),
    summary: summarise(manifest, native),
    status: manifestStatus(manifest),
    manifest: withoutBookKeeping(manifest, native === 'secret'),
    observed_at: context.now,
  };
}

/** Workloads that stand for their pods behind a load balancer. */
const POD_OWNERS = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']);

/** The labels that a Service's selector is compared with; undefined for what is shown below its owner, or not at all. */
function targetLabels(manifest: JsonObject, kind: string): Record<string, string> | undefined {
  if (kind === 'pod') {
    const owners = listAt(metadataOf(manifest), 'ownerReferences');
    const owned = owners.some(
      (owner) => owner['controller'] === true && POD_OWNERS.has(textAt(owner, 'kind')),
    );
    return owned ? undefined : labelsOf(manifest);
  }
  const template = templateMetadataOf(manifest);
  return template === undefined ? undefined : labelsOf({ metadata: template });
}

function selectorOf(manifest: JsonObject, kind: string): Record<string, string> | undefined {
  if (kind !== 'service') return undefined;
  const selector = objectAt(specOf(manifest), 'selector') ?? {};
  return Object.fromEntries(Object.entries(selector).map(([key, value]) => [key, String(value)]));
}

/** Account and namespace are part of each key, so that equal labels elsewhere in the fleet are not even looked at. */
function matchKeys(
  manifest: JsonObject,
  account: string,
  labels: Record<string, string> | undefined,
): string[] | null {
  const pairs = Object.entries(labels ?? {});
  if (pairs.length === 0) return null;
  return pairs.map(([key, value]) => `${account}/${namespaceOf(manifest)}/${key}=${value}`);
}

/**
 * A copy without `managedFields` and the last-applied annotation, which double an object's size, and for a Secret
 * without anything secret.
 */
function withoutBookKeeping(manifest: JsonObject, secret: boolean): JsonObject {
  const { managedFields: _managed, ...metadata } = metadataOf(manifest);
  if (isObject(metadata['annotations'])) {
    const { [ANNOTATIONS.lastApplied]: _applied, ...annotations } = metadata['annotations'];
    metadata['annotations'] = annotations;
  }
  const copy: JsonObject = { ...manifest, metadata };
  if (secret) {
    delete copy['data'];
    delete copy['stringData'];
  }
  return copy;
}

function millis(timestamp: unknown): number | null {
  if (typeof timestamp !== 'string') return null;
  const value = Date.parse(timestamp);
  return Number.isNaN(value) ? null : value;
}
