import { compareNumbers, toDouble, toInt, toLong } from '../values/number.js';
import { hashOf, valuesEqual } from '../values/equality.js';
import { javaText } from '../values/text.js';
import { double, float, longValue, type Value } from '../values/value.js';
import { booleanAt, numberAt, valueAt } from './arguments.js';
import { methodTable } from './method.js';

/** Java orders NaN above everything and equal to itself. */
export function javaCompare(left: Value, right: Value): number {
  const order = compareNumbers(left, right);
  if (!Number.isNaN(order)) return order;
  return Number(Number.isNaN(toDouble(left))) - Number(Number.isNaN(toDouble(right)));
}

/** The methods of `java.lang.Number` and of Integer, Long, Float and Double objects. */
export const NUMBER_METHODS = methodTable<Value>({
  intValue: [0, (number) => toInt(number)],
  longValue: [0, (number) => longValue(toLong(number))],
  doubleValue: [0, (number) => double(toDouble(number))],
  floatValue: [0, (number) => float(toDouble(number))],
  shortValue: [0, (number) => (toInt(number) << 16) >> 16],
  byteValue: [0, (number) => (toInt(number) << 24) >> 24],
  isNaN: [0, (number) => Number.isNaN(toDouble(number))],
  isInfinite: [0, (number) => Math.abs(toDouble(number)) === Number.POSITIVE_INFINITY],
  compareTo: [1, (number, args) => javaCompare(number, numberAt(args, 0))],
  equals: [1, (number, args) => valuesEqual(number, valueAt(args, 0))],
  hashCode: [0, (number) => hashOf(number)],
  'toString()': [0, (number) => javaText(number)],
});

export const BOOLEAN_METHODS = methodTable<boolean>({
  booleanValue: [0, (value) => value],
  compareTo: [1, (value, args) => Number(value) - Number(booleanAt(args, 0))],
  equals: [1, (value, args) => value === valueAt(args, 0)],
  hashCode: [0, (value) => hashOf(value)],
  'toString()': [0, (value) => String(value)],
});
