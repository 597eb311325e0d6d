import { isObject, jsonEquals, type JsonObject } from '@gennaker/kernel';
import { badRequest } from '../api/status-error.js';
import type { ListSchema, Schema } from '../schema/schema.js';

const DELETE_FROM = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';
const RETAIN = '$retainKeys';

/**
 * Kubernetes' strategic merge patch: lists with a merge key are merged item by item, and the directives `$patch`,
 * `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…` are obeyed. The inputs are left alone.
 */
export function applyStrategicMergePatch(target: unknown, patch: unknown, schema: Schema): unknown {
  if (!isObject(patch)) throw badRequest('error decoding patch: the patch must be an object');
  return mergeObject(isObject(target) ? target : {}, patch, schema);
}

function fieldSchema(schema: Schema, name: string): Schema {
  if (schema.kind === 'struct') return schema.struct.field(name) ?? { kind: 'any' };
  if (schema.kind === 'map') return schema.value;
  return { kind: 'any' };
}

function mergeObject(target: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = patch['$patch'];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw badRequest(`unknown patch type found: ${JSON.stringify(directive)}`);
  }
  const result = retain(target, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else result[key] = mergeValue(result[key], value, fieldSchema(schema, key), key, patch);
  }
  deleteFromPrimitiveLists(result, patch);
  orderUntouchedLists(result, patch, schema);
  return result;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}

function retain(target: JsonObject, patch: JsonObject): JsonObject {
  const keep = patch[RETAIN];
  if (!Array.isArray(keep)) return { ...target };
  return Object.fromEntries(Object.entries(target).filter(([key]) => keep.includes(key)));
}

function mergeValue(
  target: unknown,
  value: unknown,
  schema: Schema,
  key: string,
  parentPatch: JsonObject,
): unknown {
  if (Array.isArray(value)) {
    const order = parentPatch[`${ORDER}${key}`];
    if (schema.kind === 'list' && schema.patchKey !== undefined) {
      return mergeList(Array.isArray(target) ? target : [], value, schema, order);
    }
    if (schema.kind === 'list' && schema.set) {
      return mergePrimitives(Array.isArray(target) ? target : [], value, order);
    }
    return structuredClone(value);
  }
  if (isObject(value)) return mergeObject(isObject(target) ? target : {}, value, schema);
  return value;
}

function mergePrimitives(target: unknown[], patch: unknown[], order: unknown): unknown[] {
  const merged = [...target, ...patch.filter((item) => !target.includes(item))];
  return Array.isArray(order) ? ordered(merged, order, (a, b) => jsonEquals(a, b)) : merged;
}

function mergeList(target: unknown[], patch: unknown[], schema: ListSchema, order: unknown): unknown[] {
  const key = schema.patchKey ?? 'name';
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace')) {
    return patch
      .filter((item) => !(isObject(item) && item['$patch'] === 'replace'))
      .map((item) => strip(item));
  }
  let result = [...target];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`a list of objects with merge key ${key} holds something else`);
    const id = item[key];
    if (id === undefined) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const same = (candidate: unknown): boolean => isObject(candidate) && jsonEquals(candidate[key], id);
    if (item['$patch'] === 'delete') {
      result = result.filter((candidate) => !same(candidate));
      continue;
    }
    const index = result.findIndex(same);
    if (index < 0) result.push(mergeObject({}, item, schema.item));
    else result[index] = mergeObject(result[index] as JsonObject, item, schema.item);
  }
  if (!Array.isArray(order)) return result;
  return ordered(result, order, (item, wanted) => {
    return isObject(item) && isObject(wanted) && jsonEquals(item[key], wanted[key]);
  });
}

function strip(item: unknown): unknown {
  return isObject(item) ? withoutDirectives(item) : item;
}

/** Items named in `order` come in that order; the others keep their place after the item before them. */
function ordered(
  items: unknown[],
  order: unknown[],
  same: (item: unknown, wanted: unknown) => boolean,
): unknown[] {
  const named = order.flatMap((wanted) => items.filter((item) => same(item, wanted)).slice(0, 1));
  const result: unknown[] = [];
  let next = 0;
  for (const item of items) {
    if (named.includes(item)) result.push(named[next++]);
    else result.push(item);
  }
  return result;
}

function deleteFromPrimitiveLists(result: JsonObject, patch: JsonObject): void {
  for (const [directive, values] of Object.entries(patch)) {
    if (!directive.startsWith(DELETE_FROM) || !Array.isArray(values)) continue;
    const key = directive.slice(DELETE_FROM.length);
    const list = result[key];
    if (Array.isArray(list)) result[key] = list.filter((item) => !values.includes(item));
  }
}

/** `$setElementOrder` may come without a patch of its list. */
function orderUntouchedLists(result: JsonObject, patch: JsonObject, schema: Schema): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ORDER) || !Array.isArray(order)) continue;
    const key = directive.slice(ORDER.length);
    const list = result[key];
    if (patch[key] !== undefined || !Array.isArray(list)) continue;
    const mergeKey = patchKeyOf(fieldSchema(schema, key));
    result[key] = ordered(list, order, (item, wanted) =>
      mergeKey !== undefined && isObject(item) && isObject(wanted)
        ? jsonEquals(item[mergeKey], wanted[mergeKey])
        : jsonEquals(item, wanted),
    );
  }
}

function patchKeyOf(schema: Schema): string | undefined {
  return schema.kind === 'list' ? schema.patchKey : undefined;
}
