import { type JsonObject } from '@gennaker/kernel';
import { type Artifact, distinctArtifacts } from './artifact.js';
import { type DockerImageBinding, type Replacer, usableIn } from './replacers.js';

export interface BindingContext {
  /** The manifest's namespace; empty for the default namespace and for cluster-wide objects. */
  namespace: string;
  account: string;
  dockerImageBinding?: DockerImageBinding;
}

export interface BindingResult {
  manifest: JsonObject;
  /** The artifacts that matched somewhere, in the order in which they first did. */
  boundArtifacts: Artifact[];
}

/**
 * Writes artifacts into a manifest. A place is rewritten when the artifact's type and name fit it; of several artifacts
 * with one name, a later one wins only where the rewritten value still carries the name, as an image's does.
 * The given manifest is not changed.
 */
export function replaceArtifacts(
  manifest: JsonObject,
  replacers: readonly Replacer[],
  artifacts: readonly Artifact[],
  context: BindingContext,
): BindingResult {
  const result = structuredClone(manifest);
  const binding = context.dockerImageBinding ?? 'match-name-and-tag';
  const usable = artifacts.filter((artifact) => usableIn(artifact, context.namespace, context.account));
  const bound = new Set<Artifact>();
  for (const replacer of replacers) {
    const candidates = usable.filter((artifact) => artifact.type === replacer.type);
    if (candidates.length === 0) continue;
    const places = replacer.places(result);
    for (const artifact of candidates) {
      for (const { holder, key } of places) {
        if (replacer.namePart(String(holder[key]), binding) !== artifact.name) continue;
        holder[key] = artifact.reference;
        bound.add(artifact);
      }
    }
  }
  return { manifest: result, boundArtifacts: distinctArtifacts([...bound]) };
}

/** The artifacts that a manifest refers to, each once. */
export function findArtifacts(manifest: JsonObject, replacers: readonly Replacer[]): Artifact[] {
  return distinctArtifacts(
    replacers.flatMap((replacer) =>
      replacer.places(manifest).map(({ holder, key }) => {
        const reference = String(holder[key]);
        return { type: replacer.type, name: replacer.namePart(reference, 'match-name-and-tag'), reference };
      }),
    ),
  );
}

/**
 * The artifacts that a deploy may bind: the required, then the optional ones, of which the first of a type, name and
 * location counts. `created` are those of objects earlier in the same deploy, and win over both.
 */
export function artifactPool(
  required: readonly Artifact[],
  optional: readonly Artifact[],
  created: readonly Artifact[],
): Artifact[] {
  const pool = new Map<string, Artifact>();
  const keyOf = ({ type, name, location }: Artifact): string =>
    JSON.stringify([type ?? '', name ?? '', location ?? '']);
  for (const artifact of [...required, ...optional]) {
    if (!pool.has(keyOf(artifact))) pool.set(keyOf(artifact), artifact);
  }
  for (const artifact of created) pool.set(keyOf(artifact), artifact);
  return [...pool.values()];
}
