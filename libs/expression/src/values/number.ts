import { ExpressionError } from '../expression-error.js';
import { double, float, JavaDouble, JavaFloat, JavaLong, longValue, type Value } from './value.js';

export type NumberType = 'int' | 'long' | 'float' | 'double';

const LONG_BOUND = 2 ** 63;

/** Which of Java's number types `value` has, or undefined when it is not a number. */
export function numberType(value: Value): NumberType | undefined {
  if (typeof value === 'number') {
    if ((value | 0) === value) return 'int';
    return Number.isInteger(value) && Math.abs(value) < LONG_BOUND ? 'long' : 'double';
  }
  if (value instanceof JavaLong) return 'long';
  if (value instanceof JavaDouble) return 'double';
  return value instanceof JavaFloat ? 'float' : undefined;
}

export function isNumber(value: Value): boolean {
  return typeof value === 'number' || numberType(value) !== undefined;
}

/** `doubleValue()` of a number. */
export function toDouble(value: Value): number {
  if (typeof value === 'number') return value;
  if (value instanceof JavaLong) return Number(value.value);
  if (value instanceof JavaDouble || value instanceof JavaFloat) return value.value;
  throw new ExpressionError('expression.wrong_type', 'this is not a number');
}

/** `longValue()` of a number: fractions are cut off, and what does not fit saturates, as Java's casts do. */
export function toLong(value: Value): bigint {
  if (value instanceof JavaLong) return value.value;
  const number = toDouble(value);
  if (Number.isNaN(number)) return 0n;
  if (number >= LONG_BOUND) return 2n ** 63n - 1n;
  if (number < -LONG_BOUND) return -(2n ** 63n);
  return BigInt(Math.trunc(number));
}

/** `intValue()` of a number: a long keeps its low 32 bits, a double saturates. */
export function toInt(value: Value): number {
  if (typeof value === 'number' && (value | 0) === value) return value;
  if (numberType(value) === 'long') return Number(BigInt.asIntN(32, toLong(value)));
  const number = toDouble(value);
  if (Number.isNaN(number)) return 0;
  return Math.max(-0x8000_0000, Math.min(0x7fff_ffff, Math.trunc(number))) | 0;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';

/**
 * Arithmetic of two numbers in the wider of their types, in Spring's order: double, float, long, int. Whole numbers
 * wrap around at 32 or 64 bits and divide to whole numbers.
 */
export function arithmetic(operator: ArithmeticOperator, left: Value, right: Value): Value {
  const types = [numberType(left), numberType(right)];
  if (operator === '^') return power(left, right, types);
  if (types.includes('double')) return double(onDoubles(operator, toDouble(left), toDouble(right)));
  if (types.includes('float')) return float(onDoubles(operator, toDouble(left), toDouble(right)));
  if (types.includes('long')) return longValue(onLongs(operator, toLong(left), toLong(right)));
  return onInts(operator, toInt(left), toInt(right));
}

function onDoubles(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
  }
}

function onLongs(operator: ArithmeticOperator, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / nonZero(right);
    case '%':
      return left % nonZero(right);
    case '^':
      return left ** right;
  }
}

export function onInts(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return (left + right) | 0;
    case '-':
      return (left - right) | 0;
    case '*':
      return Math.imul(left, right);
    case '/':
      return (left / nonZero(right)) | 0;
    case '%':
      // The `| 0` also turns a negative zero into Java's only int zero.
      return (left % nonZero(right)) | 0;
    case '^':
      return left ** right;
  }
}

function nonZero<T extends number | bigint>(value: T): T {
  if (value === 0 || value === 0n) throw new ExpressionError('expression.arithmetic', 'division by zero');
  return value;
}

/** Spring's power: doubles stay doubles, whole numbers give an int, or a long when one is a long or the result is large. */
function power(left: Value, right: Value, types: (NumberType | undefined)[]): Value {
  const result = toDouble(left) ** toDouble(right);
  if (types.includes('double') || types.includes('float')) return double(result);
  if (types.includes('long') || result > 0x7fff_ffff) return longValue(toLong(double(result)));
  return toInt(double(result));
}

export function negate(value: Value): Value {
  switch (numberType(value)) {
    case 'int':
      return (0 - toInt(value)) | 0;
    case 'long':
      return longValue(-toLong(value));
    case 'float':
      return float(-toDouble(value));
    default:
      return double(-toDouble(value));
  }
}

/** Order of two numbers in the wider of their types: negative, 0 or positive; NaN when one of them is NaN. */
export function compareNumbers(left: Value, right: Value): number {
  if (left instanceof JavaLong || right instanceof JavaLong) {
    const types = [numberType(left), numberType(right)];
    if (!types.includes('double') && !types.includes('float')) {
      const difference = toLong(left) - toLong(right);
      return difference === 0n ? 0 : difference < 0n ? -1 : 1;
    }
  }
  const a = toDouble(left);
  const b = toDouble(right);
  if (a === b) return 0;
  return a < b ? -1 : a > b ? 1 : Number.NaN;
}
