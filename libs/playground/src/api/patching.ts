import { isObject, type JsonObject } from '@gennaker/kernel';
import { ApplyConflictError, serverSideApply } from '../apply/server-side-apply.js';
import { fieldsOf } from '../apply/field-set.js';
import { comparable, withEntry } from '../apply/managed-fields.js';
import type { KubeObject } from '../model/objects.js';
import { applyJsonPatch } from '../patch/json-patch.js';
import { applyMergePatch } from '../patch/merge-patch.js';
import { applyStrategicMergePatch } from '../patch/strategic-merge-patch.js';
import { validateUpdate } from '../validation/validation.js';
import { convertToStorage } from './conversion.js';
import { decodeBody } from './decoding.js';
import { checkObject } from './object-checks.js';
import { parseJson, parseYamlText, type Exchange } from './request.js';
import type { ResourceApi, WriteOptions } from './resource-api.js';
import type { ResourceInfo } from './resource-catalog.js';
import {
  badRequest,
  conflict,
  invalid,
  notFound,
  StatusError,
  unsupportedMediaType,
} from './status-error.js';
import { isTrue } from './watch.js';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

interface Target {
  namespace: string | undefined;
  name: string;
}

/** Serves PATCH in its four kinds. */
export async function patchObject(
  exchange: Exchange,
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
  options: WriteOptions,
): Promise<{ object: KubeObject; created: boolean }> {
  const type = exchange.contentType;
  const text = await exchange.text();
  if (type === APPLY_PATCH) {
    if (!exchange.query.get('fieldManager')) {
      throw invalid({ group: 'meta.k8s.io', plural: '', kind: 'PatchOptions' }, '', [
        {
          reason: 'FieldValueRequired',
          message: 'Required value: is required for apply patch',
          field: 'fieldManager',
        },
      ]);
    }
    const body = parseYamlText(text);
    if (!isObject(body)) throw badRequest('error decoding YAML: the patch must be an object');
    return applyObject(api, info, target, body, { ...options, force: isTrue(exchange.query.get('force')) });
  }
  const change = patchFunction(api, info, type, text);
  const object = api.change(
    info,
    target,
    (live) => {
      const patched = change(live);
      if (!isObject(patched)) throw badRequest('the patched object is not an object');
      const decoded = decodeBody(info, structuredClone(patched), api.decodingContext(info, options));
      if (decoded.metadata.name !== target.name) {
        throw invalid(info, target.name, [
          {
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(decoded.metadata.name)}: field is immutable`,
            field: 'metadata.name',
          },
        ]);
      }
      return decoded;
    },
    options,
  );
  return { object, created: false };
}

function patchFunction(
  api: ResourceApi,
  info: ResourceInfo,
  type: string,
  text: string,
): (live: KubeObject) => unknown {
  const isCustom = info.schemaType === undefined;
  const supported = [JSON_PATCH, MERGE_PATCH, ...(isCustom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH];
  if (!supported.includes(type)) throw unsupportedMediaType(supported);
  const patch = parseJson(text);
  if (type === JSON_PATCH) return (live) => applyJsonPatch(live, patch);
  if (!isObject(patch)) throw badRequest('error decoding patch: the patch must be a JSON object');
  if (type === MERGE_PATCH) return (live) => applyMergePatch(live, patch);
  return (live) => applyStrategicMergePatch(live, patch, api.registry.schemaOf(info));
}

/** Server-side apply: creates the object when it is absent. */
function applyObject(
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
  body: JsonObject,
  options: WriteOptions & { force: boolean },
): { object: KubeObject; created: boolean } {
  const applied = checkApplied(api, info, target, body, options);
  const live = api.store.get(info.storage, info.namespaced ? target.namespace : undefined, target.name);
  if (!live) {
    if (options.subresource !== undefined || applied.metadata.uid) throw notFound(info, target.name);
    return { object: createApplied(api, info, target, applied, options), created: true };
  }
  const { subresource } = options;
  const scoped = subresource === 'status' ? onlyStatus(applied) : withoutStatus(info, applied);
  const writer = api.writer(info, options);
  const schema = api.storageSchema(info);
  try {
    const config = convertToStorage(info, structuredClone(scoped));
    const result = serverSideApply(live, config, schema, { writer, force: options.force });
    const merged = structuredClone(result.object);
    const next =
      subresource === 'status' ? { ...live, status: merged['status'] } : api.withSpec(info, live, merged);
    if (subresource === undefined) {
      checkObject(info, next, api.registry.customOf(info));
      const causes = validateUpdate(info.storage, next, live);
      if (causes.length > 0) throw invalid(info, target.name, causes);
    }
    next.metadata = { ...next.metadata, managedFields: result.managedFields };
    return { object: api.commit(info, live, next, options), created: false };
  } catch (error) {
    if (!(error instanceof ApplyConflictError)) throw error;
    throw new StatusError(409, 'Conflict', error.message, { causes: error.causes });
  }
}

function checkApplied(
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
  body: JsonObject,
  options: WriteOptions,
): KubeObject {
  for (const field of ['apiVersion', 'kind']) {
    if (typeof body[field] !== 'string')
      throw badRequest(`invalid object type: ${field} must be set in an applied configuration`);
  }
  const applied = decodeBody(info, body, api.decodingContext(info, options));
  const { metadata } = applied;
  if (metadata.name !== undefined && metadata.name !== target.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${target.name})`,
    );
  }
  if ((metadata.managedFields ?? []).length > 0) throw badRequest('metadata.managedFields must be nil');
  metadata.name = target.name;
  if (info.namespaced && target.namespace !== undefined) {
    if (metadata.namespace !== undefined && metadata.namespace !== target.namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    metadata.namespace = target.namespace;
  }
  const live = api.store.get(info.storage, info.namespaced ? target.namespace : undefined, target.name);
  if (live && metadata.resourceVersion && metadata.resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(
      info,
      target.name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  return applied;
}

function createApplied(
  api: ResourceApi,
  info: ResourceInfo,
  target: Target,
  applied: KubeObject,
  options: WriteOptions,
): KubeObject {
  const config = convertToStorage(info, structuredClone(withoutStatus(info, applied)));
  const created = api.create(info, target.namespace, structuredClone(applied), {
    ...options,
    dryRun: true,
  });
  const set = fieldsOf(comparable(config), api.storageSchema(info));
  created.metadata = {
    ...created.metadata,
    managedFields: withEntry([], 'Apply', api.writer(info, options), set),
  };
  if (options.dryRun) return created;
  return api.store.put(info.storage, convertToStorage(info, created));
}

function withoutStatus(info: ResourceInfo, applied: KubeObject): KubeObject {
  if (!info.subresources.includes('status')) return applied;
  const { status: _status, ...rest } = applied;
  return rest;
}

function onlyStatus(applied: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, status } = applied;
  return { apiVersion, kind, metadata: { name: metadata.name } as KubeObject['metadata'], status };
}
