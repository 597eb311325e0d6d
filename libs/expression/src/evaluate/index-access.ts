import { ExpressionError } from '../expression-error.js';
import { typeNameOf } from '../types/type-name.js';
import { JavaSet } from '../values/collection.js';
import { isMap, mapGet } from '../values/equality.js';
import { isNumber, toInt } from '../values/number.js';
import { javaText } from '../values/text.js';
import type { Value } from '../values/value.js';
import type { Evaluate } from './closure.js';
import { describe } from './operators.js';
import { nullError, readProperty } from './property-access.js';
import type { Runtime } from './runtime.js';

export interface IndexRead {
  node: { start: number; end: number; nullSafe: boolean };
  owner: string;
}

/** `target[index]`: a key of a map, a place in a list, set or text, or a property of another value. */
export function indexInto(
  runtime: Runtime,
  target: Value,
  index: Evaluate,
  read: IndexRead,
  bareName?: string,
): Value {
  if (target === null) {
    if (read.node.nullSafe) return null;
    throw nullError(runtime, 'index', read.owner);
  }
  if (isMap(target)) {
    const key = bareName ?? index(runtime);
    const value = mapGet(target, key);
    return value === undefined ? readProperty(runtime, target, propertyRead(javaText(key), read)) : value;
  }
  const key = index(runtime);
  if (Array.isArray(target)) return itemAt(target, key, read);
  if (typeof target === 'string') return characterAt(target, key);
  if (target instanceof JavaSet) return itemAt(target.items(), key, read);
  if (typeof key === 'string') return readProperty(runtime, target, propertyRead(key, read));
  throw new ExpressionError(
    'expression.wrong_type',
    `${read.owner === '' ? 'this' : read.owner} is a ${typeNameOf(target)} and cannot be indexed by ${describe(key)}`,
  );
}

function propertyRead(name: string, read: IndexRead) {
  return {
    node: { name, nullSafe: false, start: read.node.start, end: read.node.end },
    owner: read.owner,
  };
}

function itemAt(list: readonly Value[], key: Value, read: IndexRead): Value {
  const index = asIndex(key);
  if (index >= 0 && index < list.length) return list[index] ?? null;
  throw new ExpressionError(
    'expression.out_of_range',
    `${read.owner === '' ? 'the list' : read.owner} has ${list.length} element${list.length === 1 ? '' : 's'}, so there is none at index ${index}`,
    { found: `${list.length} elements` },
  );
}

function characterAt(text: string, key: Value): string {
  const index = asIndex(key);
  if (index >= 0 && index < text.length) return text.charAt(index);
  throw new ExpressionError(
    'expression.out_of_range',
    `the text has ${text.length} characters, so there is none at index ${index}`,
  );
}

function asIndex(key: Value): number {
  if (isNumber(key)) return toInt(key);
  if (typeof key === 'string' && /^\s*-?\d{1,9}\s*$/.test(key)) return Number(key);
  throw new ExpressionError(
    'expression.wrong_type',
    `an index must be a whole number, found ${describe(key)}`,
    {
      found: typeNameOf(key),
    },
  );
}
