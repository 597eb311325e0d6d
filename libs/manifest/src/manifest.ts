import { InvalidInputError, isObject, type JsonObject } from '@gennaker/kernel';
import { type KubernetesKind, kindOfManifest, parseKind, printKind } from './kind.js';

/** A Kubernetes object as JSON. Read it through the functions here, which bear with what users write. */
export type Manifest = JsonObject;

/** Where an object is: enough to address it. `namespace` is empty for cluster-wide objects and for the default one. */
export interface Coordinates {
  kind: KubernetesKind;
  namespace: string;
  name: string;
}

function mapAt(value: unknown, key: string): JsonObject {
  return isObject(value) && isObject(value[key]) ? value[key] : {};
}

export function metadataOf(manifest: Manifest): JsonObject {
  return mapAt(manifest, 'metadata');
}

export function nameOf(manifest: Manifest): string {
  const { name } = metadataOf(manifest);
  return typeof name === 'string' ? name : '';
}

export function namespaceOf(manifest: Manifest): string {
  const { namespace } = metadataOf(manifest);
  return typeof namespace === 'string' ? namespace : '';
}

export function uidOf(manifest: Manifest): string {
  return textAt(metadataOf(manifest), 'uid');
}

export function resourceVersionOf(manifest: Manifest): string {
  return textAt(metadataOf(manifest), 'resourceVersion');
}

export function creationTimestampOf(manifest: Manifest): string {
  return textAt(metadataOf(manifest), 'creationTimestamp');
}

export function annotationsOf(manifest: Manifest): Record<string, string> {
  return textsOf(mapAt(metadataOf(manifest), 'annotations'));
}

export function labelsOf(manifest: Manifest): Record<string, string> {
  return textsOf(mapAt(metadataOf(manifest), 'labels'));
}

export function specOf(manifest: Manifest): JsonObject {
  return mapAt(manifest, 'spec');
}

export function statusOf(manifest: Manifest): JsonObject | undefined {
  return isObject(manifest['status']) ? manifest['status'] : undefined;
}

/** The pod template, or undefined where the object has none (or something that is not one). */
export function templateOf(manifest: Manifest): JsonObject | undefined {
  const { template } = specOf(manifest);
  return isObject(template) ? template : undefined;
}

/** `spec.template.metadata`, which labels and annotations are written to when it is there. */
export function templateMetadataOf(manifest: Manifest): JsonObject | undefined {
  const metadata = templateOf(manifest)?.['metadata'];
  return isObject(metadata) ? metadata : undefined;
}

export function replicasOf(manifest: Manifest): number | undefined {
  const { replicas } = specOf(manifest);
  return typeof replicas === 'number' ? replicas : undefined;
}

export function coordinatesOf(manifest: Manifest): Coordinates {
  return { kind: kindOfManifest(manifest), namespace: namespaceOf(manifest), name: nameOf(manifest) };
}

/** `deployment frontend`: how Spinnaker writes an object's kind and name. */
export function fullResourceName(manifest: Manifest): string {
  return `${printKind(kindOfManifest(manifest))} ${nameOf(manifest)}`;
}

/** Reads `deployment frontend`; throws an InvalidInputError for anything else. */
export function parseFullResourceName(text: string): { kind: KubernetesKind; name: string } {
  const [kind, name, ...more] = text.split(' ');
  if (!kind || !name || more.length > 0) {
    throw new InvalidInputError('kubernetes.invalid_name', [
      {
        path: 'manifestName',
        message: `Expected a full resource name of the form <kind> <name>, got '${text}'`,
      },
    ]);
  }
  return { kind: parseKind(kind), name };
}

/** `default/deployment frontend`, for messages. */
export function describeCoordinates({ kind, namespace, name }: Coordinates): string {
  return namespace === '' ? `${printKind(kind)} ${name}` : `${printKind(kind)} ${name} in ${namespace}`;
}

/** The objects of a list of manifests: `List`s are opened, empty documents dropped. */
export function flattenManifests(manifests: readonly unknown[]): Manifest[] {
  return manifests.flatMap((manifest): Manifest[] => {
    if (!isObject(manifest)) return [];
    const isList = manifest['kind'] === 'List' && Array.isArray(manifest['items']);
    return isList ? flattenManifests(manifest['items'] as unknown[]) : [manifest];
  });
}

export function textAt(holder: JsonObject, key: string): string {
  const value = holder[key];
  return typeof value === 'string' ? value : '';
}

export function numberAt(holder: JsonObject | undefined, key: string): number | undefined {
  const value = holder?.[key];
  return typeof value === 'number' ? value : undefined;
}

export function objectAt(holder: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = holder?.[key];
  return isObject(value) ? value : undefined;
}

export function listAt(holder: JsonObject | undefined, key: string): JsonObject[] {
  const value = holder?.[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textsOf(map: JsonObject): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(map)) if (value != null) texts[key] = String(value);
  return texts;
}
