import { isObject, type JsonObject } from '@gennaker/kernel';
import { ANNOTATIONS } from './annotations.js';
import { isKind } from './kind.js';

/** Gives what is to stand in the place of a secret value. `encoded`: the place is one for base64 text. */
export type ChangeSecretValue = (value: unknown, encoded: boolean) => unknown;

/**
 * A copy of any JSON value in which every value that a Secret holds is changed: in manifests at any depth, lists of them
 * included, in the note of the last apply, and in patches of a Secret (`patchBody` beside the `kind` or `manifestName`).
 * What holds no Secret comes back as it is, not as a copy.
 */
export function mapSecretValues<T>(value: T, change: ChangeSecretValue): T {
  return walk(value, change) as T;
}

function walk(value: unknown, change: ChangeSecretValue): unknown {
  if (Array.isArray(value)) return mapItems(value, (item) => walk(item, change));
  if (!isObject(value)) return value;
  const secret = isSecret(value);
  const patched = secret || namesSecret(value['manifestName']);
  return mapFields(value, (key, inner) => {
    if (secret && key === 'metadata') return withNote(inner, change);
    if (secret && isValuesKey(key)) return mapValues(inner, key, change);
    if (patched && key === 'patchBody') return mapPatch(inner, change);
    return walk(inner, change);
  });
}

/** Every object of every event is asked, so the cheap question comes first. */
function isSecret(value: JsonObject): boolean {
  const { kind } = value;
  return typeof kind === 'string' && kind.toLowerCase() === 'secret' && isKind(value, 'secret');
}

function namesSecret(manifestName: unknown): boolean {
  return typeof manifestName === 'string' && /^secret(\.\S*)? /i.test(manifestName.trimStart());
}

function isValuesKey(key: string): boolean {
  return key === 'data' || key === 'stringData';
}

function mapValues(values: unknown, key: string, change: ChangeSecretValue): unknown {
  const encoded = key === 'data';
  if (!isObject(values)) return values === null || values === undefined ? values : change(values, encoded);
  return mapFields(values, (_name, value) => change(value, encoded));
}

function withNote(metadata: unknown, change: ChangeSecretValue): unknown {
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return metadata;
  const annotations = mapFields(metadata['annotations'], (key, value) =>
    key === ANNOTATIONS.lastApplied ? change(value, false) : value,
  );
  return annotations === metadata['annotations'] ? metadata : { ...metadata, annotations };
}

/** The body of a merge is a piece of the manifest; a list is one of JSON patch operations, or of such pieces. */
function mapPatch(body: unknown, change: ChangeSecretValue): unknown {
  if (Array.isArray(body)) return mapItems(body, (item) => mapPatch(item, change));
  if (!isObject(body)) return body;
  if (typeof body['op'] === 'string' && typeof body['path'] === 'string') return mapOperation(body, change);
  return mapFields(body, (key, inner) => (isValuesKey(key) ? mapValues(inner, key, change) : inner));
}

function mapOperation(operation: JsonObject, change: ChangeSecretValue): JsonObject {
  const [, field = '', key] = String(operation['path']).split('/');
  if (operation['value'] === undefined) return operation;
  const one = isValuesKey(field) && key !== undefined;
  const value = one
    ? change(operation['value'], field === 'data')
    : field === ''
      ? mapPatch(operation['value'], change)
      : isValuesKey(field)
        ? mapValues(operation['value'], field, change)
        : operation['value'];
  return value === operation['value'] ? operation : { ...operation, value };
}

function mapItems(list: readonly unknown[], map: (item: unknown) => unknown): unknown {
  let changed = false;
  const mapped = list.map((item) => {
    const after = map(item);
    changed ||= after !== item;
    return after;
  });
  return changed ? mapped : list;
}

function mapFields(object: JsonObject, map: (key: string, value: unknown) => unknown): JsonObject {
  let copy: JsonObject | undefined;
  for (const key of Object.keys(object)) {
    const value = object[key];
    const after = map(key, value);
    if (after === value) continue;
    copy ??= { ...object };
    copy[key] = after;
  }
  return copy ?? object;
}
