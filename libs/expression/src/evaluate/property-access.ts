import { ExpressionError } from '../expression-error.js';
import { nearestName, suggestionText } from '../suggestion.js';
import { readStoredArtifact } from '../functions/artifact-store.js';
import { findGetter, propertyNames } from '../types/methods.js';
import { typeNameOf } from '../types/type-name.js';
import { ContextSource } from '../values/context-source.js';
import { JavaMap } from '../values/collection.js';
import { isPlainObject, type Value } from '../values/value.js';
import type { MissingRead, Runtime } from './runtime.js';

export interface PropertyRead {
  node: { name: string; nullSafe: boolean; start: number; end: number };
  /** The source of what stands before the dot, for messages. */
  owner: string;
}

/** `target.name`: a key of a map, or what a getter of another value gives. */
export function readProperty(runtime: Runtime, target: Value, read: PropertyRead): Value {
  const { name } = read.node;
  if (isPlainObject(target)) {
    if (Object.hasOwn(target, name)) return target[name] ?? null;
    const stored = readStoredArtifact(runtime, target, name);
    return stored === undefined ? missingKey(runtime, target, read) : stored;
  }
  if (target instanceof ContextSource || target instanceof JavaMap) {
    const value = target.lookup(name);
    if (value !== undefined) return value;
    if (target instanceof JavaMap || !target.strictKeys) return missingKey(runtime, target, read);
  }
  if (target === null) {
    if (read.node.nullSafe) return null;
    throw nullError(runtime, `read \`${name}\` of`, read.owner);
  }
  return readGetter(runtime, target, read);
}

function readGetter(runtime: Runtime, target: Value, read: PropertyRead): Value {
  const { name } = read.node;
  const getter = findGetter(target, name);
  if (getter) return getter(runtime, target);
  const suggestion = nearestName(name, propertyNames(target));
  throw new ExpressionError(
    'expression.unknown_property',
    `no property \`${name}\` on ${read.owner === '' ? 'this' : read.owner} (${typeNameOf(target)})${suggestionText(suggestion)}`,
    { start: read.node.start, end: read.node.end, found: typeNameOf(target), suggestion },
  );
}

function missingKey(runtime: Runtime, target: Value, read: PropertyRead): null {
  const missing: MissingRead = {
    key: read.node.name,
    owner: read.owner,
    target,
    start: read.node.start,
    end: read.node.end,
  };
  if (!runtime.allowUnknownKeys) throw missingError(missing);
  runtime.missing = missing;
  return null;
}

/** "no property `imagee` on trigger.artifacts[0]; did you mean `image`?" */
export function missingError(missing: MissingRead): ExpressionError {
  const keys = keysOf(missing.target);
  const suggestion = nearestName(missing.key, keys);
  const where = missing.owner === '' ? 'in the context' : `on ${missing.owner}`;
  const shown = keys.slice(0, 20).join(', ');
  const known = keys.length === 0 ? '' : `keys: ${shown}${keys.length > 20 ? ', …' : ''}`;
  return new ExpressionError(
    'expression.unknown_property',
    `no property \`${missing.key}\` ${where}${suggestionText(suggestion)}`,
    { start: missing.start, end: missing.end, found: known, suggestion },
  );
}

const MAX_KEYS = 500;

function keysOf(target: Value): string[] {
  const keys: string[] = [];
  for (const key of keyIterator(target)) {
    if (keys.length >= MAX_KEYS) break;
    keys.push(key);
  }
  return keys;
}

function* keyIterator(target: Value): Iterable<string> {
  if (target instanceof ContextSource) yield* target.keys();
  else if (target instanceof JavaMap) for (const [key] of target.entries()) yield String(key);
  else if (isPlainObject(target)) yield* Object.keys(target);
}

/** The failure to go on from null, with the reason why it is null where that is known. */
export function nullError(runtime: Runtime, action: string, owner: string): ExpressionError {
  const what = owner === '' ? 'the context' : owner;
  const { missing } = runtime;
  const reason = missing ? missingError(missing) : undefined;
  return new ExpressionError(
    'expression.null_value',
    reason ? `${reason.message} (cannot ${action} null)` : `cannot ${action} ${what}: it is null`,
    {
      start: reason?.start,
      end: reason?.end,
      found: reason?.found ?? 'null',
      suggestion: reason?.suggestion,
    },
  );
}
