import { isObject, type JsonObject } from '@gennaker/kernel';
import { ANNOTATIONS } from '../annotations.js';
import { kindOfManifest } from '../kind.js';
import { annotationsOf, type Manifest, metadataOf } from '../manifest.js';
import { lastApplied } from '../versioning.js';
import { threeWayMergePatch } from './json-merge.js';
import { mergeSchemaOf } from './merge-schema.js';
import { threeWayStrategicPatch } from './strategic-merge.js';

/** Kubernetes refuses objects whose annotations hold more than this, keys and values together. */
export const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;

/** The manifest with the note of itself that `kubectl apply` keeps, in kubectl's form: one line that ends in a newline. */
export function withLastApplied(manifest: Manifest): Manifest {
  const bare = withoutLastApplied(manifest);
  const metadata = metadataOf(bare);
  const annotations = isObject(metadata['annotations']) ? metadata['annotations'] : {};
  const noted = { ...bare, metadata: { ...metadata, annotations } };
  const text = `${sortedJson(noted)}\n`;
  return {
    ...bare,
    metadata: { ...metadata, annotations: { ...annotations, [ANNOTATIONS.lastApplied]: text } },
  };
}

/** Go's encoding sorts keys; so do we, and kubectl finds its own note. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (!isObject(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The manifest without the note of what was applied last. */
export function withoutLastApplied(manifest: Manifest): Manifest {
  if (annotationsOf(manifest)[ANNOTATIONS.lastApplied] === undefined) return manifest;
  const metadata = metadataOf(manifest);
  const { [ANNOTATIONS.lastApplied]: _note, ...annotations } = metadata['annotations'] as JsonObject;
  return { ...manifest, metadata: { ...metadata, annotations } };
}

export interface ApplyPatch {
  contentType: 'application/strategic-merge-patch+json' | 'application/merge-patch+json';
  /** Empty when the object is already as wanted. */
  patch: JsonObject;
}

/**
 * What `kubectl apply` would send to bring `current` to `manifest`. The manifest applied last is read from the object's
 * own note; without one, nothing is taken away, so that an object made by other means is taken over without surprise.
 */
export function applyPatch(manifest: Manifest, current: Manifest): ApplyPatch {
  const modified = withLastApplied(manifest);
  const original = lastApplied(current);
  const schema = mergeSchemaOf(kindOfManifest(manifest));
  if (!schema) {
    return {
      contentType: 'application/merge-patch+json',
      patch: threeWayMergePatch(original, modified, current),
    };
  }
  return {
    contentType: 'application/strategic-merge-patch+json',
    patch: threeWayStrategicPatch(original, modified, current, schema),
  };
}
