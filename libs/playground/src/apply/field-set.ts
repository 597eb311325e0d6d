import { canonicalJson, isObject, jsonEquals, type JsonObject } from '@gennaker/kernel';
import type { ListSchema, Schema } from '../schema/schema.js';

/**
 * A set of field paths as a tree, the way `managedFields` writes it. Keys of children are path elements: `f:name` for
 * a field, `k:{"name":"a"}` for an item of an associative list, `v:"x"` for an item of a set.
 */
export interface FieldSet {
  /** The path itself belongs to the set. */
  self: boolean;
  children: Map<string, FieldSet>;
}

export function emptySet(self = false): FieldSet {
  return { self, children: new Map() };
}

export function isEmpty(set: FieldSet): boolean {
  return !set.self && [...set.children.values()].every(isEmpty);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet(a.self || b.self);
  for (const key of new Set([...a.children.keys(), ...b.children.keys()])) {
    const left = a.children.get(key);
    const right = b.children.get(key);
    result.children.set(key, left && right ? union(left, right) : (left ?? right ?? emptySet()));
  }
  return result;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet(a.self && b.self);
  for (const [key, left] of a.children) {
    const right = b.children.get(key);
    if (!right) continue;
    const both = intersection(left, right);
    if (!isEmpty(both)) result.children.set(key, both);
  }
  return result;
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet(a.self && !b.self);
  for (const [key, left] of a.children) {
    const right = b.children.get(key);
    const rest = right ? difference(left, right) : left;
    if (!isEmpty(rest)) result.children.set(key, rest);
  }
  return result;
}

/** `a` without the paths of `b` and everything below them. */
export function withoutSubtrees(a: FieldSet, b: FieldSet): FieldSet {
  const result = emptySet(a.self && !b.self);
  for (const [key, left] of a.children) {
    const right = b.children.get(key);
    if (right?.self) continue;
    const rest = right ? withoutSubtrees(left, right) : left;
    if (!isEmpty(rest)) result.children.set(key, rest);
  }
  return result;
}

/** The paths of the set, in the notation of conflict messages: `.spec.template.spec.containers[name="a"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  const paths = set.self ? [prefix] : [];
  for (const [key, child] of set.children) paths.push(...pathsOf(child, prefix + elementText(key)));
  return paths;
}

function elementText(key: string): string {
  const value = key.slice(2);
  if (key.startsWith('f:')) return `.${value}`;
  if (key.startsWith('v:')) return `[=${value}]`;
  const entries = Object.entries(JSON.parse(value) as JsonObject);
  return `[${entries.map(([name, item]) => `${name}=${JSON.stringify(item)}`).join(',')}]`;
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const result: JsonObject = {};
  const entries = [...set.children].filter(([, child]) => !isEmpty(child));
  if (set.self && entries.length > 0) result['.'] = {};
  for (const [key, child] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) result[key] = toFieldsV1(child);
  return result;
}

export function fromFieldsV1(fields: JsonObject, isRoot = true): FieldSet {
  const keys = Object.keys(fields);
  const set = emptySet(!isRoot && (keys.length === 0 || keys.includes('.')));
  for (const key of keys) {
    const child = fields[key];
    if (key !== '.' && isObject(child)) set.children.set(key, fromFieldsV1(child, false));
  }
  return set;
}

const NOT_OWNED_META = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

/** What nobody owns: identity and what the server itself writes into the metadata. */
function isOwnable(path: 'root' | 'metadata' | 'other', name: string): boolean {
  if (path === 'root') return name !== 'apiVersion' && name !== 'kind';
  return path !== 'metadata' || !NOT_OWNED_META.has(name);
}

/** The path element of a list's item. */
export function itemKey(item: unknown, schema: ListSchema): string {
  if (!schema.keys) return `v:${JSON.stringify(item)}`;
  const id: JsonObject = {};
  for (const key of [...schema.keys].sort()) {
    const value = isObject(item) ? item[key] : undefined;
    if (value !== undefined) id[key] = value;
    else if (key === 'protocol') id[key] = 'TCP';
  }
  return `k:${canonicalJson(id)}`;
}

export function isAssociative(schema: Schema): schema is ListSchema {
  return schema.kind === 'list' && (schema.keys !== undefined || schema.set);
}

/** A struct or map whose fields have owners of their own. */
export function isGranular(schema: Schema): boolean {
  return (schema.kind === 'struct' || schema.kind === 'map') && !schema.atomic;
}

export function childSchema(schema: Schema, name: string): Schema {
  if (schema.kind === 'struct') return schema.struct.field(name) ?? { kind: 'any' };
  if (schema.kind === 'map') return schema.value;
  return { kind: 'any' };
}

type Level = 'root' | 'metadata' | 'other';

function below(level: Level, name: string): Level {
  return level === 'root' && name === 'metadata' ? 'metadata' : 'other';
}

/** All fields that an applied configuration names. */
export function fieldsOf(value: unknown, schema: Schema, level: Level = 'root'): FieldSet {
  if (isObject(value) && hasOwnedFields(value, schema, level)) return fieldsOfObject(value, schema, level);
  if (Array.isArray(value) && isAssociative(schema)) return fieldsOfItems(value, schema);
  return emptySet(true);
}

/** Values without a schema are granular in the API server too: each key has its owner. */
function hasOwnedFields(value: JsonObject, schema: Schema, level: Level): boolean {
  return isGranular(schema) || (schema.kind === 'any' && (level === 'root' || Object.keys(value).length > 0));
}

function fieldsOfObject(value: JsonObject, schema: Schema, level: Level): FieldSet {
  const set = emptySet(Object.keys(value).length === 0);
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined || !isOwnable(level, name)) continue;
    set.children.set(`f:${name}`, fieldsOf(item, childSchema(schema, name), below(level, name)));
  }
  return set;
}

function fieldsOfItems(value: unknown[], schema: ListSchema): FieldSet {
  const set = emptySet(value.length === 0);
  for (const item of value) {
    const fields = schema.keys ? fieldsOf(item, schema.item, 'other') : emptySet();
    set.children.set(itemKey(item, schema), { ...fields, self: true });
  }
  return set;
}

export interface Changes {
  /** Added or modified paths. */
  changed: FieldSet;
  removed: FieldSet;
}

/** What differs between two states of an object. */
export function compare(before: unknown, after: unknown, schema: Schema): Changes {
  const changes: Changes = { changed: emptySet(), removed: emptySet() };
  compareInto(before, after, schema, changes, 'root');
  return changes;
}

function compareInto(before: unknown, after: unknown, schema: Schema, into: Changes, level: Level): void {
  if (before === after || jsonEquals(before, after)) return;
  if (after === undefined) {
    into.removed = { ...fieldsOf(before, schema, level), self: true };
    return;
  }
  if (before === undefined) {
    const isContainer = schema.kind === 'map' || schema.kind === 'list';
    const fields = fieldsOf(after, schema, level);
    into.changed = { ...fields, self: fields.self || isContainer };
    return;
  }
  const isGranularHere = isGranular(schema) || schema.kind === 'any';
  if (isGranularHere && isObject(before) && isObject(after)) {
    compareObjects(before, after, schema, into, level);
  } else if (isAssociative(schema) && Array.isArray(before) && Array.isArray(after)) {
    compareItems(before, after, schema, into);
  } else {
    into.changed = { ...into.changed, self: true };
  }
}

function compareObjects(
  before: JsonObject,
  after: JsonObject,
  schema: Schema,
  into: Changes,
  level: Level,
): void {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!isOwnable(level, name)) continue;
    compareChild(`f:${name}`, into, (child) =>
      compareInto(before[name], after[name], childSchema(schema, name), child, below(level, name)),
    );
  }
}

function compareItems(before: unknown[], after: unknown[], schema: ListSchema, into: Changes): void {
  const left = new Map(before.map((item) => [itemKey(item, schema), item]));
  const right = new Map(after.map((item) => [itemKey(item, schema), item]));
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    compareChild(key, into, (child) => {
      compareInto(left.get(key), right.get(key), schema.item, child, 'other');
      if (!left.has(key)) child.changed = { ...child.changed, self: true };
    });
  }
}

function compareChild(key: string, into: Changes, fill: (child: Changes) => void): void {
  const child: Changes = { changed: emptySet(), removed: emptySet() };
  fill(child);
  if (!isEmpty(child.changed)) into.changed.children.set(key, child.changed);
  if (!isEmpty(child.removed)) into.removed.children.set(key, child.removed);
}
