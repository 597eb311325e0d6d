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
  const namespace = isInNamespace(group, parts) ? parts[1] : undefined;
  const [plural, name, ...sub] = namespace === undefined ? parts : parts.slice(2);
  if (plural === undefined) return undefined;
  const subresource = sub.length > 0 ? sub.join('/') : undefined;
  return { group, version, isWatch, namespace, plural, name, subresource };
}

/** A namespace's own subresources look like the resources in it. */
function isInNamespace(group: string, parts: readonly string[]): boolean {
  if (parts[0] !== 'namespaces' || parts.length < 3) return false;
  const isOwn = group === '' && parts.length === 3 && ['status', 'finalize'].includes(parts[2] ?? '');
  return !isOwn;
}
