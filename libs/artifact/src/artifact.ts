import { isObject, type JsonObject } from '@gennaker/kernel';
import { z } from 'zod';

const text = z.string().nullish();

/** A thing that a pipeline passes on: an image, a file, an object in a cluster. */
export interface Artifact {
  type?: string;
  name?: string;
  version?: string;
  location?: string;
  reference?: string;
  metadata?: JsonObject;
  artifactAccount?: string;
  provenance?: string;
  uuid?: string;
  customKind?: boolean;
}

const KNOWN = [
  'type',
  'name',
  'version',
  'location',
  'reference',
  'artifactAccount',
  'provenance',
  'uuid',
] as const;

/**
 * Reads an artifact as Spinnaker does: nulls are dropped, keys that it does not know move into `metadata`, and `kind`,
 * a leftover of old pipelines, is forgotten.
 */
export function normaliseArtifact(input: JsonObject): Artifact {
  const artifact: Artifact = {};
  const metadata: JsonObject = isObject(input['metadata']) ? { ...input['metadata'] } : {};
  for (const [key, value] of Object.entries(input)) {
    if (value == null || key === 'metadata' || key === 'kind') continue;
    const known = KNOWN.find((name) => name === key);
    if (known) artifact[known] = typeof value === 'string' ? value : JSON.stringify(value);
    else if (key === 'customKind') artifact.customKind = value === true || value === 'true';
    else metadata[key] = value;
  }
  if (Object.keys(metadata).length > 0) artifact.metadata = metadata;
  return artifact;
}

export const artifactSchema = z
  .looseObject({
    type: text,
    name: text,
    version: text,
    location: text,
    reference: text,
    artifactAccount: text,
  })
  .transform((input) => normaliseArtifact(input));

/** What makes two artifacts the same one for binding: not the account it is fetched with, and not its metadata. */
export function artifactKey(artifact: Artifact): string {
  const { type, name, version, location, reference } = artifact;
  return JSON.stringify([type, name, version, location, reference].map((part) => part ?? ''));
}

export function sameArtifact(a: Artifact, b: Artifact): boolean {
  return artifactKey(a) === artifactKey(b);
}

/** Without repetitions; the first of equals stays. */
export function distinctArtifacts(artifacts: readonly Artifact[]): Artifact[] {
  return [
    ...new Map([...artifacts].reverse().map((artifact) => [artifactKey(artifact), artifact])).values(),
  ].reverse();
}

const KUBERNETES = 'kubernetes/';

/** `configMap` of `kubernetes/configMap`, or null for anything that is not an object in a cluster. */
export function kubernetesKindOf(artifact: Artifact): string | null {
  return artifact.type?.startsWith(KUBERNETES) ? artifact.type.slice(KUBERNETES.length) : null;
}
