import { isObject } from '@gennaker/kernel';
import type { ScalarType, Schema } from './schema.js';

export interface DecodingProblems {
  /** Paths of fields that the schema does not know. */
  unknown: string[];
  /** The first value of a wrong type, in the words of Go's decoder. */
  wrongType: string | undefined;
}

const QUANTITY_MAPS = new Set([
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'hard',
  'used',
  'default',
  'defaultRequest',
  'max',
  'min',
  'maxLimitRequestRatio',
  'overhead',
  'allocatedResources',
]);
const QUANTITIES = new Set([
  'averageValue',
  'value',
  'sizeLimit',
  'divisor',
  'capacity',
  'maximumVolumeSize',
]);

/**
 * Checks a decoded object against its schema as the API server's decoder does. Numbers given for quantities become
 * strings, and fields that are null vanish, in the caller's own copy.
 */
export function decodeStrictly(value: unknown, schema: Schema): DecodingProblems {
  const problems: DecodingProblems = { unknown: [], wrongType: undefined };
  walk(value, schema, '', problems);
  return problems;
}

function walk(value: unknown, schema: Schema, path: string, problems: DecodingProblems): void {
  switch (schema.kind) {
    case 'any':
      return;
    case 'scalar':
      return checkScalar(value, schema.scalar, path, problems);
    case 'list':
      if (!Array.isArray(value)) return mismatch(value, path, `[]${goName(schema.item)}`, problems);
      value.forEach((item, index) => walk(item, schema.item, `${path}[${index}]`, problems));
      return;
    case 'map':
      return walkMap(value, schema.value, path, problems);
    case 'struct':
      return walkStruct(value, schema, path, problems);
  }
}

function walkMap(value: unknown, item: Schema, path: string, problems: DecodingProblems): void {
  if (!isObject(value)) return mismatch(value, path, `map[string]${goName(item)}`, problems);
  const isQuantityMap = QUANTITY_MAPS.has(path.slice(path.lastIndexOf('.') + 1));
  for (const [key, entry] of Object.entries(value)) {
    if (entry === null) delete value[key];
    else if (isQuantityMap && typeof entry === 'number') value[key] = String(entry);
    else walk(entry, item, `${path}.${key}`, problems);
  }
}

function walkStruct(
  value: unknown,
  schema: Extract<Schema, { kind: 'struct' }>,
  path: string,
  problems: DecodingProblems,
): void {
  if (!isObject(value)) return mismatch(value, path, `v1.${schema.struct.name}`, problems);
  for (const [name, item] of Object.entries(value)) {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    const field = schema.struct.field(name);
    if (!field) {
      if (!schema.struct.open) problems.unknown.push(fieldPath);
    } else if (item === null) {
      // An empty default, as `creationTimestamp: null` in generated manifests.
      delete value[name];
    } else if (
      QUANTITIES.has(name) &&
      typeof item === 'number' &&
      field.kind === 'scalar' &&
      field.scalar === 'string'
    ) {
      value[name] = String(item);
    } else {
      walk(item, field, fieldPath, problems);
    }
  }
}

function checkScalar(value: unknown, scalar: ScalarType, path: string, problems: DecodingProblems): void {
  const ok: Record<ScalarType, boolean> = {
    string: typeof value === 'string',
    byte: typeof value === 'string',
    'date-time': typeof value === 'string',
    integer: typeof value === 'number' && Number.isInteger(value),
    number: typeof value === 'number',
    boolean: typeof value === 'boolean',
    'int-or-string': typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value)),
  };
  if (scalar === 'byte' && typeof value === 'string' && !isBase64(value)) {
    problems.wrongType ??= 'illegal base64 data at input byte 0';
  }
  if (!ok[scalar]) mismatch(value, path, GO_TYPES[scalar], problems);
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(
    text.replaceAll(/[\r\n]/g, ''),
  );
}

const GO_TYPES: Readonly<Record<ScalarType, string>> = {
  string: 'string',
  byte: '[]uint8',
  'date-time': 'string',
  integer: 'int32',
  number: 'float64',
  boolean: 'bool',
  'int-or-string': 'intstr.IntOrString',
};

function goName(schema: Schema): string {
  if (schema.kind === 'scalar') return GO_TYPES[schema.scalar];
  if (schema.kind === 'struct') return `v1.${schema.struct.name}`;
  return 'interface {}';
}

function mismatch(value: unknown, path: string, wanted: string, problems: DecodingProblems): void {
  if (problems.wrongType !== undefined) return;
  const actual = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  // Go names fields without the indexes of lists.
  const field = path.replaceAll(/\[\d+\]/g, '');
  problems.wrongType = `json: cannot unmarshal ${actual} into Go struct field ${field} of type ${wanted}`;
}
