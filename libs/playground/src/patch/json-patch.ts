import { isObject, jsonEquals } from '@gennaker/kernel';
import { badRequest, StatusError } from '../api/status-error.js';

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** The API server hides why an operation failed behind this sentence. */
function rejected(): StatusError {
  return new StatusError(
    422,
    'Invalid',
    'the server rejected our request due to an error in our request',
    {},
  );
}

/** Applies an RFC 6902 patch and returns the result; the input is left alone. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    );
  }
  let result: unknown = structuredClone(document);
  for (const operation of patch as Operation[]) {
    if (!isObject(operation) || typeof operation.op !== 'string' || typeof operation.path !== 'string') {
      throw badRequest('error decoding patch: every operation needs a string "op" and a string "path"');
    }
    result = applyOne(result, operation);
  }
  return result;
}

function applyOne(document: unknown, operation: Operation): unknown {
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(document, path, structuredClone(operation.value));
    case 'remove':
      return remove(document, path);
    case 'replace':
      existing(document, path);
      return setExisting(document, path, structuredClone(operation.value));
    case 'move': {
      const from = pointer(operation.from ?? '');
      const value = existing(document, from);
      return add(remove(document, from), path, value);
    }
    case 'copy':
      return add(document, path, structuredClone(existing(document, pointer(operation.from ?? ''))));
    case 'test':
      if (!jsonEquals(read(document, path) ?? null, operation.value ?? null)) throw rejected();
      return document;
    default:
      throw badRequest(`Unexpected kind: ${operation.op}`);
  }
}

function existing(document: unknown, path: string[]): unknown {
  const value = read(document, path);
  if (value === undefined) throw rejected();
  return value;
}

function pointer(text: string): string[] {
  if (text === '') return [];
  if (!text.startsWith('/')) throw rejected();
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function child(container: unknown, key: string): unknown {
  if (Array.isArray(container)) return /^\d+$/.test(key) ? (container as unknown[])[Number(key)] : undefined;
  return isObject(container) && Object.hasOwn(container, key) ? container[key] : undefined;
}

function read(document: unknown, path: string[]): unknown {
  let value = document;
  for (const key of path) value = child(value, key);
  return value;
}

function parentOf(document: unknown, path: string[]): { parent: unknown; key: string } {
  return { parent: read(document, path.slice(0, -1)), key: path.at(-1) ?? '' };
}

function add(document: unknown, path: string[], value: unknown): unknown {
  if (path.length === 0) return value;
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : Number(key);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw rejected();
    parent.splice(index, 0, value);
  } else if (isObject(parent)) {
    parent[key] = value;
  } else {
    throw rejected();
  }
  return document;
}

function setExisting(document: unknown, path: string[], value: unknown): unknown {
  if (path.length === 0) return value;
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else if (isObject(parent)) parent[key] = value;
  return document;
}

function remove(document: unknown, path: string[]): unknown {
  const { parent, key } = parentOf(document, path);
  if (child(parent, key) === undefined) throw rejected();
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isObject(parent)) delete parent[key];
  return document;
}
