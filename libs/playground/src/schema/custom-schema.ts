import { isObject, type JsonObject } from '@gennaker/kernel';
import { builtinStruct, type Schema, type StructSchema } from './schema.js';

/** The part of a CRD's `openAPIV3Schema` that is acted upon. */
export interface JsonSchema {
  type?: string;
  format?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  nullable?: boolean;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  allOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  not?: JsonSchema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
}

/** The schema of a whole custom resource; `undefined` gives a free-form one, as for a CRD without a schema. */
export function customSchema(schema: JsonSchema | undefined): Schema {
  const root = toStruct(schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, '');
  const objectMeta = builtinStruct('ObjectMeta');
  const struct: StructSchema = {
    ...root,
    fieldNames: [...new Set(['apiVersion', 'kind', 'metadata', ...root.fieldNames])],
    field(name) {
      if (name === 'apiVersion' || name === 'kind') return { kind: 'scalar', scalar: 'string' };
      if (name === 'metadata' && objectMeta) return { kind: 'struct', struct: objectMeta, atomic: false };
      return root.field(name);
    },
  };
  return { kind: 'struct', struct, atomic: false };
}

function toStruct(schema: JsonSchema, name: string): StructSchema {
  const properties = schema.properties ?? {};
  const fields = new Map<string, Schema>();
  return {
    name,
    required: schema.required ?? [],
    fieldNames: Object.keys(properties),
    open: schema['x-kubernetes-preserve-unknown-fields'] === true,
    retainKeys: false,
    field(field) {
      const property = Object.hasOwn(properties, field) ? properties[field] : undefined;
      if (!property) return undefined;
      const known = fields.get(field);
      if (known) return known;
      const converted = toSchema(property, field);
      fields.set(field, converted);
      return converted;
    },
  };
}

function toSchema(schema: JsonSchema, name: string): Schema {
  if (schema['x-kubernetes-int-or-string']) return { kind: 'scalar', scalar: 'int-or-string' };
  switch (schema.type) {
    case 'object':
      return toObject(schema, name);
    case 'array':
      return {
        kind: 'list',
        item: schema.items ? toSchema(schema.items, name) : { kind: 'any' },
        keys: schema['x-kubernetes-list-type'] === 'map' ? schema['x-kubernetes-list-map-keys'] : undefined,
        set: schema['x-kubernetes-list-type'] === 'set',
      };
    case 'string':
      return { kind: 'scalar', scalar: 'string' };
    case 'integer':
      return { kind: 'scalar', scalar: 'integer' };
    case 'number':
      return { kind: 'scalar', scalar: 'number' };
    case 'boolean':
      return { kind: 'scalar', scalar: 'boolean' };
    default:
      return { kind: 'any' };
  }
}

function toObject(schema: JsonSchema, name: string): Schema {
  const atomic = schema['x-kubernetes-map-type'] === 'atomic';
  if (schema.properties) return { kind: 'struct', struct: toStruct(schema, name), atomic };
  if (isObject(schema.additionalProperties)) {
    return { kind: 'map', value: toSchema(schema.additionalProperties, name), atomic };
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] || schema.additionalProperties === true) {
    return { kind: 'map', value: { kind: 'any' }, atomic };
  }
  return { kind: 'struct', struct: toStruct(schema, name), atomic };
}

/** Fills in `default`s of a structural schema. Works on the given value, which must be the caller's own copy. */
export function applySchemaDefaults(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applySchemaDefaults(item, schema.items);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (value[name] === undefined && property.default !== undefined) {
      value[name] = structuredClone(property.default);
    }
    if (value[name] !== undefined) applySchemaDefaults(value[name], property);
  }
  if (isObject(schema.additionalProperties)) {
    for (const item of Object.values(value)) applySchemaDefaults(item, schema.additionalProperties);
  }
}

/** Drops fields that the schema does not name, and returns their paths. Works on the caller's own copy. */
export function pruneUnknown(value: unknown, schema: JsonSchema, path = ''): string[] {
  if (schema['x-kubernetes-preserve-unknown-fields'] && !schema.properties) return [];
  if (Array.isArray(value)) {
    const items = schema.items;
    return items ? value.flatMap((item, index) => pruneUnknown(item, items, `${path}[${index}]`)) : [];
  }
  if (!isObject(value) || schema['x-kubernetes-int-or-string']) return [];
  return Object.keys(value).flatMap((name) => pruneField(value, name, schema, path));
}

const OBJECT_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

function pruneField(value: JsonObject, name: string, schema: JsonSchema, path: string): string[] {
  const fieldPath = path === '' ? name : `${path}.${name}`;
  const isRoot = path === '' || schema['x-kubernetes-embedded-resource'] === true;
  if (isRoot && OBJECT_FIELDS.has(name)) return [];
  const property = schema.properties?.[name];
  if (property) return pruneUnknown(value[name], property, fieldPath);
  if (isObject(schema.additionalProperties)) {
    return pruneUnknown(value[name], schema.additionalProperties, fieldPath);
  }
  if (schema.additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields']) return [];
  delete value[name];
  return [fieldPath];
}
