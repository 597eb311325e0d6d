import { isObject, jsonEquals } from '@gennaker/kernel';
import { RE2JS } from 're2js';
import { invalidValue, required, unsupportedValue, wrongType } from '../api/field-errors.js';
import type { StatusCause } from '../api/status-error.js';
import type { JsonSchema } from './custom-schema.js';

/** Checks a custom resource against its CRD's schema, with the messages of the API server. */
export function validateCustom(value: unknown, schema: JsonSchema, path: string): StatusCause[] {
  if (value === null && schema.nullable) return [];
  const typeProblem = checkType(value, schema, path);
  if (typeProblem) return [typeProblem];
  return [
    ...checkEnum(value, schema, path),
    ...(typeof value === 'string' ? checkString(value, schema, path) : []),
    ...(typeof value === 'number' ? checkNumber(value, schema, path) : []),
    ...(Array.isArray(value) ? checkArray(value, schema, path) : []),
    ...(isObject(value) ? checkObject(value, schema, path) : []),
    ...checkCombinations(value, schema, path),
  ];
}

const named = (path: string): string => (path === '' ? '<nil>' : path);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function checkType(value: unknown, schema: JsonSchema, path: string): StatusCause | undefined {
  const actual = typeOf(value);
  if (schema['x-kubernetes-int-or-string']) {
    if (actual === 'integer' || actual === 'string') return undefined;
    return wrongType(path, actual, `${named(path)} in body must be of type integer,string: "${actual}"`);
  }
  const wanted = schema.type;
  if (wanted === undefined || wanted === actual || (wanted === 'number' && actual === 'integer'))
    return undefined;
  return wrongType(path, actual, `${named(path)} in body must be of type ${wanted}: "${actual}"`);
}

function checkEnum(value: unknown, schema: JsonSchema, path: string): StatusCause[] {
  if (!schema.enum || schema.enum.some((allowed) => jsonEquals(allowed, value))) return [];
  return [
    unsupportedValue(
      path,
      value,
      schema.enum.map((allowed) => String(allowed)),
    ),
  ];
}

function checkString(value: string, schema: JsonSchema, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const length = Array.from(value).length;
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(
      invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`),
    );
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${schema.maxLength} bytes`,
      field: path,
    });
  }
  if (schema.pattern !== undefined && !matches(schema.pattern, value)) {
    causes.push(invalidValue(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  return causes;
}

function matches(pattern: string, value: string): boolean {
  try {
    return RE2JS.compile(pattern).matcher(value).find();
  } catch {
    return true;
  }
}

function checkNumber(value: number, schema: JsonSchema, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const { minimum, maximum } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    const words = schema.exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    causes.push(invalidValue(path, value, `${path} in body should be ${words} ${minimum}`));
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    const words = schema.exclusiveMaximum ? 'less than' : 'less than or equal to';
    causes.push(invalidValue(path, value, `${path} in body should be ${words} ${maximum}`));
  }
  if (schema.multipleOf !== undefined && value % schema.multipleOf !== 0) {
    causes.push(invalidValue(path, value, `${path} in body should be a multiple of ${schema.multipleOf}`));
  }
  return causes;
}

function checkArray(value: unknown[], schema: JsonSchema, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    causes.push(
      invalidValue(path, value.length, `${path} in body should have at least ${schema.minItems} items`),
    );
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    causes.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${value.length}: must have at most ${schema.maxItems} items`,
      field: path,
    });
  }
  const items = schema.items;
  if (items) {
    causes.push(...value.flatMap((item, index) => validateCustom(item, items, `${path}[${index}]`)));
  }
  return causes;
}

const WITHOUT_SCHEMA = new Set(['apiVersion', 'kind', 'metadata']);

function checkObject(value: Record<string, unknown>, schema: JsonSchema, path: string): StatusCause[] {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const causes = (schema.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => required(at(name)));
  const size = Object.keys(value).length;
  if (schema.minProperties !== undefined && size < schema.minProperties) {
    causes.push(
      invalidValue(path, size, `${path} in body should have at least ${schema.minProperties} properties`),
    );
  }
  for (const [name, item] of Object.entries(value)) {
    if (path === '' && WITHOUT_SCHEMA.has(name)) continue;
    const property =
      schema.properties?.[name] ??
      (isObject(schema.additionalProperties) ? schema.additionalProperties : undefined);
    if (property && item !== undefined) causes.push(...validateCustom(item, property, at(name)));
  }
  return causes;
}

function checkCombinations(value: unknown, schema: JsonSchema, path: string): StatusCause[] {
  const passes = (alternative: JsonSchema): boolean => validateCustom(value, alternative, path).length === 0;
  const causes = (schema.allOf ?? []).flatMap((part) => validateCustom(value, part, path));
  if (schema.anyOf && !schema.anyOf.some(passes)) {
    causes.push(invalidValue(path, '', `${named(path)} in body must validate at least one schema (anyOf)`));
  }
  if (schema.oneOf && schema.oneOf.filter(passes).length !== 1) {
    causes.push(
      invalidValue(path, '', `${named(path)} in body must validate one and only one schema (oneOf)`),
    );
  }
  if (schema.not && passes(schema.not)) {
    causes.push(invalidValue(path, '', `${named(path)} in body must not validate the schema (not)`));
  }
  return causes;
}
