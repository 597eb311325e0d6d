import { isObject, jsonEquals, type JsonObject } from '@gennaker/kernel';
import { elementSchema, fieldSchema, type MergeSchema } from './merge-schema.js';

/**
 * The strategic merge patch that `kubectl apply` would send: what `modified` adds to or changes in `current`, and the
 * removal of what `original`, the manifest applied last, had and `modified` has no more. Fields that neither names are
 * left to whoever set them. Source: k8s.io/apimachinery/pkg/util/strategicpatch, CreateThreeWayMergePatch.
 */
export function threeWayStrategicPatch(
  original: JsonObject | undefined,
  modified: JsonObject,
  current: JsonObject,
  schema: MergeSchema,
): JsonObject {
  const changes = changedFields(current, modified, schema);
  const deletions = removedFields(original ?? {}, modified, current, schema);
  return combine(deletions, changes, schema);
}

function isSet(schema: MergeSchema | undefined): boolean {
  return schema?.mergeKey === '';
}

/** Items of a list by their merge key, or undefined where the list is not one of keyed objects. */
function keyed(items: readonly unknown[], mergeKey: string): Map<unknown, JsonObject> | undefined {
  const map = new Map<unknown, JsonObject>();
  for (const item of items) {
    if (!isObject(item) || item[mergeKey] === undefined) return undefined;
    map.set(item[mergeKey], item);
  }
  return map;
}

function changedFields(
  current: JsonObject,
  modified: JsonObject,
  schema: MergeSchema | undefined,
): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(modified)) {
    const live = current[key];
    if (value === null) {
      // Generated manifests carry `creationTimestamp: null`, which asks for nothing.
      if (live != null && key !== 'creationTimestamp') patch[key] = null;
    } else if (isObject(value) && isObject(live)) {
      const inner = changedFields(live, value, fieldSchema(schema, key));
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (Array.isArray(value) && Array.isArray(live)) {
      changedList(patch, key, { live, value }, fieldSchema(schema, key));
    } else if (!jsonEquals(value, live)) {
      patch[key] = value;
    }
  }
  if (schema?.retainKeys && Object.keys(patch).length > 0)
    patch['$retainKeys'] = Object.keys(modified).sort();
  return patch;
}

interface Lists {
  live: unknown[];
  value: unknown[];
}

function changedList(
  patch: JsonObject,
  key: string,
  { live, value }: Lists,
  schema: MergeSchema | undefined,
): void {
  if (isSet(schema)) {
    const added = value.filter((item) => !live.some((existing) => jsonEquals(existing, item)));
    if (added.length === 0) return;
    patch[key] = added;
    patch[`$setElementOrder/${key}`] = value;
    return;
  }
  const mergeKey = schema?.mergeKey;
  const liveItems = mergeKey ? keyed(live, mergeKey) : undefined;
  const items = mergeKey ? keyed(value, mergeKey) : undefined;
  if (!schema || !mergeKey || !liveItems || !items) {
    if (!jsonEquals(value, live)) patch[key] = value;
    return;
  }
  const changed = changedItems(liveItems, items, mergeKey, schema);
  const order = [...items.keys()];
  const kept = order.filter((id) => liveItems.has(id));
  const sameOrder = jsonEquals(
    [...liveItems.keys()].filter((id) => items.has(id)),
    kept,
  );
  if (changed.length > 0) patch[key] = changed;
  if (changed.length > 0 || !sameOrder) {
    patch[`$setElementOrder/${key}`] = order.map((id) => ({ [mergeKey]: id }));
  }
}

type Items = Map<unknown, JsonObject>;

function changedItems(live: Items, items: Items, mergeKey: string, schema: MergeSchema): JsonObject[] {
  const changed: JsonObject[] = [];
  for (const [id, item] of items) {
    const existing = live.get(id);
    const inner = existing ? changedFields(existing, item, elementSchema(schema)) : item;
    if (Object.keys(inner).length > 0) changed.push({ ...inner, [mergeKey]: id });
  }
  return changed;
}

function removedFields(
  original: JsonObject,
  modified: JsonObject,
  current: JsonObject,
  schema: MergeSchema | undefined,
): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(original)) {
    const live = current[key];
    // What is already gone needs no patch, so that applying twice asks nothing of the cluster.
    if (live === undefined) continue;
    const next = modified[key];
    if (next === undefined) {
      patch[key] = null;
    } else if (isObject(value) && isObject(next) && isObject(live)) {
      const inner = removedFields(value, next, live, fieldSchema(schema, key));
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (Array.isArray(value) && Array.isArray(next) && Array.isArray(live)) {
      removedItems(patch, key, { value, next, live }, fieldSchema(schema, key));
    }
  }
  return patch;
}

function removedItems(
  patch: JsonObject,
  key: string,
  { value, next, live }: Lists & { next: unknown[] },
  schema: MergeSchema | undefined,
): void {
  if (isSet(schema)) {
    const gone = value.filter(
      (item) =>
        !next.some((other) => jsonEquals(other, item)) && live.some((other) => jsonEquals(other, item)),
    );
    if (gone.length > 0) patch[`$deleteFromPrimitiveList/${key}`] = gone;
    return;
  }
  const mergeKey = schema?.mergeKey;
  if (!schema || !mergeKey) return;
  const before = keyed(value, mergeKey);
  const after = keyed(next, mergeKey);
  const liveItems = keyed(live, mergeKey);
  if (!before || !after || !liveItems) return;
  const removed: JsonObject[] = [];
  for (const [id, item] of before) {
    const existing = liveItems.get(id);
    const kept = after.get(id);
    if (!existing) continue;
    if (!kept) {
      removed.push({ $patch: 'delete', [mergeKey]: id });
      continue;
    }
    const inner = removedFields(item, kept, existing, elementSchema(schema));
    if (Object.keys(inner).length > 0) removed.push({ ...inner, [mergeKey]: id });
  }
  if (removed.length === 0) return;
  patch[key] = removed;
  patch[`$setElementOrder/${key}`] = [...after.keys()].map((id) => ({ [mergeKey]: id }));
}

/** One patch out of two; where both speak of a field, the changes win over the deletions. */
function combine(deletions: JsonObject, changes: JsonObject, schema: MergeSchema | undefined): JsonObject {
  const result: JsonObject = { ...deletions };
  for (const [key, value] of Object.entries(changes)) {
    const below = result[key];
    if (isObject(below) && isObject(value)) {
      result[key] = combine(below, value, fieldSchema(schema, key));
    } else if (Array.isArray(below) && Array.isArray(value) && fieldSchema(schema, key)?.mergeKey) {
      result[key] = combineItems(below, value, fieldSchema(schema, key) ?? {});
    } else {
      result[key] = value;
    }
  }
  return result;
}

function combineItems(deletions: unknown[], changes: unknown[], schema: MergeSchema): unknown[] {
  const mergeKey = schema.mergeKey ?? '';
  const changed = keyed(changes, mergeKey) ?? new Map<unknown, JsonObject>();
  const removed = keyed(deletions, mergeKey) ?? new Map<unknown, JsonObject>();
  const items: JsonObject[] = [...changed].map(([id, change]) => {
    const deletion = removed.get(id);
    return deletion ? combine(deletion, change, elementSchema(schema)) : change;
  });
  return [...items, ...[...removed].filter(([id]) => !changed.has(id)).map(([, deletion]) => deletion)];
}

/**
 * Applies a strategic merge patch as the API server does: keyed lists merge by key, `$patch: delete` and `replace`,
 * `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` are obeyed.
 */
export function applyStrategicPatch(
  target: JsonObject,
  patch: JsonObject,
  schema: MergeSchema | undefined,
): JsonObject {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const retained = patch['$retainKeys'];
  const result: JsonObject = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(target).filter(([key]) => retained.includes(key)))
    : { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value, fieldSchema(schema, key));
  }
  for (const [directive, value] of Object.entries(patch)) {
    applyListDirective(result, directive, value, schema);
  }
  return result;
}

function merged(live: unknown, value: unknown, schema: MergeSchema | undefined): unknown {
  if (isObject(value)) return applyStrategicPatch(isObject(live) ? live : {}, value, schema);
  if (!Array.isArray(value) || schema?.mergeKey === undefined) return value;
  return mergeList(Array.isArray(live) ? live : [], value, schema);
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}

function mergeList(live: unknown[], patch: unknown[], schema: MergeSchema): unknown[] {
  if (schema.mergeKey === '') {
    return [...live, ...patch.filter((item) => !live.some((existing) => jsonEquals(existing, item)))];
  }
  const mergeKey = schema.mergeKey ?? '';
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !(isObject(item) && item['$patch'] === 'replace'));
  }
  const items = [...live];
  for (const change of patch.filter(isObject)) {
    const index = items.findIndex((item) => isObject(item) && item[mergeKey] === change[mergeKey]);
    const existing = items[index];
    if (change['$patch'] === 'delete') {
      if (index >= 0) items.splice(index, 1);
    } else if (isObject(existing)) {
      items[index] = applyStrategicPatch(existing, change, elementSchema(schema));
    } else {
      items.push(applyStrategicPatch({}, change, elementSchema(schema)));
    }
  }
  return items;
}

function applyListDirective(
  result: JsonObject,
  directive: string,
  value: unknown,
  schema: MergeSchema | undefined,
): void {
  const slash = directive.indexOf('/');
  const key = directive.slice(slash + 1);
  const list = result[key];
  if (slash < 0 || !Array.isArray(value) || !Array.isArray(list)) return;
  if (directive.startsWith('$deleteFromPrimitiveList/')) {
    result[key] = list.filter((item) => !value.some((gone) => jsonEquals(gone, item)));
  } else if (directive.startsWith('$setElementOrder/')) {
    result[key] = inOrder(list, value, fieldSchema(schema, key)?.mergeKey ?? '');
  }
}

/** Sorts a list by a list of keys; items that the order does not name keep their place behind their predecessor. */
function inOrder(list: unknown[], order: unknown[], mergeKey: string): unknown[] {
  const idOf = (item: unknown): unknown => (isObject(item) && mergeKey !== '' ? item[mergeKey] : item);
  const ranks = order.map(idOf);
  const rankOf = (item: unknown): number => ranks.findIndex((id) => jsonEquals(id, idOf(item)));
  const named = list.filter((item) => rankOf(item) >= 0).sort((a, b) => rankOf(a) - rankOf(b));
  const result: unknown[] = [];
  let next = 0;
  for (const item of list) {
    if (rankOf(item) < 0) result.push(item);
    else {
      result.push(named[next]);
      next += 1;
    }
  }
  return result;
}
