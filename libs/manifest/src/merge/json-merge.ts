import { isObject, jsonEquals, type JsonObject } from '@gennaker/kernel';

/** Applies a JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

/** The merge patch that takes away from `current` what was in `original` and is not in `modified`, and adds the rest. */
export function threeWayMergePatch(
  original: JsonObject | undefined,
  modified: JsonObject,
  current: JsonObject,
): JsonObject {
  const changes = changesOf(current, modified);
  const deletions = deletionsOf(original ?? {}, modified, current);
  return applyDeep(deletions, changes);
}

function changesOf(current: JsonObject, modified: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(modified)) {
    const live = current[key];
    if (isObject(value) && isObject(live)) {
      const inner = changesOf(live, value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (value !== null && !jsonEquals(value, live)) {
      patch[key] = value;
    }
  }
  return patch;
}

function deletionsOf(original: JsonObject, modified: JsonObject, current: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(original)) {
    // What is already gone needs no patch, so that applying twice asks nothing of the cluster.
    if (!(key in current)) continue;
    if (!(key in modified) || modified[key] === null) {
      patch[key] = null;
    } else if (isObject(value) && isObject(modified[key]) && isObject(current[key])) {
      const inner = deletionsOf(value, modified[key], current[key]);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    }
  }
  return patch;
}

function applyDeep(base: JsonObject, over: JsonObject): JsonObject {
  const result: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    result[key] = isObject(below) && isObject(value) ? applyDeep(below, value) : value;
  }
  return result;
}
