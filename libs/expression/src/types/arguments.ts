import { ExpressionError } from '../expression-error.js';
import { condition } from '../evaluate/operators.js';
import { JavaSet } from '../values/collection.js';
import { isNumber, numberType, toDouble, toInt, toLong } from '../values/number.js';
import { convertedText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { typeNameOf } from './type-name.js';

/** Arguments, converted to what a method takes as Spring converts them: digits in a text are a number, and so on. */
function refuse(index: number, needed: string, value: Value): never {
  throw new ExpressionError(
    'expression.bad_argument',
    `argument ${index + 1} must be ${needed}, found ${value === null ? 'null' : typeNameOf(value)}`,
    { found: typeNameOf(value) },
  );
}

export function valueAt(args: readonly Value[], index: number): Value {
  return args[index] ?? null;
}

export function textAt(args: readonly Value[], index: number): string {
  const value = valueAt(args, index);
  if (typeof value === 'string') return value;
  const text = value === null ? undefined : convertedText(value);
  return text ?? refuse(index, 'a text', value);
}

export function intAt(args: readonly Value[], index: number): number {
  const value = valueAt(args, index);
  if (numberType(value) === 'int') return toInt(value);
  const number = wholeNumber(value);
  if (number === undefined || BigInt.asIntN(32, number) !== number) return refuse(index, 'an int', value);
  return Number(number);
}

export function longAt(args: readonly Value[], index: number): bigint {
  const value = valueAt(args, index);
  return wholeNumber(value) ?? refuse(index, 'a long', value);
}

/** Doubles are converted by cutting off their fraction, as Spring's number conversion does. */
function wholeNumber(value: Value): bigint | undefined {
  if (isNumber(value)) return Number.isFinite(toDouble(value)) ? toLong(value) : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?\d{1,19}\s*$/.test(value)) return undefined;
  const number = BigInt(value.trim().replace(/^\+/, ''));
  return BigInt.asIntN(64, number) === number ? number : undefined;
}

export function numberAt(args: readonly Value[], index: number): Value {
  const value = valueAt(args, index);
  if (isNumber(value)) return value;
  if (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
    return Number(value);
  return refuse(index, 'a number', value);
}

export function doubleAt(args: readonly Value[], index: number): number {
  return toDouble(numberAt(args, index));
}

export function booleanAt(args: readonly Value[], index: number): boolean {
  return condition(valueAt(args, index), `argument ${index + 1}`);
}

export function listAt(args: readonly Value[], index: number): readonly Value[] {
  const value = valueAt(args, index);
  if (Array.isArray(value)) return value;
  if (value instanceof JavaSet) return value.items();
  return refuse(index, 'a list', value);
}

/** The arguments from `index` on: given one by one, or as one list (Java's `...`). */
export function restAt(args: readonly Value[], index: number): readonly Value[] {
  const rest = args.slice(index);
  const [first] = rest;
  return rest.length === 1 && Array.isArray(first) ? first : rest;
}
