import type { Runtime } from '../evaluate/runtime.js';
import { ExpressionError } from '../expression-error.js';
import { nearestName, suggestionText } from '../suggestion.js';
import { JavaSet, MapEntry } from '../values/collection.js';
import { ContextSource } from '../values/context-source.js';
import { isMap } from '../values/equality.js';
import { isNumber } from '../values/number.js';
import { HostValue, type Value } from '../values/value.js';
import { visitText } from '../values/work-meter.js';
import { ENTRY_METHODS, LIST_METHODS, MAP_METHODS, SET_METHODS } from './collection-methods.js';
import { DateFormatter } from './date/date-formatter.js';
import { DATE_METHODS, JavaDate, SIMPLE_DATE_FORMAT_METHODS, SimpleDateFormat } from './date/java-date.js';
import { DATE_FORMATTER_METHODS, JODA_METHODS } from './date/joda-methods.js';
import { JodaValue } from './date/joda-value.js';
import { JavaRandom, JavaUuid, RANDOM_METHODS, UUID_METHODS } from './java-objects.js';
import { methodTable, type Method, type MethodTable } from './method.js';
import { BOOLEAN_METHODS, NUMBER_METHODS } from './number-methods.js';
import { TypeValue } from './statics/type-definition.js';
import { findBeanMethod } from './bean-methods.js';
import { STRING_METHODS } from './string-methods.js';
import { isStatus, STATUS_METHODS } from './status-methods.js';
import { typeNameOf } from './type-name.js';

/** The table is chosen by the value's type, so its methods only ever see values of that type. */
type AnyTable = MethodTable<Value>;
type AnyMethod = Method<Value>;

const HOST_TABLES: [abstract new (...args: never[]) => HostValue, AnyTable][] = [
  [JavaSet, SET_METHODS as unknown as AnyTable],
  [MapEntry, ENTRY_METHODS as unknown as AnyTable],
  [JavaDate, DATE_METHODS as unknown as AnyTable],
  [SimpleDateFormat, SIMPLE_DATE_FORMAT_METHODS as unknown as AnyTable],
  [DateFormatter, DATE_FORMATTER_METHODS as unknown as AnyTable],
  [JavaUuid, UUID_METHODS as unknown as AnyTable],
  [JavaRandom, RANDOM_METHODS as unknown as AnyTable],
];

const OTHER_METHODS = methodTable<Value>({
  'toString()': [0, (value) => (value instanceof HostValue ? value.text() : String(value))],
});

function tableFor(value: Value): AnyTable {
  if (typeof value === 'string') return STRING_METHODS as AnyTable;
  if (isNumber(value)) return NUMBER_METHODS;
  if (typeof value === 'boolean') return BOOLEAN_METHODS as AnyTable;
  if (Array.isArray(value)) return LIST_METHODS as AnyTable;
  if (isMap(value)) return MAP_METHODS as AnyTable;
  if (value instanceof JodaValue) return JODA_METHODS[value.typeName] as unknown as AnyTable;
  if (value instanceof TypeValue) return value.definition.statics as unknown as AnyTable;
  return HOST_TABLES.find(([type]) => value instanceof type)?.[1] ?? OTHER_METHODS;
}

function findMethod(value: Value, name: string): AnyMethod | undefined {
  const method = tableFor(value).get(name);
  if (method) return method;
  if (typeof value === 'string' && isStatus(value)) return STATUS_METHODS.get(name) as AnyMethod | undefined;
  return value instanceof ContextSource ? (findBeanMethod(value, name) as AnyMethod | undefined) : undefined;
}

/** Calls `target.name(args)` if the target's Java type has such a method and it is on the list. */
export function callMethod(runtime: Runtime, target: Value, name: string, args: readonly Value[]): Value {
  const method = findMethod(target, name);
  if (!method) throw unknownMethod(target, name);
  if (args.length < method.min || args.length > method.max) {
    throw new ExpressionError(
      'expression.bad_argument',
      `${name} takes ${arity(method)}, found ${args.length}`,
      { found: `${args.length} arguments` },
    );
  }
  if (typeof target === 'string') visitText(target);
  for (const arg of args) if (typeof arg === 'string') visitText(arg);
  return method.call(target, args, runtime);
}

function arity({ min, max }: { min: number; max: number }): string {
  if (min === max) return `${min} argument${min === 1 ? '' : 's'}`;
  return max > 99 ? `at least ${min} arguments` : `${min} to ${max} arguments`;
}

function unknownMethod(target: Value, name: string): ExpressionError {
  const suggestion = nearestName(name, tableFor(target).keys());
  return new ExpressionError(
    'expression.unknown_method',
    `${typeLabel(target)} has no method \`${name}\` that expressions may call${suggestionText(suggestion)}`,
    { found: typeNameOf(target), suggestion },
  );
}

function typeLabel(target: Value): string {
  return target instanceof TypeValue ? target.definition.name : `a ${typeNameOf(target)}`;
}

/** A property of something that is not a map: a constant of a type, or what `getName()` or `isName()` gives. */
export function findGetter(
  target: Value,
  name: string,
): ((runtime: Runtime, target: Value) => Value) | undefined {
  if (target instanceof TypeValue) {
    const { constants } = target.definition;
    const constant = constants && Object.hasOwn(constants, name) ? constants[name] : undefined;
    return constant === undefined ? undefined : () => constant;
  }
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  const getter =
    findMethod(target, `get${capital}`) ??
    findMethod(target, `is${capital}`) ??
    (name === 'length' && Array.isArray(target) ? findMethod(target, 'length') : undefined);
  if (!getter || getter.min > 0) return undefined;
  return (runtime, value) => getter.call(value, [], runtime);
}

/** Names that a property of `target` could have, for suggestions. */
export function propertyNames(target: Value): string[] {
  if (target instanceof TypeValue) return Object.keys(target.definition.constants ?? {});
  if (target instanceof ContextSource) return [...target.keys()];
  return Array.from(tableFor(target).keys(), (name) => {
    const [, rest] = /^(?:get|is)([A-Z]\w*)$/.exec(name) ?? [];
    return rest ? rest.charAt(0).toLowerCase() + rest.slice(1) : name;
  });
}
