import type { Runtime } from '../evaluate/runtime.js';
import { checkSize } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { nearestName, suggestionText } from '../suggestion.js';
import { double, float, longValue, type Value } from '../values/value.js';
import { intAt } from './arguments.js';
import { MATH } from './statics/math.js';
import { BOOLEAN, BYTE, DOUBLE, FLOAT, INTEGER, LONG } from './statics/numbers.js';
import { DATE, RANDOM, SIMPLE_DATE_FORMAT, STRING, URL_ENCODER, UUID } from './statics/objects.js';
import { TIME_TYPES } from './statics/times.js';
import { TypeValue, type TypeDefinition } from './statics/type-definition.js';
import { isNumber } from '../values/number.js';
import { isMap } from '../values/equality.js';
import { JavaSet } from '../values/collection.js';

const none = new Map<string, never>();

/** Only for `instanceof`: these have neither static methods nor constructors here. */
const INTERFACES: TypeDefinition[] = [
  { name: 'java.lang.Object', isInstance: (value) => value !== null, statics: none },
  { name: 'java.lang.Number', isInstance: isNumber, statics: none },
  { name: 'java.util.List', isInstance: (value) => Array.isArray(value), statics: none },
  { name: 'java.util.Set', isInstance: (value) => value instanceof JavaSet, statics: none },
  {
    name: 'java.util.Collection',
    isInstance: (value) => Array.isArray(value) || value instanceof JavaSet,
    statics: none,
  },
  { name: 'java.util.Map', isInstance: isMap, statics: none },
];

const DEFINITIONS: TypeDefinition[] = [
  STRING,
  INTEGER,
  LONG,
  DOUBLE,
  FLOAT,
  BYTE,
  BOOLEAN,
  MATH,
  DATE,
  SIMPLE_DATE_FORMAT,
  UUID,
  RANDOM,
  URL_ENCODER,
  ...TIME_TYPES,
];

const BY_NAME = new Map<string, TypeDefinition>();
for (const definition of [...DEFINITIONS, ...INTERFACES]) {
  BY_NAME.set(definition.name, definition);
  const [, inLang] = /^java\.lang\.(\w+)$/.exec(definition.name) ?? [];
  if (inLang) BY_NAME.set(inLang, definition);
}
/** `T(int)` and its like are the classes of the primitives, which here are those of their objects. */
const PRIMITIVES: Record<string, TypeDefinition> = {
  int: INTEGER,
  short: INTEGER,
  long: LONG,
  double: DOUBLE,
  float: FLOAT,
  byte: BYTE,
  boolean: BOOLEAN,
  char: STRING,
};

export function findType(name: string): TypeDefinition | undefined {
  return BY_NAME.get(name) ?? (Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined);
}

/** The names that `T(…)` and `new` take, with their packages. */
export function typeNames(): string[] {
  return DEFINITIONS.map((definition) => definition.name);
}

/** Why a type cannot be had, with the full name when only the package is missing. */
export function unknownType(name: string): ExpressionError {
  const simple = name.slice(name.lastIndexOf('.') + 1);
  const qualified = typeNames().find((known) => known.endsWith(`.${simple}`));
  const suggestion = qualified ?? nearestName(name, BY_NAME.keys());
  return new ExpressionError(
    'expression.unknown_type',
    `the type ${name} is not available in expressions${suggestionText(suggestion === name ? undefined : suggestion)}`,
    { found: name, suggestion },
  );
}

/** `T(name)`. Looked up once, when the expression is compiled. */
export function typeReference(name: string, dimensions: number): () => Value {
  const definition = findType(name);
  const value = definition ? new TypeValue(definition, dimensions) : undefined;
  return () => {
    if (value) return value;
    throw unknownType(name);
  };
}

/** `new name(args)`. */
export function construct(name: string, args: readonly Value[], runtime: Runtime): Value {
  const definition = findType(name);
  if (!definition) throw unknownType(name);
  const { create } = definition;
  if (!create)
    throw new ExpressionError('expression.not_allowed', `${name} has no constructor; use its static methods`);
  if (args.length < create.min || args.length > create.max) {
    throw new ExpressionError(
      'expression.bad_argument',
      `new ${name} does not take ${args.length} arguments`,
    );
  }
  return create.call(runtime, args, runtime);
}

/** `new int[3]`, `new String[] {'a', 'b'}`: arrays are lists here. */
export function makeArray(
  name: string,
  sizes: readonly (Value | undefined)[],
  items: Value | undefined,
  runtime: Runtime,
): Value {
  if (!findType(name)) throw unknownType(name);
  if (items !== undefined) {
    if (Array.isArray(items)) return items;
    throw new ExpressionError('expression.wrong_type', `new ${name}[] needs a list such as {1, 2}`);
  }
  const lengths = sizes.map((size) => arrayLength(size ?? null));
  checkSize(
    runtime,
    lengths.reduce((product, length) => product * length, 1),
  );
  return filled(lengths, emptyValue(name));
}

function arrayLength(size: Value): number {
  if (size === null)
    throw new ExpressionError('expression.bad_argument', 'the array needs a size or its elements');
  const length = intAt([size], 0);
  if (length < 0)
    throw new ExpressionError('expression.bad_argument', `the size of the array is negative: ${length}`);
  return length;
}

function filled(lengths: readonly number[], value: Value): Value {
  const [length, ...rest] = lengths;
  if (length === undefined) return value;
  return Array.from({ length }, () => filled(rest, value));
}

function emptyValue(name: string): Value {
  switch (name) {
    case 'int':
    case 'short':
    case 'byte':
      return 0;
    case 'long':
      return longValue(0n);
    case 'double':
      return double(0);
    case 'float':
      return float(0);
    case 'boolean':
      return false;
    case 'char':
      return '\0';
    default:
      return null;
  }
}
