import { ExpressionError } from '../../expression-error.js';
import { numberType, toDouble, toInt, toLong } from '../../values/number.js';
import { javaText } from '../../values/text.js';
import { double, float, longValue, type Value } from '../../values/value.js';
import { booleanAt, doubleAt, intAt, longAt, numberAt, textAt, valueAt } from '../arguments.js';
import { methodTable } from '../method.js';
import { javaCompare } from '../number-methods.js';
import type { TypeDefinition, TypeValue } from './type-definition.js';

/** Java's `parseInt` and its siblings: an optional sign and digits of the radix, nothing else. */
export function parseWhole(text: Value, bits: 8 | 32 | 64, radix = 10): bigint {
  const given = text === null ? 'null' : javaText(text);
  const value = wholeNumber(given, radix);
  if (value !== undefined && BigInt.asIntN(bits, value) === value) return value;
  throw new ExpressionError(
    'expression.bad_argument',
    `"${given.slice(0, 60)}" is not a whole number of ${bits} bits`,
    { found: given.slice(0, 60) },
  );
}

function wholeNumber(text: string, radix: number): bigint | undefined {
  const [, sign, digits] = /^([+-]?)([0-9a-zA-Z]{1,70})$/.exec(text) ?? [];
  if (digits === undefined || radix < 2 || radix > 36) return undefined;
  let value = 0n;
  for (const character of digits) {
    const digit = Number.parseInt(character, 36);
    if (digit >= radix) return undefined;
    value = value * BigInt(radix) + BigInt(digit);
  }
  return sign === '-' ? -value : value;
}

const REAL = /^[\t-\r ]*([+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[fFdD]?)[\t-\r ]*$/;

/** Java's `parseDouble`. */
export function parseReal(text: Value): number {
  const given = text === null ? 'null' : javaText(text);
  const match = REAL.exec(given)?.[1];
  if (match === undefined) {
    throw new ExpressionError('expression.bad_argument', `"${given.slice(0, 60)}" is not a number`, {
      found: given.slice(0, 60),
    });
  }
  return Number(match.replace(/(?<=[\d.])[fFdD]$/, ''));
}

const radixAt = (args: readonly Value[]): number => (args.length > 1 ? intAt(args, 1) : 10);

/** A text is parsed, a number is converted: `valueOf`, and the constructors. */
function wholeOf(args: readonly Value[], bits: 8 | 32 | 64): bigint {
  const value = valueAt(args, 0);
  return numberType(value) === undefined
    ? parseWhole(value, bits, radixAt(args))
    : BigInt.asIntN(bits, toLong(value));
}

function decode(args: readonly Value[], bits: 32 | 64): bigint {
  const match = /^([+-]?)(0[xX]|#|0(?=\d))?(.+)$/.exec(textAt(args, 0));
  const prefix = match?.[2] ?? '';
  const radix = prefix === '' ? 10 : prefix === '0' ? 8 : 16;
  return parseWhole(`${match?.[1] ?? ''}${match?.[3] ?? ''}`, bits, radix);
}

function inRadix(value: bigint, args: readonly Value[]): string {
  const radix = radixAt(args);
  return value.toString(radix >= 2 && radix <= 36 ? radix : 10);
}

const greater = (args: readonly Value[]): Value =>
  javaCompare(numberAt(args, 0), numberAt(args, 1)) >= 0 ? numberAt(args, 0) : numberAt(args, 1);
const smaller = (args: readonly Value[]): Value =>
  javaCompare(numberAt(args, 0), numberAt(args, 1)) <= 0 ? numberAt(args, 0) : numberAt(args, 1);

export const INTEGER: TypeDefinition = {
  name: 'java.lang.Integer',
  isInstance: (value) => numberType(value) === 'int',
  constants: { MAX_VALUE: 0x7fff_ffff, MIN_VALUE: -0x8000_0000, SIZE: 32, BYTES: 4 },
  create: { min: 1, max: 1, call: (_runtime, args) => Number(wholeOf(args, 32)) },
  statics: methodTable<TypeValue>({
    parseInt: [1, 2, (_type, args) => Number(parseWhole(valueAt(args, 0), 32, radixAt(args)))],
    'valueOf()': [1, 2, (_type, args) => Number(wholeOf(args, 32))],
    decode: [1, (_type, args) => Number(decode(args, 32))],
    'toString()': [1, 2, (_type, args) => inRadix(BigInt(intAt(args, 0)), args)],
    toHexString: [1, (_type, args) => (intAt(args, 0) >>> 0).toString(16)],
    toOctalString: [1, (_type, args) => (intAt(args, 0) >>> 0).toString(8)],
    toBinaryString: [1, (_type, args) => (intAt(args, 0) >>> 0).toString(2)],
    compare: [2, (_type, args) => Math.sign(intAt(args, 0) - intAt(args, 1))],
    max: [2, (_type, args) => Math.max(intAt(args, 0), intAt(args, 1))],
    min: [2, (_type, args) => Math.min(intAt(args, 0), intAt(args, 1))],
    sum: [2, (_type, args) => (intAt(args, 0) + intAt(args, 1)) | 0],
    signum: [1, (_type, args) => Math.sign(intAt(args, 0))],
    bitCount: [1, (_type, args) => (intAt(args, 0) >>> 0).toString(2).replaceAll('0', '').length],
  }),
};

export const LONG: TypeDefinition = {
  name: 'java.lang.Long',
  isInstance: (value) => numberType(value) === 'long',
  constants: { MAX_VALUE: longValue(2n ** 63n - 1n), MIN_VALUE: longValue(-(2n ** 63n)), SIZE: 64, BYTES: 8 },
  create: { min: 1, max: 1, call: (_runtime, args) => longValue(wholeOf(args, 64)) },
  statics: methodTable<TypeValue>({
    parseLong: [1, 2, (_type, args) => longValue(parseWhole(valueAt(args, 0), 64, radixAt(args)))],
    'valueOf()': [1, 2, (_type, args) => longValue(wholeOf(args, 64))],
    decode: [1, (_type, args) => longValue(decode(args, 64))],
    'toString()': [1, 2, (_type, args) => inRadix(longAt(args, 0), args)],
    toHexString: [1, (_type, args) => BigInt.asUintN(64, longAt(args, 0)).toString(16)],
    toOctalString: [1, (_type, args) => BigInt.asUintN(64, longAt(args, 0)).toString(8)],
    toBinaryString: [1, (_type, args) => BigInt.asUintN(64, longAt(args, 0)).toString(2)],
    compare: [2, (_type, args) => javaCompare(longValue(longAt(args, 0)), longValue(longAt(args, 1)))],
    max: [2, (_type, args) => longValue(toLong(greater(args)))],
    min: [2, (_type, args) => longValue(toLong(smaller(args)))],
    sum: [2, (_type, args) => longValue(longAt(args, 0) + longAt(args, 1))],
    signum: [1, (_type, args) => Number(javaCompare(longValue(longAt(args, 0)), 0))],
  }),
};

function realOf(args: readonly Value[]): number {
  const value = valueAt(args, 0);
  return numberType(value) === undefined ? parseReal(value) : toDouble(value);
}

export const DOUBLE: TypeDefinition = {
  name: 'java.lang.Double',
  isInstance: (value) => numberType(value) === 'double',
  constants: {
    MAX_VALUE: double(Number.MAX_VALUE),
    MIN_VALUE: Number.MIN_VALUE,
    NaN: Number.NaN,
    POSITIVE_INFINITY: Number.POSITIVE_INFINITY,
    NEGATIVE_INFINITY: Number.NEGATIVE_INFINITY,
  },
  create: { min: 1, max: 1, call: (_runtime, args) => double(realOf(args)) },
  statics: methodTable<TypeValue>({
    parseDouble: [1, (_type, args) => double(parseReal(valueAt(args, 0)))],
    'valueOf()': [1, (_type, args) => double(realOf(args))],
    'toString()': [1, (_type, args) => javaText(double(doubleAt(args, 0)))],
    compare: [2, (_type, args) => javaCompare(double(doubleAt(args, 0)), double(doubleAt(args, 1)))],
    isNaN: [1, (_type, args) => Number.isNaN(doubleAt(args, 0))],
    isInfinite: [1, (_type, args) => Math.abs(doubleAt(args, 0)) === Number.POSITIVE_INFINITY],
    isFinite: [1, (_type, args) => Number.isFinite(doubleAt(args, 0))],
    max: [2, (_type, args) => double(Math.max(doubleAt(args, 0), doubleAt(args, 1)))],
    min: [2, (_type, args) => double(Math.min(doubleAt(args, 0), doubleAt(args, 1)))],
    sum: [2, (_type, args) => double(doubleAt(args, 0) + doubleAt(args, 1))],
  }),
};

export const FLOAT: TypeDefinition = {
  name: 'java.lang.Float',
  isInstance: (value) => numberType(value) === 'float',
  create: { min: 1, max: 1, call: (_runtime, args) => float(realOf(args)) },
  statics: methodTable<TypeValue>({
    parseFloat: [1, (_type, args) => float(parseReal(valueAt(args, 0)))],
    'valueOf()': [1, (_type, args) => float(realOf(args))],
    'toString()': [1, (_type, args) => javaText(float(doubleAt(args, 0)))],
  }),
};

export const BYTE: TypeDefinition = {
  name: 'java.lang.Byte',
  isInstance: () => false,
  constants: { MAX_VALUE: 127, MIN_VALUE: -128 },
  create: { min: 1, max: 1, call: (_runtime, args) => Number(wholeOf(args, 8)) },
  statics: methodTable<TypeValue>({
    parseByte: [1, 2, (_type, args) => Number(parseWhole(valueAt(args, 0), 8, radixAt(args)))],
    'valueOf()': [1, 2, (_type, args) => Number(wholeOf(args, 8))],
    'toString()': [1, (_type, args) => String(intAt(args, 0))],
    toUnsignedInt: [1, (_type, args) => toInt(valueAt(args, 0)) & 255],
  }),
};

/** Java's `Boolean.parseBoolean`: only `true`, in any case, is true. */
export function parseBoolean(value: Value): boolean {
  return value !== null && javaText(value).toLowerCase() === 'true';
}

export const BOOLEAN: TypeDefinition = {
  name: 'java.lang.Boolean',
  isInstance: (value) => typeof value === 'boolean',
  constants: { TRUE: true, FALSE: false },
  create: { min: 1, max: 1, call: (_runtime, args) => parseBoolean(valueAt(args, 0)) },
  statics: methodTable<TypeValue>({
    parseBoolean: [1, (_type, args) => parseBoolean(valueAt(args, 0))],
    'valueOf()': [1, (_type, args) => parseBoolean(valueAt(args, 0))],
    'toString()': [1, (_type, args) => String(booleanAt(args, 0))],
    compare: [2, (_type, args) => Number(booleanAt(args, 0)) - Number(booleanAt(args, 1))],
    logicalAnd: [2, (_type, args) => booleanAt(args, 0) && booleanAt(args, 1)],
    logicalOr: [2, (_type, args) => booleanAt(args, 0) || booleanAt(args, 1)],
    logicalXor: [2, (_type, args) => booleanAt(args, 0) !== booleanAt(args, 1)],
  }),
};
