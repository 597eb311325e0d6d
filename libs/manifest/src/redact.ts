import { isObject, type JsonObject } from '@gennaker/kernel';
import { ANNOTATIONS } from './annotations.js';
import { isKind } from './kind.js';
import { annotationsOf, type Manifest, metadataOf } from './manifest.js';

export const REDACTED = '<redacted>';

/** A copy fit for events, results and views: a Secret's values are gone, also from the note of the last apply. */
export function redactManifest(manifest: Manifest): Manifest {
  if (!isKind(manifest, 'secret')) return manifest;
  const { data, stringData, ...rest } = manifest;
  const redacted: Manifest = { ...rest };
  if (isObject(data)) redacted['data'] = redactValues(data);
  if (isObject(stringData)) redacted['stringData'] = redactValues(stringData);
  return withoutNote(redacted);
}

/** A Secret as an operation returns it: without its values, as Spinnaker does, and without the note that repeats them. */
export function stripSecret(manifest: Manifest): Manifest {
  if (!isKind(manifest, 'secret')) return manifest;
  const { data: _data, stringData: _stringData, ...rest } = manifest;
  return withoutNote(rest);
}

function redactValues(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(values).map((key) => [key, REDACTED]));
}

function withoutNote(manifest: Manifest): Manifest {
  if (annotationsOf(manifest)[ANNOTATIONS.lastApplied] === undefined) return manifest;
  const metadata = metadataOf(manifest);
  const { [ANNOTATIONS.lastApplied]: _note, ...annotations } = metadata['annotations'] as JsonObject;
  return { ...manifest, metadata: { ...metadata, annotations } };
}
