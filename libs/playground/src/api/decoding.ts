import { isObject, type JsonObject } from '@gennaker/kernel';
import type { KubeObject } from '../model/objects.js';
import { pruneUnknown } from '../schema/custom-schema.js';
import type { Schema } from '../schema/schema.js';
import { decodeStrictly } from '../schema/strict-decoding.js';
import { apiVersionOf, type ResourceInfo } from './resource-catalog.js';
import type { CustomResource } from './resource-registry.js';
import { badRequest } from './status-error.js';

export interface DecodingContext {
  schema: Schema;
  custom: CustomResource | undefined;
  options: { fieldValidation?: 'Ignore' | 'Warn' | 'Strict'; warnings?: string[] };
}

/**
 * Checks that a body is an object of the wanted kind and version, and applies the client's choice for unknown fields:
 * refuse, warn, or drop silently. The body becomes the result.
 */
export function decodeBody(info: ResourceInfo, body: JsonObject, context: DecodingContext): KubeObject {
  const apiVersion = apiVersionOf(info);
  body['apiVersion'] ??= apiVersion;
  body['kind'] ??= info.kind;
  if (body['apiVersion'] !== apiVersion) {
    throw badRequest(
      `the API version in the data (${String(body['apiVersion'])}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (body['kind'] !== info.kind) {
    const group = info.group === '' ? '' : `.${info.group}`;
    throw badRequest(
      `${String(body['kind'])} in version "${info.version}" cannot be handled as a ${info.kind}${group}`,
    );
  }
  if (body['metadata'] === undefined || body['metadata'] === null) body['metadata'] = {};
  if (!isObject(body['metadata'])) {
    throw badRequest(
      `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: metadata must be an object`,
    );
  }
  checkFields(info, body, context);
  return body as KubeObject;
}

function checkFields(info: ResourceInfo, body: JsonObject, context: DecodingContext): void {
  const { custom, schema, options } = context;
  const problems = custom ? decodeCustomMetadata(body, schema) : decodeStrictly(body, schema);
  if (problems.wrongType !== undefined) {
    throw badRequest(
      `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${problems.wrongType}`,
    );
  }
  if (custom?.jsonSchema) problems.unknown.push(...pruneUnknown(body, custom.jsonSchema));
  const texts = [...new Set(problems.unknown)].map((field) => `unknown field "${field}"`);
  if (!custom) for (const field of problems.unknown) dropField(body, field);
  if (texts.length === 0) return;
  if (options.fieldValidation === 'Strict') {
    const prefix = custom
      ? ''
      : `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: `;
    throw badRequest(`${prefix}strict decoding error: ${texts.join(', ')}`);
  }
  if (options.fieldValidation === 'Warn') options.warnings?.push(...texts);
}

/** Of a custom resource only the metadata is decoded into a type; the rest is checked against the CRD. */
function decodeCustomMetadata(body: JsonObject, schema: Schema): ReturnType<typeof decodeStrictly> {
  const metadata = schema.kind === 'struct' ? schema.struct.field('metadata') : undefined;
  if (!metadata) return { unknown: [], wrongType: undefined };
  const problems = decodeStrictly(body['metadata'], metadata);
  return { ...problems, unknown: problems.unknown.map((field) => `metadata.${field}`) };
}

function dropField(body: JsonObject, path: string): void {
  const parts = path.split(/\.|\[(\d+)\]\.?/).filter((part) => part !== undefined && part !== '');
  let value: unknown = body;
  for (const part of parts.slice(0, -1)) {
    if (Array.isArray(value)) value = (value as unknown[])[Number(part)];
    else if (isObject(value)) value = value[part];
  }
  if (isObject(value)) delete value[parts.at(-1) ?? ''];
}
