import { podSpecsOf, REPLACERS, type Replacer } from '@gennaker/artifact';
import { ANNOTATIONS, strategyOf } from './annotations.js';
import { isKind, kindOfManifest, printKind } from './kind.js';
import { annotationsOf, type Manifest, nameOf, namespaceOf, specOf } from './manifest.js';
import { versionsOf } from './versioning.js';

/**
 * Which versions of a just deployed object its max-version-history lets go, the oldest first. At least the deployed one
 * stays, and everything that `referenced` names, even where the limit says otherwise.
 */
export function surplusVersions(
  deployed: Manifest,
  sameKind: readonly Manifest[],
  referenced: ReadonlySet<string>,
): Manifest[] {
  const { maxVersionHistory } = strategyOf(deployed);
  const artifactName = annotationsOf(deployed)[ANNOTATIONS.artifactName];
  if (maxVersionHistory === undefined || artifactName === undefined) return [];
  const versions = versionsOf(sameKind, artifactName);
  const keep = Math.max(1, maxVersionHistory);
  return versions
    .slice(0, Math.max(0, versions.length - keep))
    .filter((version) => nameOf(version) !== nameOf(deployed) && !referenced.has(nameOf(version)));
}

const REFERENCES: Replacer[] = Object.values(REPLACERS).filter(({ type }) => type !== 'docker/image');

/** The names of objects of `kind` in `namespace` that the given objects still refer to. */
export function referencedNames(objects: readonly Manifest[], kind: string, namespace: string): Set<string> {
  const names = new Set<string>();
  const wanted = kind.toLowerCase();
  for (const object of objects) {
    if (namespaceOf(object) !== namespace) continue;
    // A pod's own spec is read like the template that it came from.
    const document = isKind(object, 'pod') ? { spec: { template: { spec: specOf(object) } } } : object;
    for (const replacer of REFERENCES) {
      if (replacer.type.toLowerCase() !== `kubernetes/${wanted}`) continue;
      for (const { holder, key } of replacer.places(document)) names.add(String(holder[key]));
    }
    if (wanted === 'secret') for (const name of pullSecrets(document)) names.add(name);
  }
  return names;
}

function pullSecrets(document: Manifest): string[] {
  return podSpecsOf(document).flatMap((podSpec) =>
    Array.isArray(podSpec['imagePullSecrets'])
      ? podSpec['imagePullSecrets'].flatMap((secret: unknown) => {
          const name = (secret as { name?: unknown } | null)?.name;
          return typeof name === 'string' ? [name] : [];
        })
      : [],
  );
}

/** Whether anything in a cluster may refer to objects of this kind, so that clean-up must look first. */
export function mayBeReferenced(manifest: Manifest): boolean {
  return ['configMap', 'secret'].includes(printKind(kindOfManifest(manifest)));
}
