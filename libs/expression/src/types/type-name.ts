import { numberType } from '../values/number.js';
import { HostValue, type Value } from '../values/value.js';

const NUMBER_NAMES = { int: 'Integer', long: 'Long', float: 'Float', double: 'Double' } as const;

/** The simple name of a value's Java class: `Integer`, `String`, `List`, `Map` …; `null` for null. */
export function typeNameOf(value: Value): string {
  if (value === null) return 'null';
  const number = numberType(value);
  if (number) return NUMBER_NAMES[number];
  if (typeof value === 'string') return 'String';
  if (typeof value === 'boolean') return 'Boolean';
  if (Array.isArray(value)) return 'List';
  return value instanceof HostValue ? value.typeName : 'Map';
}
