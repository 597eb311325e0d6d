import { InvalidInputError, isObject, jsonEquals } from '@gennaker/kernel';
import { type JsonPatchOperation } from '../traffic.js';

/** Applies a JSON patch (RFC 6902) to a copy. Throws an InvalidInputError that names the operation that does not fit. */
export function applyJsonPatch(target: unknown, patch: readonly JsonPatchOperation[]): unknown {
  let document: unknown = structuredClone(target);
  for (const [index, operation] of patch.entries()) {
    const fail = (message: string): never => {
      throw new InvalidInputError('json_patch.invalid', [
        { path: `patchBody[${index}]`, message: `${operation.op} ${operation.path}: ${message}` },
      ]);
    };
    document = applyOne(document, operation, fail);
  }
  return document;
}

type Fail = (message: string) => never;

function stepsOf(pointer: string, fail: Fail): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) return fail('a path starts with /');
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function applyOne(document: unknown, operation: JsonPatchOperation, fail: Fail): unknown {
  const path = stepsOf(operation.path, fail);
  switch (operation.op) {
    case 'add':
      return addAt(document, path, operation.value, fail);
    case 'replace':
      getAt(document, path, fail);
      return addAt(removeAt(document, path, fail), path, operation.value, fail);
    case 'remove':
      return removeAt(document, path, fail);
    case 'test':
      if (!jsonEquals(getAt(document, path, fail), operation.value)) fail('the value differs');
      return document;
    case 'copy':
    case 'move': {
      const from = stepsOf(operation.from ?? '', fail);
      const value = structuredClone(getAt(document, from, fail));
      const rest = operation.op === 'move' ? removeAt(document, from, fail) : document;
      return addAt(rest, path, value, fail);
    }
    default:
      return fail('unknown operation');
  }
}

function getAt(document: unknown, path: readonly string[], fail: Fail): unknown {
  let node = document;
  for (const step of path) {
    if (Array.isArray(node)) node = (node as unknown[])[indexOf(step, node.length - 1, fail)];
    else if (isObject(node) && step in node) node = node[step];
    else fail('there is nothing at this path');
  }
  return node;
}

function indexOf(step: string, last: number, fail: Fail): number {
  if (!/^(0|[1-9]\d*)$/.test(step)) fail(`'${step}' is not an index`);
  const index = Number(step);
  if (index > last) fail(`the index ${index} lies outside the list`);
  return index;
}

function addAt(document: unknown, path: readonly string[], value: unknown, fail: Fail): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const holder = getAt(document, path.slice(0, -1), fail);
  if (Array.isArray(holder)) {
    holder.splice(last === '-' ? holder.length : indexOf(last, holder.length, fail), 0, value);
  } else if (isObject(holder)) holder[last] = value;
  else fail('the parent is neither an object nor a list');
  return document;
}

function removeAt(document: unknown, path: readonly string[], fail: Fail): unknown {
  const last = path.at(-1);
  if (last === undefined) return null;
  const holder: unknown = getAt(document, path.slice(0, -1), fail);
  if (Array.isArray(holder)) holder.splice(indexOf(last, holder.length - 1, fail), 1);
  else if (isObject(holder) && last in holder) delete holder[last];
  else fail('there is nothing at this path');
  return document;
}
