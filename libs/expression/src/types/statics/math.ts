import { ExpressionError } from '../../expression-error.js';
import { arithmetic, negate, numberType, toDouble, toInt, toLong } from '../../values/number.js';
import { double, float, longValue, type Value } from '../../values/value.js';
import { doubleAt, numberAt } from '../arguments.js';
import { methodTable, type Method } from '../method.js';
import type { TypeDefinition, TypeValue } from './type-definition.js';

type Call = Method<TypeValue>['call'];

const ofDouble =
  (compute: (value: number) => number): Call =>
  (_type, args) =>
    double(compute(doubleAt(args, 0)));

/** Rounds halves to the even neighbour. */
function rint(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The wider of the two types decides the type of the result, as Java's overloads do. */
function pick(args: readonly Value[], which: 'max' | 'min'): Value {
  const [left, right] = [numberAt(args, 0), numberAt(args, 1)];
  const types = [numberType(left), numberType(right)];
  const choose = which === 'max' ? Math.max : Math.min;
  if (types.includes('double')) return double(choose(toDouble(left), toDouble(right)));
  if (types.includes('float')) return float(choose(toDouble(left), toDouble(right)));
  if (!types.includes('long')) return choose(toInt(left), toInt(right));
  const [a, b] = [toLong(left), toLong(right)];
  return longValue((which === 'max') === a > b ? a : b);
}

function exact(operator: '+' | '-' | '*'): Call {
  return (_type, args) => {
    const [left, right] = [numberAt(args, 0), numberAt(args, 1)];
    const [a, b] = [toLong(left), toLong(right)];
    const result = operator === '+' ? a + b : operator === '-' ? a - b : a * b;
    const isLong = numberType(left) === 'long' || numberType(right) === 'long';
    if (BigInt.asIntN(isLong ? 64 : 32, result) !== result) {
      throw new ExpressionError('expression.arithmetic', `${isLong ? 'long' : 'integer'} overflow`);
    }
    return isLong ? longValue(result) : Number(result);
  };
}

/** `floorDiv` and `floorMod` round towards negative infinity, where `/` and `%` round towards zero. */
function floored(operator: '/' | '%'): Call {
  return (_type, args) => {
    const [left, right] = [numberAt(args, 0), numberAt(args, 1)];
    const rest = arithmetic('%', left, right);
    const differs = toDouble(rest) !== 0 && toDouble(rest) < 0 !== toDouble(right) < 0;
    if (operator === '%') return differs ? arithmetic('+', rest, right) : rest;
    const quotient = arithmetic('/', left, right);
    return differs ? arithmetic('-', quotient, 1) : quotient;
  };
}

const abs: Call = (_type, args) => {
  const value = numberAt(args, 0);
  return toDouble(value) < 0 || Object.is(toDouble(value), -0) ? negate(value) : value;
};

/** Java's `round`: a float gives an int, a double a long. */
const round: Call = (_type, args) => {
  const value = numberAt(args, 0);
  if (numberType(value) === 'int') return value;
  const rounded = double(Math.floor(toDouble(value) + 0.5));
  return numberType(value) === 'float' ? toInt(rounded) : longValue(toLong(rounded));
};

export const MATH: TypeDefinition = {
  name: 'java.lang.Math',
  isInstance: () => false,
  constants: { PI: Math.PI, E: Math.E },
  statics: methodTable<TypeValue>({
    abs: [1, abs],
    max: [2, (_type, args) => pick(args, 'max')],
    min: [2, (_type, args) => pick(args, 'min')],
    round: [1, round],
    rint: [1, ofDouble(rint)],
    floor: [1, ofDouble(Math.floor)],
    ceil: [1, ofDouble(Math.ceil)],
    sqrt: [1, ofDouble(Math.sqrt)],
    cbrt: [1, ofDouble(Math.cbrt)],
    exp: [1, ofDouble(Math.exp)],
    log: [1, ofDouble(Math.log)],
    log10: [1, ofDouble(Math.log10)],
    sin: [1, ofDouble(Math.sin)],
    cos: [1, ofDouble(Math.cos)],
    tan: [1, ofDouble(Math.tan)],
    asin: [1, ofDouble(Math.asin)],
    acos: [1, ofDouble(Math.acos)],
    atan: [1, ofDouble(Math.atan)],
    atan2: [2, (_type, args) => double(Math.atan2(doubleAt(args, 0), doubleAt(args, 1)))],
    signum: [1, ofDouble(Math.sign)],
    toRadians: [1, ofDouble((degrees) => (degrees / 180) * Math.PI)],
    toDegrees: [1, ofDouble((radians) => (radians * 180) / Math.PI)],
    pow: [2, (_type, args) => double(doubleAt(args, 0) ** doubleAt(args, 1))],
    hypot: [2, (_type, args) => double(Math.hypot(doubleAt(args, 0), doubleAt(args, 1)))],
    floorDiv: [2, floored('/')],
    floorMod: [2, floored('%')],
    addExact: [2, exact('+')],
    subtractExact: [2, exact('-')],
    multiplyExact: [2, exact('*')],
    negateExact: [1, (_type, args) => negate(numberAt(args, 0))],
    toIntExact: [
      1,
      (_type, args) => {
        const value = toLong(numberAt(args, 0));
        if (BigInt.asIntN(32, value) === value) return Number(value);
        throw new ExpressionError('expression.arithmetic', 'integer overflow');
      },
    ],
    random: [0, (_type, _args, { environment }) => double(environment.random())],
  }),
};
