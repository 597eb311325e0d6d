import { ContextSource } from '../values/context-source.js';
import { visit, visitText } from '../values/work-meter.js';
import { HostValue, JavaDouble, JavaLong, type Value } from '../values/value.js';

/** JSON as Jackson writes it: without spaces, a double with its point (`1.0`), a long with all its digits. */
export function javaJson(value: Value): string {
  visit();
  if (typeof value === 'string') visitText(value);
  if (value instanceof JavaDouble || value instanceof JavaLong) return value.text();
  if (value instanceof HostValue) return hostJson(value);
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
  if (Array.isArray(value)) return `[${value.map((item) => javaJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return objectJson(Object.entries(value));
}

function hostJson(value: HostValue): string {
  // A stage refers to its execution and back; their JSON is what they were made of.
  if (value instanceof ContextSource && value.strictKeys) return JSON.stringify(value.plain());
  const { entries, items } = value as {
    entries?: () => Iterable<readonly [Value, Value]>;
    items?: () => Value[];
  };
  if (typeof entries === 'function') return objectJson(entries.call(value));
  if (typeof items === 'function') return javaJson(items.call(value));
  return JSON.stringify(value.plain());
}

function objectJson(entries: Iterable<readonly [Value, Value]>): string {
  const parts: string[] = [];
  for (const [key, value] of entries) parts.push(`${JSON.stringify(String(key))}:${javaJson(value ?? null)}`);
  return `{${parts.join(',')}}`;
}
