import { KUBERNETES_SCHEMA } from './generated/kubernetes-schema.js';
import { ATOMIC_MAPS, ATOMIC_STRUCTS, LIST_RULES, RETAIN_KEYS_STRUCTS } from './merge-rules.js';

export type ScalarType = 'string' | 'integer' | 'number' | 'boolean' | 'date-time' | 'byte' | 'int-or-string';

/** The shape of a value, for built-in kinds and custom resources alike: what validation, patches and apply walk. */
export type Schema =
  | { readonly kind: 'scalar'; readonly scalar: ScalarType }
  | { readonly kind: 'any' }
  | { readonly kind: 'struct'; readonly struct: StructSchema; readonly atomic: boolean }
  | { readonly kind: 'map'; readonly value: Schema; readonly atomic: boolean }
  | ListSchema;

export interface ListSchema {
  readonly kind: 'list';
  readonly item: Schema;
  /** Keys of an associative list (server-side apply). */
  readonly keys?: readonly string[] | undefined;
  /** Key of a strategic merge patch. */
  readonly patchKey?: string | undefined;
  readonly set: boolean;
}

export interface StructSchema {
  readonly name: string;
  readonly required: readonly string[];
  readonly fieldNames: readonly string[];
  /** Unknown fields are kept (`x-kubernetes-preserve-unknown-fields`). */
  readonly open: boolean;
  readonly retainKeys: boolean;
  field(name: string): Schema | undefined;
}

const SCALARS: Readonly<Record<string, ScalarType>> = {
  s: 'string',
  i: 'integer',
  n: 'number',
  b: 'boolean',
  t: 'date-time',
  B: 'byte',
  x: 'int-or-string',
};

const structs = new Map<string, StructSchema | undefined>();

/**
 * The schema of a built-in type, by the name in the generated table (`Deployment`, `PodSpec`,
 * `V2HorizontalPodAutoscaler`). Undefined when there is none.
 */
export function builtinStruct(type: string): StructSchema | undefined {
  if (!structs.has(type)) structs.set(type, parseStruct(type));
  return structs.get(type);
}

/** A field reads `name:code` or `name!:code` when required; a code is a scalar letter, `[item`, `{value` or a type. */
function parseStruct(type: string): StructSchema | undefined {
  const text = KUBERNETES_SCHEMA[type];
  if (text === undefined) return undefined;
  const codes = new Map<string, string>();
  const required: string[] = [];
  for (const entry of text === '' ? [] : text.split(' ')) {
    const colon = entry.lastIndexOf(':');
    const isRequired = entry[colon - 1] === '!';
    const name = entry.slice(0, isRequired ? colon - 1 : colon);
    codes.set(name, entry.slice(colon + 1));
    if (isRequired) required.push(name);
  }
  const fields = new Map<string, Schema>();
  return {
    name: type,
    required,
    fieldNames: [...codes.keys()],
    open: codes.size === 0,
    retainKeys: RETAIN_KEYS_STRUCTS.has(type),
    field(name) {
      const code = codes.get(name);
      if (code === undefined) return undefined;
      const known = fields.get(name);
      if (known) return known;
      const schema = parseCode(code, `${type}.${name}`);
      fields.set(name, schema);
      return schema;
    },
  };
}

function parseCode(code: string, path: string): Schema {
  if (code.startsWith('[')) {
    const rule = LIST_RULES[path];
    return {
      kind: 'list',
      item: parseCode(code.slice(1), ''),
      keys: rule?.keys,
      patchKey: rule?.patchKey,
      set: rule?.set ?? false,
    };
  }
  if (code.startsWith('{')) {
    return { kind: 'map', value: parseCode(code.slice(1), ''), atomic: ATOMIC_MAPS.has(path) };
  }
  const scalar = SCALARS[code];
  if (scalar) return { kind: 'scalar', scalar };
  const struct = builtinStruct(code);
  // JSONSchemaProps refers to itself; its values are merged and checked as free JSON.
  if (!struct || struct.open || code === 'JSONSchemaProps') return { kind: 'any' };
  return { kind: 'struct', struct, atomic: ATOMIC_STRUCTS.has(code) };
}

/** The schema of a whole object of a built-in type. */
export function builtinSchema(type: string): Schema {
  const struct = builtinStruct(type);
  return struct ? { kind: 'struct', struct, atomic: false } : { kind: 'any' };
}
