import { isObject } from '@gennaker/kernel';

/** Reads the simple paths of CRDs (`.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`, `.a[0].b`). */
export function readJsonPath(value: unknown, path: string): unknown {
  let current: unknown = value;
  for (const part of splitPath(path)) {
    current = step(current, part);
    if (current === undefined) return undefined;
  }
  return current;
}

function splitPath(path: string): string[] {
  return [...path.matchAll(/\['([^']+)'\]|\[([^\]]+)\]|((?:\\.|[^.[\\])+)/g)].map((match) =>
    match[2] === undefined ? (match[1] ?? (match[3] ?? '').replaceAll('\\', '')) : `[${match[2]}]`,
  );
}

function step(value: unknown, part: string): unknown {
  const filter = /^\[\?\(@\.([A-Za-z0-9_-]+)\s*==\s*["']([^"']*)["']\)\]$/.exec(part);
  if (filter) {
    if (!Array.isArray(value)) return undefined;
    return (value as unknown[]).find((item) => isObject(item) && item[filter[1] ?? ''] === filter[2]);
  }
  const index = /^\[(\d+)\]$/.exec(part);
  if (index) return Array.isArray(value) ? (value as unknown[])[Number(index[1])] : undefined;
  return isObject(value) ? value[part] : undefined;
}

/** Writes a value at a dotted path (`.spec.replicas`), making the objects on the way. Returns a changed copy. */
export function writeJsonPath<T extends object>(target: T, path: string, value: unknown): T {
  const copy = structuredClone(target);
  const parts = splitPath(path);
  let current = copy as Record<string, unknown>;
  for (const part of parts.slice(0, -1)) {
    if (!isObject(current[part])) current[part] = {};
    current = current[part] as Record<string, unknown>;
  }
  current[parts.at(-1) ?? ''] = value;
  return copy;
}
