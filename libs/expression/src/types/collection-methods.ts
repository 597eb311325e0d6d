import { step } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { JavaSet, MapEntry } from '../values/collection.js';
import { hashOf, mapEntries, mapGet, mapSize, valuesEqual, type MapValue } from '../values/equality.js';
import { javaText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { intAt, listAt, valueAt } from './arguments.js';
import { methodTable, type Method } from './method.js';

const CHANGING = [
  'add',
  'addAll',
  'addFirst',
  'addLast',
  'clear',
  'merge',
  'put',
  'putAll',
  'putIfAbsent',
  'remove',
  'removeAll',
  'removeIf',
  'replaceAll',
  'retainAll',
  'set',
  'sort',
];

const refuseChange: Method<unknown>['call'] = () => {
  throw new ExpressionError(
    'expression.not_allowed',
    'expressions only read; make a new list with {…} or .![…], or a new map with {key: value}',
  );
};

const CHANGING_ROWS = Object.fromEntries(
  CHANGING.map((name): [string, [number, number, typeof refuseChange]] => [name, [0, 9, refuseChange]]),
);

function itemAt(list: readonly Value[], index: number): Value {
  if (index >= 0 && index < list.length) return list[index] ?? null;
  throw new ExpressionError(
    'expression.out_of_range',
    `the list has ${list.length} elements, so there is none at index ${index}`,
  );
}

const find = (list: readonly Value[], item: Value): number =>
  list.findIndex((candidate) => valuesEqual(candidate ?? null, item));

function subList(list: readonly Value[], args: readonly Value[]): Value[] {
  const from = intAt(args, 0);
  const to = intAt(args, 1);
  if (from < 0 || to > list.length || from > to) {
    throw new ExpressionError(
      'expression.out_of_range',
      `from ${from} to ${to} is outside of the list, which has ${list.length} elements`,
    );
  }
  return list.slice(from, to);
}

/** The reading methods of `java.util.List`; arrays have them, too. */
export const LIST_METHODS = methodTable<Value[]>({
  ...CHANGING_ROWS,
  size: [0, (list) => list.length],
  length: [0, (list) => list.length],
  isEmpty: [0, (list) => list.length === 0],
  get: [1, (list, args) => itemAt(list, intAt(args, 0))],
  getFirst: [0, (list) => itemAt(list, 0)],
  getLast: [0, (list) => itemAt(list, list.length - 1)],
  contains: [
    1,
    (list, args, runtime) => {
      step(runtime, list.length >> 3);
      return find(list, valueAt(args, 0)) !== -1;
    },
  ],
  containsAll: [
    1,
    (list, args, runtime) => {
      const wanted = listAt(args, 0);
      step(runtime, (list.length * wanted.length) >> 3);
      return wanted.every((item) => find(list, item) !== -1);
    },
  ],
  indexOf: [
    1,
    (list, args, runtime) => {
      step(runtime, list.length >> 3);
      return find(list, valueAt(args, 0));
    },
  ],
  lastIndexOf: [
    1,
    (list, args, runtime) => {
      step(runtime, list.length >> 3);
      return list.findLastIndex((item) => valuesEqual(item ?? null, valueAt(args, 0)));
    },
  ],
  subList: [2, subList],
  reversed: [0, (list) => list.toReversed()],
  toArray: [0, 1, (list) => list],
  equals: [1, (list, args) => valuesEqual(list, valueAt(args, 0))],
  hashCode: [0, (list) => hashOf(list)],
  'toString()': [0, (list) => javaText(list)],
});

/** The reading methods of `java.util.Set`, and of the collections that `keySet()`, `values()` and `entrySet()` give. */
export const SET_METHODS = methodTable<JavaSet>({
  ...CHANGING_ROWS,
  size: [0, (set) => set.size],
  isEmpty: [0, (set) => set.size === 0],
  contains: [1, (set, args) => set.has(valueAt(args, 0))],
  containsAll: [1, (set, args) => listAt(args, 0).every((item) => set.has(item))],
  toArray: [0, 1, (set) => set.items()],
  equals: [1, (set, args) => set.equalTo(valueAt(args, 0))],
  hashCode: [0, (set) => set.hash()],
  'toString()': [0, (set) => set.text()],
});

/** The reading methods of `java.util.Map`. */
export const MAP_METHODS = methodTable<MapValue>({
  ...CHANGING_ROWS,
  get: [1, (map, args) => mapGet(map, valueAt(args, 0)) ?? null],
  getOrDefault: [2, (map, args) => mapGet(map, valueAt(args, 0)) ?? valueAt(args, 1)],
  containsKey: [1, (map, args) => mapGet(map, valueAt(args, 0)) !== undefined],
  containsValue: [
    1,
    (map, args, runtime) => {
      for (const [, value] of mapEntries(map)) {
        step(runtime);
        if (valuesEqual(value ?? null, valueAt(args, 0))) return true;
      }
      return false;
    },
  ],
  keySet: [0, (map) => new JavaSet(Array.from(mapEntries(map), ([key]) => key))],
  values: [0, (map) => Array.from(mapEntries(map), ([, value]) => value ?? null)],
  entrySet: [0, (map) => Array.from(mapEntries(map), ([key, value]) => new MapEntry(key, value ?? null))],
  size: [0, (map) => mapSize(map)],
  isEmpty: [0, (map) => mapSize(map) === 0],
  equals: [1, (map, args) => valuesEqual(map, valueAt(args, 0))],
  hashCode: [0, (map) => hashOf(map)],
  'toString()': [0, (map) => javaText(map)],
});

export const ENTRY_METHODS = methodTable<MapEntry>({
  getKey: [0, (entry) => entry.key],
  getValue: [0, (entry) => entry.value],
  equals: [1, (entry, args) => entry.equalTo(valueAt(args, 0))],
  hashCode: [0, (entry) => entry.hash()],
  'toString()': [0, (entry) => entry.text()],
});
