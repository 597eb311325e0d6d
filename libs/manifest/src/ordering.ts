import { kindOfManifest } from './kind.js';
import { type CustomResource, kindProperties } from './kinds.js';
import { type Manifest } from './manifest.js';

/** In the order of their kinds' priorities; objects of one priority keep the order they were given in. */
export function inDeployOrder(
  manifests: readonly Manifest[],
  customResources: readonly CustomResource[] = [],
): Manifest[] {
  const priorityOf = (manifest: Manifest): number =>
    kindProperties(kindOfManifest(manifest), customResources).deployPriority;
  return [...manifests].sort((a, b) => priorityOf(a) - priorityOf(b));
}
