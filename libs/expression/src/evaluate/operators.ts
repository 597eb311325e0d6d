import { ExpressionError } from '../expression-error.js';
import { javaMatches } from '../types/regex.js';
import { typeNameOf } from '../types/type-name.js';
import { looselyEqual } from '../values/equality.js';
import {
  arithmetic,
  compareNumbers,
  isNumber,
  numberType,
  toInt,
  type ArithmeticOperator,
} from '../values/number.js';
import { sizeUpTo } from '../values/size.js';
import { convertedText, javaText } from '../values/text.js';
import { HostValue, type Value } from '../values/value.js';
import { visitText } from '../values/work-meter.js';
import { checkSize, step, type Runtime } from './runtime.js';

/** `+`: numbers are added, and text is joined to the text of anything. */
export function add(runtime: Runtime, left: Value, right: Value): Value {
  if (typeof left === 'string' || typeof right === 'string') {
    const text = joinable(left) + joinable(right);
    checkSize(runtime, text.length);
    visitText(text);
    return text;
  }
  return numeric('+', left, right);
}

function joinable(value: Value): string {
  return typeof value === 'string' ? value : (convertedText(value) ?? javaText(value));
}

/** `-`: also a one-character text minus an int, which steps back in the alphabet. */
export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'string' && left.length === 1 && numberType(right) === 'int') {
    return String.fromCharCode(left.charCodeAt(0) - toInt(right));
  }
  return numeric('-', left, right);
}

/** `*`: also a text times an int, which repeats it. */
export function multiply(runtime: Runtime, left: Value, right: Value): Value {
  if (typeof left !== 'string' || numberType(right) !== 'int') return numeric('*', left, right);
  const count = Math.max(0, toInt(right));
  checkSize(runtime, left.length * count);
  return left.repeat(count);
}

export function numeric(operator: ArithmeticOperator, left: Value, right: Value): Value {
  if (isNumber(left) && isNumber(right)) return arithmetic(operator, left, right);
  throw new ExpressionError(
    'expression.wrong_type',
    `${operator} is not possible between ${describe(left)} and ${describe(right)}`,
    { found: `${typeNameOf(left)} ${operator} ${typeNameOf(right)}` },
  );
}

const MAX_DESCRIBED = 60;

/** A value for a message: its type, and what it holds if that is short. */
export function describe(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `String ${value.length > 40 ? `${value.slice(0, 40)}…` : value}`;
  return sizeUpTo(value, MAX_DESCRIBED) > MAX_DESCRIBED
    ? typeNameOf(value)
    : `${typeNameOf(value)} ${javaText(value)}`;
}

/**
 * The order of two values: negative, 0 or positive, NaN when a NaN is involved. Null sorts before everything, as
 * Spring's comparator has it.
 */
export function compareValues(left: Value, right: Value): number {
  if (left === null) return right === null ? 0 : -1;
  if (right === null) return 1;
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right);
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  const order = left instanceof HostValue ? left.compareWith(right) : undefined;
  if (order !== undefined) return order;
  throw new ExpressionError(
    'expression.wrong_type',
    `${describe(left)} and ${describe(right)} have no order`,
    {
      found: `${typeNameOf(left)}, ${typeNameOf(right)}`,
    },
  );
}

export function equal(runtime: Runtime, left: Value, right: Value): boolean {
  if (typeof left === 'object' && left !== null) step(runtime);
  if (looselyEqual(left, right)) return true;
  if (left instanceof HostValue && right instanceof HostValue) return left.compareWith(right) === 0;
  return false;
}

/** `text matches 'regex'`: the whole text must match. */
export function matches(runtime: Runtime, left: Value, right: Value): boolean {
  if (typeof right !== 'string') {
    throw new ExpressionError(
      'expression.wrong_type',
      `matches needs a regular expression, found ${describe(right)}`,
    );
  }
  const text = left === null ? undefined : convertedText(left);
  if (text === undefined) {
    throw new ExpressionError('expression.wrong_type', `matches needs a text, found ${describe(left)}`);
  }
  return javaMatches(text, right, runtime.limits);
}

/** `value between {low, high}`, both included. */
export function between(left: Value, right: Value): boolean {
  if (!Array.isArray(right) || right.length !== 2) {
    throw new ExpressionError(
      'expression.wrong_type',
      `between needs a list of two values, such as {1, 5}, found ${describe(right)}`,
    );
  }
  const [low = null, high = null] = right;
  return compareValues(left, low) >= 0 && compareValues(left, high) <= 0;
}

const TRUE_TEXTS = new Set(['true', 'on', 'yes', '1']);
const FALSE_TEXTS = new Set(['false', 'off', 'no', '0']);

/** A value where a condition is needed. Texts such as `yes` and `off` count, as in Spring; null and numbers do not. */
export function condition(value: Value, where: string): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    const text = value.trim().toLowerCase();
    if (TRUE_TEXTS.has(text)) return true;
    if (FALSE_TEXTS.has(text)) return false;
  }
  throw new ExpressionError(
    'expression.wrong_type',
    `${where} needs true or false, found ${describe(value)}`,
    {
      found: typeNameOf(value),
    },
  );
}
