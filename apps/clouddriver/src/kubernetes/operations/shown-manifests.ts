import { fullResourceName, type Manifest, metadataOf, namespaceOf, stripSecret } from '@gennaker/manifest';

/** As `kubectl -o json` shows an object, but for what a Secret holds. */
export function shown(manifest: Manifest): Manifest {
  const { managedFields: _managed, ...metadata } = metadataOf(manifest);
  return stripSecret({ ...manifest, metadata });
}

/** `kind name` of the objects, by their namespace. */
export function namesByNamespace(manifests: readonly Manifest[]): Record<string, string[]> {
  const names: Record<string, string[]> = {};
  for (const manifest of manifests) {
    const list = (names[namespaceOf(manifest)] ??= []);
    const name = fullResourceName(manifest);
    if (!list.includes(name)) list.push(name);
  }
  return names;
}
