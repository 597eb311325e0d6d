import type { JsonObject } from '@gennaker/kernel';
import { builtinStruct, type Schema } from '../schema/schema.js';
import { GIT_VERSION } from './discovery.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import type { ResourceRegistry } from './resource-registry.js';
import { pathNotFound } from './status-error.js';

const GROUP_PACKAGES: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
};
const TYPE_PREFIX = 'io.gennaker.playground.types';

/** The name of a kind's schema, as Kubernetes gives it: `io.k8s.api.apps.v1.Deployment`. */
function definitionName(info: ResourceInfo): string {
  if (info.schemaType === undefined) {
    return [...info.group.split('.').reverse(), info.version, info.kind].join('.');
  }
  const name = GROUP_PACKAGES[info.group] ?? `io.k8s.api.${info.group.split('.')[0]}`;
  return `${name}.${info.version}.${info.kind}`;
}
const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

/** OpenAPI v3 documents per group and version: enough for kubectl's apply, explain and server-side validation. */
export class OpenApi {
  constructor(private readonly registry: ResourceRegistry) {}

  index(): JsonObject {
    const paths: JsonObject = {};
    for (const info of this.registry.all()) {
      const path = pathOf(info);
      paths[path.slice(1)] = { serverRelativeURL: `/openapi/v3${path}?hash=${GIT_VERSION}` };
    }
    return { paths };
  }

  document(group: string, version: string): JsonObject {
    const infos = this.registry.all().filter((info) => info.group === group && info.version === version);
    if (infos.length === 0) throw pathNotFound();
    const schemas: JsonObject = {};
    const paths: JsonObject = {};
    for (const info of infos) {
      const gvk = { group: info.group, version: info.version, kind: info.kind };
      schemas[definitionName(info)] = this.kindSchema(info, gvk, '#/components/schemas/', schemas);
      const scope = info.namespaced ? '/namespaces/{namespace}' : '';
      paths[`${pathOf(info)}${scope}/${info.plural}/{name}`] = {
        patch: operation('patch', gvk),
        put: operation('put', gvk),
      };
      paths[`${pathOf(info)}${scope}/${info.plural}`] = { post: operation('post', gvk) };
    }
    return {
      openapi: '3.0.0',
      info: { title: 'Gennaker playground (a simulation of Kubernetes)', version: GIT_VERSION },
      paths,
      components: { schemas },
    };
  }

  /** The older document, with the schemas of all kinds and no paths. */
  version2(): JsonObject {
    const definitions: JsonObject = {};
    for (const info of this.registry.all()) {
      const gvk = { group: info.group, version: info.version, kind: info.kind };
      definitions[definitionName(info)] = this.kindSchema(info, gvk, '#/definitions/', definitions);
    }
    return {
      swagger: '2.0',
      info: { title: 'Gennaker playground (a simulation of Kubernetes)', version: GIT_VERSION },
      paths: {},
      definitions,
    };
  }

  private kindSchema(info: ResourceInfo, gvk: JsonObject, base: string, schemas: JsonObject): JsonObject {
    const custom = this.registry.customOf(info)?.jsonSchema as JsonObject | undefined;
    const body = custom ?? toJsonSchema(this.registry.schemaOf(info), base, schemas);
    return { ...body, 'x-kubernetes-group-version-kind': [gvk] };
  }
}

function operation(action: string, gvk: JsonObject): JsonObject {
  return {
    parameters: WRITE_PARAMETERS,
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  };
}

function pathOf(info: ResourceInfo): string {
  return info.group === '' ? `/api/${info.version}` : `/apis/${apiVersionOf(info)}`;
}

const SCALAR_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  integer: { type: 'integer', format: 'int64' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  'date-time': { type: 'string', format: 'date-time' },
  byte: { type: 'string', format: 'byte' },
  'int-or-string': { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
};

function toJsonSchema(schema: Schema, base: string, schemas: JsonObject): JsonObject {
  switch (schema.kind) {
    case 'scalar':
      return SCALAR_SCHEMAS[schema.scalar] ?? {};
    case 'any':
      return { type: 'object' };
    case 'map':
      return { type: 'object', additionalProperties: reference(schema.value, base, schemas) };
    case 'list':
      return {
        type: 'array',
        items: reference(schema.item, base, schemas),
        ...(schema.keys
          ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': schema.keys }
          : {}),
        ...(schema.patchKey === undefined
          ? {}
          : { 'x-kubernetes-patch-merge-key': schema.patchKey, 'x-kubernetes-patch-strategy': 'merge' }),
      };
    case 'struct': {
      const properties: JsonObject = {};
      for (const name of schema.struct.fieldNames) {
        const field = schema.struct.field(name);
        if (field) properties[name] = reference(field, base, schemas);
      }
      const { required } = schema.struct;
      return { type: 'object', properties, ...(required.length > 0 ? { required: [...required] } : {}) };
    }
  }
}

/** Structs become components of their own, so that types may refer to each other. */
function reference(schema: Schema, base: string, schemas: JsonObject): JsonObject {
  if (schema.kind !== 'struct') return toJsonSchema(schema, base, schemas);
  const isBuiltin = builtinStruct(schema.struct.name) === schema.struct;
  if (!isBuiltin) return toJsonSchema(schema, base, schemas);
  const name = `${TYPE_PREFIX}.${schema.struct.name}`;
  if (schemas[name] === undefined) {
    schemas[name] = {};
    schemas[name] = toJsonSchema(schema, base, schemas);
  }
  return { allOf: [{ $ref: `${base}${name}` }], default: {} };
}

/** The smallest OpenAPI v2 document in the protobuf encoding that older clients insist on: version and title. */
export function openApiV2Protobuf(): Buffer {
  const field = (tag: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([(tag << 3) | 2, content.length]), content]);
  const info = Buffer.concat([
    field(1, Buffer.from('Gennaker playground')),
    field(2, Buffer.from(GIT_VERSION)),
  ]);
  return Buffer.concat([field(1, Buffer.from('2.0')), field(2, info)]);
}
