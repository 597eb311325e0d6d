import { type Artifact } from '@gennaker/artifact';
import { isObject, type JsonObject } from '@gennaker/kernel';
import { type Moniker, MONIKER_ANNOTATIONS } from '@gennaker/moniker';
import { ANNOTATIONS, LABELS } from './annotations.js';
import { type Manifest, metadataOf, templateMetadataOf } from './manifest.js';

export interface LabelOptions {
  /** Leave the pod template's labels alone, for custom resources whose template is not a pod's. */
  skipSpecTemplateLabels?: boolean;
  /** False: write no labels at all. */
  applyAppLabels?: boolean;
  /** Value of the managed-by label. */
  managedBy?: string;
}

/** Writes where the object stands in Spinnaker's picture. Changes `manifest`; values of the user's own stay. */
export function annotateMoniker(
  manifest: Manifest,
  moniker: Partial<Moniker>,
  options: LabelOptions = {},
): void {
  const values: Record<string, string | undefined> = {
    [MONIKER_ANNOTATIONS.cluster]: moniker.cluster ?? undefined,
    [MONIKER_ANNOTATIONS.application]: moniker.app ?? undefined,
    [MONIKER_ANNOTATIONS.stack]: moniker.stack ?? undefined,
    [MONIKER_ANNOTATIONS.detail]: moniker.detail ?? undefined,
    [MONIKER_ANNOTATIONS.sequence]: moniker.sequence == null ? undefined : String(moniker.sequence),
  };
  eachMetadata(manifest, (metadata) => write(metadata, 'annotations', values, false));
  if (options.applyAppLabels === false) return;
  const always: Record<string, string | undefined> = {
    [LABELS.managedBy]: options.managedBy ?? 'spinnaker',
    [LABELS.sequence]: moniker.sequence == null ? undefined : String(moniker.sequence),
  };
  const holders = options.skipSpecTemplateLabels
    ? [ownMetadata(manifest)]
    : [ownMetadata(manifest), templateMetadataOf(manifest)];
  for (const metadata of holders) {
    if (!metadata) continue;
    write(metadata, 'labels', { [LABELS.name]: moniker.app || undefined }, false);
    write(metadata, 'labels', always, true);
  }
}

/** Writes which artifact the object is. Changes `manifest`. */
export function annotateArtifact(manifest: Manifest, artifact: Artifact): void {
  const values = {
    [ANNOTATIONS.artifactType]: artifact.type,
    [ANNOTATIONS.artifactName]: artifact.name,
    [ANNOTATIONS.artifactLocation]: artifact.location ?? '',
    [ANNOTATIONS.artifactVersion]: artifact.version ?? '',
  };
  eachMetadata(manifest, (metadata) => write(metadata, 'annotations', values, true));
}

/** Writes one annotation on the object alone. Changes `manifest`. */
export function annotate(manifest: Manifest, key: string, value: string): void {
  write(ownMetadata(manifest), 'annotations', { [key]: value }, true);
}

function ownMetadata(manifest: Manifest): JsonObject {
  if (!isObject(manifest['metadata'])) manifest['metadata'] = {};
  return metadataOf(manifest);
}

function eachMetadata(manifest: Manifest, visit: (metadata: JsonObject) => void): void {
  visit(ownMetadata(manifest));
  const template = templateMetadataOf(manifest);
  if (template) visit(template);
}

function write(
  metadata: JsonObject,
  field: 'annotations' | 'labels',
  values: Record<string, string | undefined>,
  overwrite: boolean,
): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!isObject(metadata[field])) metadata[field] = {};
    const map = metadata[field] as JsonObject;
    if (overwrite || map[key] === undefined) map[key] = value;
  }
}
