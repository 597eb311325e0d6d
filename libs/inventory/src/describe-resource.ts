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
    target_labels: targetLabels(manifest, kind.group === '' ? kind.name : ''),
    selector: selectorOf(manifest, kind.group === '' ? kind.name : ''),
    summary: summarise(manifest, kind.group === '' ? kind.name : ''),
    status: manifestStatus(manifest),
    manifest: withoutBookKeeping(manifest, kind.group === '' && kind.name === 'secret'),
    observed_at: context.now,
  };
}

/** The labels that a Service's selector is compared with. */
function targetLabels(manifest: JsonObject, kind: string): Record<string, string> | null {
  if (kind === 'pod') return labelsOf(manifest);
  const template = templateMetadataOf(manifest);
  return template === undefined ? null : labelsOf({ metadata: template });
}

function selectorOf(manifest: JsonObject, kind: string): Record<string, string> | null {
  if (kind !== 'service') return null;
  const selector = objectAt(specOf(manifest), 'selector');
  if (selector === undefined || Object.keys(selector).length === 0) return null;
  return Object.fromEntries(Object.entries(selector).map(([key, value]) => [key, String(value)]));
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

export function millis(timestamp: unknown): number | null {
  if (typeof timestamp !== 'string') return null;
  const value = Date.parse(timestamp);
  return Number.isNaN(value) ? null : value;
}
