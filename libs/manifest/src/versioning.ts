import { type Artifact } from '@gennaker/artifact';
import { isObject, jsonEquals, type JsonObject } from '@gennaker/kernel';
import { formatSequence } from '@gennaker/moniker';
import { ANNOTATIONS } from './annotations.js';
import { kindOfManifest, isKind, printKind } from './kind.js';
import { annotationsOf, creationTimestampOf, type Manifest, nameOf, namespaceOf } from './manifest.js';

/** `v012` as 12, or null for anything else. */
export function versionNumber(version: string | null | undefined): number | null {
  const match = /^v(\d+)$/.exec(version ?? '');
  return match ? Number(match[1]) : null;
}

/** One more than the highest version in use, 0 when there is none. Versions of Kubernetes objects never wrap. */
export function nextVersion(versions: Iterable<string | number | null | undefined>): number {
  let highest = -1;
  for (const version of versions) {
    const number = typeof version === 'number' ? version : versionNumber(version);
    if (number !== null && number > highest) highest = number;
  }
  return highest + 1;
}

export function versionedName(name: string, version: number): string {
  return `${name}-${formatSequence(version)}`;
}

/** Objects of one artifact name, the oldest first. */
export function versionsOf(objects: readonly Manifest[], artifactName: string): Manifest[] {
  return objects
    .filter((object) => annotationsOf(object)[ANNOTATIONS.artifactName] === artifactName)
    .sort((a, b) => compareTexts(creationTimestampOf(a), creationTimestampOf(b)));
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The version that an object of the cluster carries, as a number. */
export function versionOf(object: Manifest): number | null {
  return versionNumber(annotationsOf(object)[ANNOTATIONS.artifactVersion]);
}

/** What was last applied to an object by `kubectl apply` or by us, or undefined where nobody noted it. */
export function lastApplied(object: Manifest): Manifest | undefined {
  const text = annotationsOf(object)[ANNOTATIONS.lastApplied];
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The oldest existing version with the same content as `manifest`, so that an unchanged ConfigMap keeps its version and
 * its pods do not roll. `versions` come from `versionsOf`, `manifest` has its artifacts bound and no annotations of ours.
 */
export function reusableVersion(versions: readonly Manifest[], manifest: Manifest): number | null {
  const found = versions.find((existing) => versionOf(existing) !== null && sameContent(existing, manifest));
  return found ? versionOf(found) : null;
}

function sameContent(existing: Manifest, manifest: Manifest): boolean {
  const applied = lastApplied(existing);
  if (applied) return jsonEquals(withoutMetadata(applied), withoutMetadata(manifest));
  // Replaced, created and server-side applied objects carry no note. For plain data the object itself is the note.
  if (isKind(manifest, 'configMap') || isKind(manifest, 'secret')) {
    return jsonEquals(plainData(existing), plainData(manifest));
  }
  return false;
}

function withoutMetadata(manifest: Manifest): JsonObject {
  const { metadata: _metadata, ...rest } = manifest;
  return rest;
}

function plainData(manifest: Manifest): JsonObject {
  const texts = isObject(manifest['stringData']) ? manifest['stringData'] : {};
  const encoded = Object.fromEntries(
    Object.entries(texts).map(([key, value]) => [key, base64(String(value))] as const),
  );
  const data = isObject(manifest['data']) ? manifest['data'] : {};
  const type = manifest['type'] === 'Opaque' ? undefined : manifest['type'];
  return {
    data: { ...data, ...encoded },
    binaryData: manifest['binaryData'] ?? {},
    type,
    immutable: manifest['immutable'],
  };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** The artifact that a deployed object is. `version` is null for kinds without versions. */
export function artifactOfManifest(manifest: Manifest, account: string, version: number | null): Artifact {
  const name = nameOf(manifest);
  return {
    type: `kubernetes/${printKind(kindOfManifest(manifest))}`,
    name,
    location: namespaceOf(manifest),
    version: version === null ? '' : formatSequence(version),
    reference: version === null ? name : versionedName(name, version),
    metadata: { account },
  };
}
