import { isObject } from '@gennaker/kernel';
import { timestamp, type KubeObject, type ManagedFieldsEntry } from '../model/objects.js';
import type { Schema } from '../schema/schema.js';
import {
  compare,
  difference,
  emptySet,
  fromFieldsV1,
  isEmpty,
  toFieldsV1,
  union,
  withoutSubtrees,
  type FieldSet,
} from './field-set.js';

export interface Writer {
  manager: string;
  apiVersion: string;
  subresource?: string | undefined;
  now: number;
}

/** Without the metadata that comparison must not see. */
export function comparable(object: KubeObject): Record<string, unknown> {
  const { managedFields: _ignored, ...metadata } = object.metadata;
  return { ...object, metadata };
}

export function isEntryOf(entry: ManagedFieldsEntry, operation: 'Apply' | 'Update', writer: Writer): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === operation &&
    (entry.subresource ?? '') === (writer.subresource ?? '') &&
    (operation === 'Apply' || entry.apiVersion === writer.apiVersion)
  );
}

/** Replaces or adds a manager's entry; an empty set removes it. */
export function withEntry(
  entries: readonly ManagedFieldsEntry[],
  operation: 'Apply' | 'Update',
  writer: Writer,
  set: FieldSet,
): ManagedFieldsEntry[] {
  const old = entries.find((entry) => isEntryOf(entry, operation, writer));
  const others = entries.filter((entry) => entry !== old);
  if (isEmpty(set)) return others;
  const fieldsV1 = toFieldsV1(set);
  const unchanged = old !== undefined && JSON.stringify(old.fieldsV1) === JSON.stringify(fieldsV1);
  const entry: ManagedFieldsEntry = {
    manager: writer.manager,
    operation,
    apiVersion: writer.apiVersion,
    time: unchanged ? old.time : timestamp(writer.now),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  };
  // Applied configurations come first, as the API server sorts them.
  const all = [...others, entry];
  return [...all.filter((e) => e.operation === 'Apply'), ...all.filter((e) => e.operation === 'Update')];
}

/** Takes fields away from entries; entries that become empty are dropped. */
export function withoutFields(
  entries: readonly ManagedFieldsEntry[],
  change: (set: FieldSet, entry: ManagedFieldsEntry) => FieldSet,
): ManagedFieldsEntry[] {
  return entries.flatMap((entry) => {
    const before = fromFieldsV1(entry.fieldsV1);
    const after = change(before, entry);
    if (isEmpty(after)) return [];
    return [{ ...entry, fieldsV1: toFieldsV1(after) }];
  });
}

/**
 * Records who owns what after a create, update or patch (anything but an apply): the writer owns what it changed,
 * and everybody loses what it changed or removed.
 */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  schema: Schema,
  writer: Writer,
): ManagedFieldsEntry[] {
  const entries = managedFieldsOf(after) ?? before?.metadata.managedFields ?? [];
  if (!before) {
    return withEntry(entries, 'Update', writer, createdFields(comparable(after), schema));
  }
  const { changed, removed } = compare(comparable(before), comparable(after), schema);
  if (isEmpty(changed) && isEmpty(removed)) return entries;
  const own = entries.find((entry) => isEntryOf(entry, 'Update', writer));
  const others = withoutFields(
    entries.filter((entry) => entry !== own),
    (set) => withoutSubtrees(difference(set, changed), removed),
  );
  const mine = union(own ? fromFieldsV1(own.fieldsV1) : emptySet(), changed);
  return withEntry(own ? [...others, own] : others, 'Update', writer, withoutSubtrees(mine, removed));
}

function createdFields(object: Record<string, unknown>, schema: Schema): FieldSet {
  const { changed } = compare({}, object, schema);
  const { self: _self, ...rest } = changed;
  return { ...rest, self: false };
}

/** An explicit empty list from the client resets the records, as the API server allows. */
function managedFieldsOf(object: KubeObject): ManagedFieldsEntry[] | undefined {
  const entries: unknown = object.metadata.managedFields;
  if (!Array.isArray(entries)) return undefined;
  return entries.filter(
    (entry): entry is ManagedFieldsEntry => isObject(entry) && isObject(entry['fieldsV1']),
  );
}
