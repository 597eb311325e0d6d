import { JavaMap, JavaSet } from './collection.js';
import { HostValue, type Value } from './value.js';

/** Characters and elements in a value, counted no further than just beyond `limit`. */
export function sizeUpTo(value: Value, limit: number): number {
  if (typeof value === 'string') return value.length + 1;
  if (typeof value !== 'object' || value === null) return 1;
  let size = 1;
  for (const item of partsOf(value)) {
    if (size > limit) break;
    size += sizeUpTo(item ?? null, limit - size);
  }
  return size;
}

function partsOf(value: object): Iterable<Value> {
  if (Array.isArray(value)) return value as Value[];
  if (value instanceof JavaMap) return flat(value.entries());
  if (value instanceof JavaSet) return value.items();
  if (value instanceof HostValue) return [];
  return flat(Object.entries(value as Record<string, Value>));
}

function* flat(entries: Iterable<readonly [Value, Value]>): Iterable<Value> {
  for (const [key, value] of entries) {
    yield key;
    yield value;
  }
}
