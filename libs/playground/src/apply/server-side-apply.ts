import { isObject, jsonEquals, type JsonObject } from '@gennaker/kernel';
import type { KubeObject, ManagedFieldsEntry } from '../model/objects.js';
import type { StatusCause } from '../api/status-error.js';
import type { ListSchema, Schema } from '../schema/schema.js';
import {
  childSchema,
  compare,
  difference,
  emptySet,
  fieldsOf,
  fromFieldsV1,
  intersection,
  isAssociative,
  isEmpty,
  isGranular,
  itemKey,
  pathsOf,
  union,
  type FieldSet,
} from './field-set.js';
import { comparable, isEntryOf, withEntry, withoutFields, type Writer } from './managed-fields.js';

export interface ApplyResult {
  object: KubeObject;
  managedFields: ManagedFieldsEntry[];
}

/** Fields that others own and that the apply would change. */
export class ApplyConflictError extends Error {
  constructor(readonly causes: StatusCause[]) {
    super(conflictMessage(causes));
  }
}

function conflictMessage(causes: StatusCause[]): string {
  const byOwner = new Map<string, string[]>();
  for (const { message, field = '' } of causes)
    byOwner.set(message, [...(byOwner.get(message) ?? []), field]);
  const parts = [...byOwner].map(([owner, fields]) =>
    fields.length === 1
      ? `${owner}: ${fields[0]}`
      : `${owner.replace(/^conflict /, 'conflicts ')}:\n${fields.map((field) => `- ${field}`).join('\n')}`,
  );
  return `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}: ${parts.join('\n')}`;
}

/**
 * Server-side apply after the algorithm of structured-merge-diff: merge what is applied into the live object, refuse
 * to change fields of other managers unless forced, drop fields that the manager applied before and no longer names.
 */
export function serverSideApply(
  live: KubeObject,
  applied: KubeObject,
  schema: Schema,
  options: { writer: Writer; force: boolean },
): ApplyResult {
  const { writer, force } = options;
  const entries = live.metadata.managedFields ?? [];
  const own = entries.find((entry) => isEntryOf(entry, 'Apply', writer));
  const others = entries.filter((entry) => entry !== own);
  const config = comparable(applied);
  const set = fieldsOf(config, schema);

  const before = comparable(live);
  let merged = mergeValue(before, config, schema) as JsonObject;
  const { changed } = compare(before, merged, schema);
  const contested = intersection(changed, set);
  if (!force) refuseConflicts(others, contested);

  const remaining = withoutFields(others, (fields) => difference(fields, contested));
  if (own) {
    const dropped = difference(fromFieldsV1(own.fieldsV1), set);
    const ownedByOthers = remaining
      .map((entry) => fromFieldsV1(entry.fieldsV1))
      .reduce((a, b) => union(a, b), emptySet());
    merged = removeFields(merged, dropped, union(ownedByOthers, set), schema) as JsonObject;
  }
  const object = {
    ...merged,
    metadata: { ...live.metadata, ...(merged['metadata'] as object) },
  } as KubeObject;
  for (const name of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    if ((merged['metadata'] as JsonObject)[name] === undefined) delete object.metadata[name];
  }
  const known = own ? [...remaining, own] : remaining;
  return { object, managedFields: withEntry(known, 'Apply', writer, set) };
}

function refuseConflicts(others: readonly ManagedFieldsEntry[], contested: FieldSet): void {
  const causes = others.flatMap((entry) => {
    const fields = intersection(fromFieldsV1(entry.fieldsV1), contested);
    return pathsOf(fields).map((field) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${entry.manager}"${entry.subresource ? ` with subresource "${entry.subresource}"` : ''}${
        entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''
      }`,
      field,
    }));
  });
  if (causes.length > 0) throw new ApplyConflictError(causes);
}

function mergeValue(live: unknown, config: unknown, schema: Schema): unknown {
  if (live === undefined || live === null) return structuredClone(config);
  if (isObject(live) && isObject(config) && (isGranular(schema) || schema.kind === 'any')) {
    const result: JsonObject = { ...live };
    for (const [name, value] of Object.entries(config)) {
      if (value === null) continue;
      result[name] = mergeValue(live[name], value, childSchema(schema, name));
    }
    return result;
  }
  if (isAssociative(schema) && Array.isArray(live) && Array.isArray(config)) {
    return mergeItems(live, config, schema);
  }
  return structuredClone(config);
}

/** Applied items come in their own order; live items that are not applied stay where they were. */
function mergeItems(live: unknown[], config: unknown[], schema: ListSchema): unknown[] {
  const applied = new Map(config.map((item) => [itemKey(item, schema), item]));
  const liveItems = new Map(live.map((item) => [itemKey(item, schema), item]));
  const merge = (key: string): unknown =>
    liveItems.has(key) && schema.keys
      ? mergeValue(liveItems.get(key), applied.get(key), schema.item)
      : applied.get(key);
  const queue = [...applied.keys()];
  const result: unknown[] = [];
  for (const [key, item] of liveItems) {
    if (!applied.has(key)) {
      result.push(item);
      continue;
    }
    while (queue.length > 0) {
      const next = queue[0] as string;
      if (next !== key && liveItems.has(next)) break;
      result.push(merge(next));
      queue.shift();
      if (next === key) break;
    }
  }
  for (const key of queue) result.push(merge(key));
  return result;
}

/** Removes the fields of `dropped` unless they, or something below them, are kept. */
function removeFields(value: unknown, dropped: FieldSet, kept: FieldSet, schema: Schema): unknown {
  if (isObject(value)) {
    const result: JsonObject = { ...value };
    for (const [key, child] of dropped.children) {
      const name = key.slice(2);
      if (!key.startsWith('f:') || result[name] === undefined) continue;
      const next = removeChild(result[name], child, kept.children.get(key), childSchema(schema, name));
      if (next === undefined) delete result[name];
      else result[name] = next;
    }
    return result;
  }
  if (Array.isArray(value) && isAssociative(schema)) {
    return value.flatMap((item) => {
      const key = itemKey(item, schema);
      const child = dropped.children.get(key);
      if (!child) return [item as unknown];
      const next = removeChild(item, child, kept.children.get(key), schema.item);
      return next === undefined ? [] : [next];
    });
  }
  return value;
}

function removeChild(value: unknown, dropped: FieldSet, kept: FieldSet | undefined, schema: Schema): unknown {
  if (dropped.self && (!kept || isEmpty(kept))) return undefined;
  const rest = removeFields(value, dropped, kept ?? emptySet(), schema);
  // A container that is left empty by this vanishes with its last field.
  const isNowEmpty = isObject(rest) && Object.keys(rest).length === 0;
  return isNowEmpty && !kept && !jsonEquals(rest, value) ? undefined : rest;
}
