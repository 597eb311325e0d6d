import { visit } from './work-meter.js';
import { compareNumbers, isNumber, numberType } from './number.js';
import {
  doubleText,
  HostMap,
  HostValue,
  isPlainObject,
  textHash,
  type PlainObject,
  type Value,
} from './value.js';

/** `==` of the language: numbers by value whatever their types, everything else as `valuesEqual`. */
export function looselyEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left === 'string' && typeof right === 'string') return false;
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0;
  return valuesEqual(left, right);
}

/** Java's `equals`: lists and maps by their elements, numbers only when they also have the same type. */
export function valuesEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (left === null || right === null) return false;
  visit();
  if (Array.isArray(left) || Array.isArray(right)) return equalLists(left, right);
  if (isMap(left) && isMap(right)) return equalMaps(left, right);
  if (left instanceof HostValue) return left.equalTo(right) || equalLongs(left, right);
  return right instanceof HostValue && (right.equalTo(left) || equalLongs(left, right));
}

/** A large whole JavaScript number is a long, too. */
function equalLongs(left: Value, right: Value): boolean {
  return numberType(left) === 'long' && numberType(right) === 'long' && compareNumbers(left, right) === 0;
}

function equalLists(left: Value, right: Value): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((item, index) => valuesEqual(item ?? null, right[index] ?? null));
}

export type MapValue = HostMap | PlainObject;

export function isMap(value: Value): value is MapValue {
  return value instanceof HostMap || isPlainObject(value);
}

export function mapEntries(map: MapValue): Iterable<readonly [Value, Value]> {
  return map instanceof HostMap ? map.entries() : Object.entries(map);
}

/** The value under `key`, or undefined when there is none. JSON's keys are texts, so an int finds the key written like it. */
export function mapGet(map: MapValue, key: Value): Value | undefined {
  if (map instanceof HostMap) return map.lookup(key);
  const text = typeof key === 'number' ? String(key) : key;
  return typeof text === 'string' && Object.hasOwn(map, text) ? (map[text] ?? null) : undefined;
}

export function mapSize(map: MapValue): number {
  return map instanceof HostMap ? map.size : Object.keys(map).length;
}

function equalMaps(left: MapValue, right: MapValue): boolean {
  if (mapSize(left) !== mapSize(right)) return false;
  for (const [key, value] of mapEntries(left)) {
    const other = mapGet(right, key);
    if (other === undefined || !valuesEqual(value ?? null, other)) return false;
  }
  return true;
}

/** Java's `hashCode()`. */
export function hashOf(value: Value): number {
  visit();
  if (value === null) return 0;
  if (typeof value === 'string') return textHash(value);
  if (typeof value === 'boolean') return value ? 1231 : 1237;
  if (typeof value === 'number') return numberType(value) === 'int' ? value : textHash(doubleText(value));
  if (value instanceof HostValue) return value.hash();
  if (Array.isArray(value))
    return value.reduce<number>((hash, item) => (Math.imul(hash, 31) + hashOf(item)) | 0, 1);
  let hash = 0;
  for (const [key, item] of Object.entries(value)) hash = (hash + (textHash(key) ^ hashOf(item))) | 0;
  return hash;
}
