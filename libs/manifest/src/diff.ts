import { isObject, jsonEquals, type JsonObject } from '@gennaker/kernel';
import { ANNOTATIONS } from './annotations.js';
import { isKind, kindOfManifest } from './kind.js';
import { type Manifest } from './manifest.js';
import { REDACTED } from './redact.js';
import { fieldSchema, type MergeSchema, mergeSchemaOf } from './merge/merge-schema.js';

/** One field that differs. `before` is absent for a new field, `after` for one that went. */
export interface FieldChange {
  /** `spec.template.spec.containers[name=app].image` */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** More changes than this are counted, not listed. */
export const CHANGES_LIMIT = 200;

export interface ManifestDiff {
  changes: FieldChange[];
  /** How many changes there are beyond those listed. */
  omitted: number;
}

const SERVER_FIELDS = new Set([
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.uid',
  'metadata.selfLink',
  'metadata.creationTimestamp',
  `metadata.annotations.${ANNOTATIONS.lastApplied}`,
  'status',
]);

/**
 * What changed between two states of one object, the cluster's own bookkeeping left out. Items of keyed lists are
 * compared by their key. A Secret's values are never shown, only that they differ.
 */
export function diffManifests(before: Manifest | undefined, after: Manifest | undefined): ManifestDiff {
  const manifest = after ?? before ?? {};
  const secret = isKind(manifest, 'secret');
  const changes: FieldChange[] = [];
  const report = (path: string, from: unknown, to: unknown): void => {
    if (SERVER_FIELDS.has(path)) return;
    const hide = secret && /^(data|stringData)(\.|$)/.test(path);
    const show = (value: unknown): unknown => (hide ? REDACTED : value);
    changes.push({
      path,
      ...(from === undefined ? {} : { before: show(from) }),
      ...(to === undefined ? {} : { after: show(to) }),
    });
  };
  walk({ path: '', from: before ?? {}, to: after ?? {} }, mergeSchemaOf(kindOfManifest(manifest)), report);
  return { changes: changes.slice(0, CHANGES_LIMIT), omitted: Math.max(0, changes.length - CHANGES_LIMIT) };
}

type Report = (path: string, from: unknown, to: unknown) => void;

interface Pair {
  path: string;
  from: unknown;
  to: unknown;
}

function walk({ path, from, to }: Pair, schema: MergeSchema | undefined, report: Report): void {
  if (SERVER_FIELDS.has(path) || jsonEquals(from, to)) return;
  if (isObject(from) && isObject(to)) {
    for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
      const inner = path === '' ? key : `${path}.${key}`;
      walk({ path: inner, from: from[key], to: to[key] }, fieldSchema(schema, key), report);
    }
    return;
  }
  const lists = Array.isArray(from) && Array.isArray(to) ? { path, from, to } : undefined;
  if (lists && walkList(lists, schema, report)) return;
  // A whole object that came or went is told by its fields, which also keeps a Secret's values apart.
  if (hasFields(from) && to === undefined) walk({ path, from, to: {} }, schema, report);
  else if (hasFields(to) && from === undefined) walk({ path, from: {}, to }, schema, report);
  else report(path, from, to);
}

function hasFields(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}

/** Compares lists whose items have a key; false where they have none. */
function walkList(
  { path, from, to }: { path: string; from: unknown[]; to: unknown[] },
  schema: MergeSchema | undefined,
  report: Report,
): boolean {
  const key = schema?.mergeKey || 'name';
  const items = (list: unknown[]): Map<string, JsonObject> | undefined => {
    const map = new Map<string, JsonObject>();
    for (const item of list) {
      if (!isObject(item) || item[key] === undefined) return undefined;
      map.set(String(item[key]), item);
    }
    return map.size === list.length ? map : undefined;
  };
  const before = items(from);
  const after = items(to);
  if (!before || !after) return false;
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const pair = { path: `${path}[${key}=${id}]`, from: before.get(id), to: after.get(id) };
    walk(pair, schema?.fields ? { fields: schema.fields } : undefined, report);
  }
  return true;
}
