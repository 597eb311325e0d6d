/** What a path of the resource API addresses. */
export interface ResourcePath {
  group: string;
  version: string;
  namespace: string | undefined;
  plural: string;
  name: string | undefined;
  subresource: string | undefined;
  /** The old `/watch/` prefix. */
  isWatch: boolean;
}

/** Parses `/api/v1/...` and `/apis/{group}/{version}/...`; undefined when the path is something else. */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : parts.shift();
  const version = parts.shift();
  if (group === undefined || version === undefined || parts.length === 0) return undefined;
  const isWatch = parts[0] === 'watch';
  if (isWatch) parts.shift();
  const base = { group, version, isWatch };
  // A namespace's own subresources look like the resources in it.
  const isNamespaced =
    parts[0] === 'namespaces' &&
    parts.length > 2 &&
    !(group === '' && parts.length === 3 && ['status', 'finalize'].includes(parts[2] ?? ''));
  const namespace = isNamespaced ? parts[1] : undefined;
  const rest = isNamespaced ? parts.slice(2) : parts;
  const [plural, name, ...sub] = rest;
  if (plural === undefined) return undefined;
  return { ...base, namespace, plural, name, subresource: sub.length > 0 ? sub.join('/') : undefined };
}
